"""Inference: from a density to a posterior: NUTS, Laplace with importance sampling, diagnostics, many fits, storage.

May be touched: thresholds stand at the top of each file, one comment each.
May import: density and below.
"""
