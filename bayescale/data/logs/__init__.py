"""Logs: what training tools write, read as a table of runs. One file for each tool; `assemble` makes the table.

May be touched: add a tool as a module with a reader, and name it in `find`.
May import: the rest of data, and base.
"""
