"""Muennighoff et al. 2023: what repeated tokens and excess parameters are worth."""

import bayescale as bs
from bayescale.laws.gadre2024 import overtrained
from bayescale.laws.muennighoff2023 import data_constrained
from benchmarks.claims import Claim
from benchmarks.store import Store

SOURCE = "Muennighoff et al. 2023, Scaling Data-Constrained Language Models, arXiv:2305.16264"

FILTER = (
    "Their 182 runs are not marked in the notebook; ours are its main runs that do not overfit. Which runs is not the "
    "reason: on 180 that another benchmark marks, R*_D is 42 [32, 60] and R*_N 119 [40, 400]."
)


def claims(store: Store) -> list[Claim]:
    runs = bs.load("muennighoff2023")
    runs = runs[(runs["variant"] == "main") & ~runs["overfit"].astype(bool)]
    R_D, R_N = store.draws("muennighoff2023", data_constrained, runs, "R_D", "R_N")
    E, eta = store.draws("muennighoff2023-once", overtrained, runs[runs["epochs"] <= 1.0], "E", "eta")
    fit = {"where": "return_alloc.ipynb, 182 runs", "tag": "S"}
    base = {"where": "return_alloc.ipynb, 54 runs", "tag": "S"}
    return [
        Claim(
            quantity="R*_D, repetitions of data",
            published="15.387756",
            here=R_D,
            expect="disagrees",
            note=FILTER,
            **fit,
        ),
        Claim(
            quantity="R*_N, repetitions of parameters",
            published="5.309743",
            here=R_N,
            expect="disagrees",
            note=FILTER,
            **fit,
        ),
        Claim(quantity="E, runs of one epoch [nats/token]", published="1.869", here=E, **base),
        Claim(quantity="alpha = beta, runs of one epoch", published="0.3526596", here=2 * eta, **base),
    ]
