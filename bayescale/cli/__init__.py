"""Command line: one file a command; nothing heavy is imported before a command runs.

May be touched: add a command and register it in main.
May import: everything.
"""
