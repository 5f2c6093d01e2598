"""Typeset: the text of a law as LaTeX and as MathML.

May be touched: add a function that formulas use, in `expression`.
May import: nothing of ours.
"""
