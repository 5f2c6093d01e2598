"""Autodiff: the exact gradient of a formula, in NumPy and as machine code. It knows no law, no run and no prior.

May be touched: a new elementary step: tape, gradient, numpy_backend and codegen.
May import: base.
"""
