"""Frontiers: compute-optimal runs, and the compute that a loss takes.

May be touched: add a cost or a question about the frontier.
May import: forecasting and below.
"""
