"""Planning: which runs to train next, so that an answer gets narrower at the least cost.

May be touched: add a target, or another way to choose a batch.
May import: forecasting and below, and the rest of frontiers.
"""
