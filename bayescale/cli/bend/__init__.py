"""The commands curvature and entropy: what a table of runs says of the shape of its frontier.

May be touched: add an option.
May import: frontiers and below, plots, and the other files of cli.
"""
