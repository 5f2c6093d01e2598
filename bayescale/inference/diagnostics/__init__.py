"""Diagnostics: may a posterior be used, what do the data not say, and which runs or columns stand out.

May be touched: add a measurement, a kind of problem in verdict, and its words there.
May import: density and below.
"""
