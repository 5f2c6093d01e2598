"""Recipes: how much compute one recipe needs to match another, and how much a run wastes.

May be touched: add a question about recipes, or a path on which runs grow.
May import: forecasting and below, and the rest of frontiers.
"""
