"""Sealed forecasts: a forecast in a small file that can be published before the run, and its score afterwards.

May be touched: every module.
May import: forecasting and below.
"""
