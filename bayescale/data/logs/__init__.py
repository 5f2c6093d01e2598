"""Logs: what training tools write, read as a table of runs. `assemble` makes the table, `tools` has the readers.

May be touched: add a rule for the loss, the tokens or the parameters.
May import: the rest of data, and base.
"""
