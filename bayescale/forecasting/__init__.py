"""Forecasting: from a posterior to statements about new runs, and how far to trust them.

May be touched: add a score, a baseline or a sign.
May import: inference and below.
"""
