"""Frontiers: compute-optimal runs, and the compute, parameters or tokens that a loss needs.

May be touched: add a cost or a question about the frontier.
May import: forecasting and below.
"""
