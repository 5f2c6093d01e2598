"""Base: what every room may use: the one atomic write, and what is known of columns (unit, label, 6ND).

May be touched: add a column or its unit.
May import: nothing of ours.
"""
