"""Autodiff: the exact gradient of a formula, in NumPy and as machine code. Independent of laws, tables and priors.

May be touched: a new elementary step goes to node, gradient, numpy_backend and codegen.
May import: base.
"""
