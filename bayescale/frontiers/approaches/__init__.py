"""Approaches: the frontier from IsoFLOP valleys, from training curves and from a joint law, and how far they agree.

May be touched: add an approach. May import: forecasting and below.
"""
