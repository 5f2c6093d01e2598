"""Decisions: commands that compare recipes, and that score what was forecast before a run.

May be touched: every module.
May import: all rooms below the command line, and its options and output.
"""
