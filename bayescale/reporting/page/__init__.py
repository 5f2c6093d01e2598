"""Page: the HTML of a report, one file without links to anything it needs.

May be touched: add a section (`sections`), or a drawing (`drawings`).
May import: frontiers and below, and the room above it (reporting).
"""
