"""Base: what every room may use: atomic writes, executors, what is known of columns (unit, label, 6ND).

May be touched: add a column or its unit in `columns`.
May import: nothing of ours.
"""
