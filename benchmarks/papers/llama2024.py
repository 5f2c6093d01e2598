"""Llama 3 2024: the exponent of training tokens, from the digitised rows of equal compute."""

import bayescale as bs
from bayescale.laws import chinchilla
from benchmarks.claims import Claim
from benchmarks.papers._shared import isoflop, near_optimum
from benchmarks.store import Store

SOURCE = "Llama Team 2024, The Llama 3 Herd of Models, arXiv:2407.21783; rows digitised by Open Athena"

DIGITISED = "Rows digitised from the figure, which shows a loss that was normalised; both ways of ours agree."


def claims(store: Store) -> list[Claim]:
    runs = bs.load("isoflop")
    runs = runs[(runs["group"] == "llama_3__raw_loss") & ~runs["outlier"].astype(bool)]
    (a,) = store.draws("llama2024", isoflop, near_optimum(runs), "a")
    (joint,) = store.draws("llama2024-joint", chinchilla, runs, "a")
    return [
        Claim(
            quantity="exponent of D_opt, rows of equal compute",
            published="0.537",
            here=1 - a,
            where="Figure 3",
            tag="S",
            expect="disagrees",
            note=DIGITISED,
        ),
        Claim(
            quantity="the same, by the law in N and D",
            published="0.53",
            here=1 - joint,
            where="Section 3.2.1",
            tag="S",
            expect="disagrees",
            note=DIGITISED,
        ),
    ]
