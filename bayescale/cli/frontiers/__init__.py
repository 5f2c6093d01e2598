"""Frontiers: commands on the compute-optimal frontier.

May be touched: add a command in a file of its own, or an option.
May import: all rooms below the command line, and its options and output.
"""
