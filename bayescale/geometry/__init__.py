"""Geometry: the intrinsic dimension of a sample, and exponents compared with it.

May be touched: add an estimator of dimension, or a bound on an exponent.
May import: base.
"""
