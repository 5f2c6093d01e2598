"""Groups: which parameters families, corpora or losses share, judged by left-out runs and by the evidence.

May be touched: add a way to compare groups.
May import: inference and below, and the rest of forecasting.
"""
