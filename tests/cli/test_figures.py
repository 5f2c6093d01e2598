"""Figures of `bayescale fit`: the panels that each has, for tables of three kinds."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.cli.figures import DRAWINGS
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C
from tests.conftest import simulate


def plain():
    return chinchilla, simulate(30, seed=1)


def grouped():
    own = replace(chinchilla.priors["E"], dims="family")
    runs = simulate(30, seed=1).assign(family=np.where(np.arange(30) % 2, "a", "b"))
    return replace(chinchilla, priors={**chinchilla.priors, "E": own}, name="grouped"), runs


def one_column():
    C = np.geomspace(1e18, 1e22, 15)
    return L_C, pd.DataFrame({"C": C, "loss": 1.7 + 0.8 * (C / 1e20) ** -0.16})


@pytest.mark.parametrize(
    ("table", "panels"),
    [
        (plain, {"curves": 2, "residuals": 2, "prior_posterior_E": 1}),
        (grouped, {"curves": 4, "residuals": 2, "prior_posterior_E": 2}),
        (one_column, {"curves": 1, "residuals": 1, "prior_posterior_E": 1}),
    ],
)
def test_each_panel_is_drawn_once(table, panels):
    law, runs = table()
    runs = runs.assign(loss=runs["loss"] * np.exp(0.003 * np.random.default_rng(0).standard_normal(len(runs))))
    post = bs.fit(law, runs, method="laplace", seed=1, progressbar=False)
    for stem, drawing in DRAWINGS.items():
        axes = [ax for ax in drawing(law, post, runs).axes if ax.get_label() != "<colorbar>"]
        assert len(axes) == panels[stem], stem
        seen = [(ax.get_xlabel(), ax.get_title(loc="right")) for ax in axes]
        assert len(set(seen)) == len(seen), f"{stem} has the same panel twice"
