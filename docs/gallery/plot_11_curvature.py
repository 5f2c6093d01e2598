"""
Does the frontier bend, and what is the entropy?
================================================

Probabilities of six laws (``bs.plots.probabilities(bend)``), the curvature of the frontier against compute
(``bs.plots.bend(bend)``), and the entropy under each law (``bs.plots.entropy(floor)``). ``bend`` is the result of
``bs.curvature``, ``floor`` that of ``bs.entropy``.
"""

import matplotlib.pyplot as plt

import bayescale as bs

runs = bs.load("known_entropy")
grid = runs[runs["split"] != "heldout"]
bend = bs.curvature(grid, seed=1)
floor = bs.entropy(grid, seed=1)

figure = plt.figure(figsize=(6.9, 4.6), layout="constrained")
axes = figure.subplot_mosaic([["laws", "laws"], ["bend", "entropy"]])
bs.plots.probabilities(bend, ax=axes["laws"])
bs.plots.bend(bend, ax=axes["bend"])
bs.plots.entropy(floor, truth=runs.attrs["entropy"], ax=axes["entropy"])
plt.show()
print(bend.attrs["conclusion"])
print(floor.attrs["conclusion"])
