"""Marin 2026 (Delphi): runs 300 times beyond the fit, by the frontier and by the law in N and D."""

import numpy as np

import bayescale as bs
from bayescale.forecasting.count_parameters import counted
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised, nonembedding
from benchmarks.claims import Claim
from benchmarks.papers._shared import isoflop, near_optimum
from benchmarks.store import SEED, Store

SOURCE = "Marin community 2026, Delphi scaling suite, openathena.ai/blog/delphi"


def claims(store: Store) -> list[Claim]:
    runs = bs.load("delphi")
    known, later = runs[runs["group"] == "isoflop"], runs[runs["group"] != "isoflop"]
    near = near_optimum(known)
    post = store.fit("delphi-rows", isoflop, near)
    a = post["posterior"]["a"].to_numpy().ravel()
    additive = store.fit("delphi-additive", chinchilla, known)
    general = store.fit("delphi-generalised", generalised, counted(known, "N"))
    count = "N_no_embed"
    without = store.fit("delphi-nonembedding", nonembedding, counted(known, count))
    made = [
        Claim(quantity="exponent of N_opt", published="0.40", here=a, where="least squares on seven optima", tag="C"),
        Claim(
            quantity="E of the additive law [nats/token]",
            published="2.58",
            here=additive["posterior"]["E"].to_numpy().ravel(),
            where="Huber on the same 81 runs",
            tag="C",
            note="Above the loss that was reached at 1e22 FLOP: no entropy.",
        ),
    ]
    for law, tree, runs, words in (
        (isoflop, post, later, "frontier"),
        (chinchilla, additive, later, "additive law"),
        (generalised, general, later, "generalised law"),
        (nonembedding, without, counted(later, count), "nonembedding law"),
    ):
        drawn = np.log(bs.predict(law, tree, runs, seed=SEED)["loss"]).stack(sample=("chain", "draw"))
        for scale, rows in later.assign(scale=10.0 ** np.round(np.log10(later["C"]))).groupby("scale"):
            at = later.index.get_indexer(rows.index)
            made.append(
                Claim(
                    quantity=f"loss at {scale:.0e} FLOP, forecast by the {words}",
                    published=f"{rows['loss'].mean():.3f}",
                    here=np.exp(drawn.isel(run=at).mean("run").to_numpy()),
                    where="mean of its seeds",
                    tag="N",
                    expect="disagrees" if law is chinchilla else "agrees",
                    note="Its floor lies above what was reached." if law is chinchilla else "",
                )
            )
    return made
