"""Checks: what a law, a prior or a variate is made from, refused with the cure where it cannot be right.

May be touched: add a check, with what came, what was wanted and the cure.
May import: modelling and below.
"""
