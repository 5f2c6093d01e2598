"""Reporting: words, citations, tables and a page from a posterior, for papers and colleagues.

May be touched: add a section of the report, or the BibTeX entry of a paper.
May import: frontiers and below.
"""
