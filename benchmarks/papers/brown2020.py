"""Brown et al. 2020 (GPT-3): the line of Figure 3.1, and the 175B model forecast from the smaller ones."""

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import henighan2020, kaplan2020
from benchmarks.claims import Claim
from benchmarks.store import Store

SOURCE = "Brown et al. 2020, Language Models are Few-Shot Learners, arXiv:2005.14165"
PF_DAY = 8.64e19
#: Draws of a new run's noise for each draw of a posterior.
NOISES = 25


def envelope() -> pd.DataFrame:
    """The smallest validation loss of any model at each compute, of the digitised Figure 3.1."""
    curves = bs.load("gpt3_curves")
    curves = curves[(curves["split"] == "val") & (curves["C"] > 0)].sort_values("C")
    edges = np.geomspace(curves["C"].quantile(0.05), curves["C"].max(), 25)
    cells = np.digitize(curves["C"], edges)
    best = curves.loc[curves.groupby(cells)["loss"].idxmin()]
    return best[best["loss"] <= best["loss"].cummin()].reset_index(drop=True)


def claims(store: Store) -> list[Claim]:
    runs = bs.load("gpt3")
    small, large = runs[runs["N"] < 1e11], runs[runs["N"] > 1e11]
    post = store.fit("gpt3-small", henighan2020.L_C, small)
    forecast = bs.predict(henighan2020.L_C, post, large, seed=1)["loss"].to_numpy().ravel()
    straight = store.fit("gpt3-small-line", kaplan2020.L_C, small)
    # the published value lies at a tail of about 1.4 %, near the rule's 1 %: many draws of the noise tell them apart
    lines = [
        bs.predict(kaplan2020.L_C, straight, large, seed=seed)["loss"].to_numpy().ravel() for seed in range(NOISES)
    ]
    line = np.concatenate(lines)
    at_175B = 2.57 * 3640**-0.048
    bent = post["posterior"]["E"].to_numpy().ravel()
    made = [
        Claim(
            quantity="L = 2.57 C^-0.048 at 3640 PF-days [nats/token]",
            published="1.7",
            here=at_175B,
            where="Fig 3.1, read off",
            tag="S",
        ),
        Claim(
            quantity="LAMBADA of 175B from the seven smaller, with a floor [nats/target word]",
            published="1.099",
            here=forecast,
            where="Table H.1, ln 3.00",
            tag="T",
        ),
        Claim(
            quantity="the same, a straight line",
            published="1.099",
            here=line,
            where="Table H.1, ln 3.00",
            tag="T",
            note="A straight line fits the seven so badly that its interval is wide enough for anything.",
        ),
        Claim(
            quantity="E of the seven models [nats/target word]",
            published="1.06",
            here=bent,
            where="least squares on Tables D.1 and H.1",
            tag="C",
        ),
    ]
    (alpha,) = store.draws("gpt3-envelope", kaplan2020.L_C, envelope(), "alpha_C")
    return [
        *made,
        Claim(
            quantity="exponent of the envelope of the training curves",
            published="0.048",
            here=alpha,
            where="Fig 3.1, digitised by Choshen et al. 2024",
            tag="T",
            expect="disagrees",
            note="Steeper, and near the 0.057 that Kaplan et al. print for a fixed batch (Eq 3.3).",
        ),
    ]
