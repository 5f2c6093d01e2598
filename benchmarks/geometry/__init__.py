"""Experiments on where the exponent comes from: kernels, random features, a memoriser, dimensions."""
