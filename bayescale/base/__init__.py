"""Base: what every room may use: atomic writes, executors, and what is known of columns (unit, label, 6ND, plausible sizes).

May be touched: add a column or its unit in `columns`.
May import: nothing of ours.
"""
