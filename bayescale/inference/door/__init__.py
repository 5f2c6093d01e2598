"""Door: arguments of the verbs that sample, checked before anything is sampled.

May be touched: limits stand at the top of `arguments`, one comment each.
May import: inference.methods, density and below.
"""
