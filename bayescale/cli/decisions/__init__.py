"""Decisions: commands that compare recipes, choose the next runs, and score what was forecast before a run.

May be touched: every module.
May import: all rooms below the command line, and its options and output.
"""
