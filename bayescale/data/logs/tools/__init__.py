"""Tools: a reader for the logs of each training tool, one file a tool.

May be touched: add a tool as a module, and name it in `bayescale.data.logs.find`.
May import: the rest of data, and base.
"""
