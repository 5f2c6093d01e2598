"""Drawings: figures of the commands that compute a result, written where --figure says.

May be touched: add a command's figure in a file of its own.
May import: all rooms below the command line, and its options.
"""
