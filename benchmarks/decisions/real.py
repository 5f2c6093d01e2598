"""Published recipes: multipliers at the compute of their runs, and ranks of mixtures at a larger size."""

import json
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Budgets, or sizes, over the largest that both recipes have been trained with.
TIMES = (0.1, 0.3, 1.0, 3.0, 10.0)
#: How much recipes differ, by the prior: standard deviation of log excess losses and log exponents.
SPREAD = 0.3
#: Most checkpoints of a training run that are fitted; neighbours say nearly the same.
CHECKPOINTS = 5
#: Numbers of experts of routed models that are compared with dense ones.
EXPERTS = (8, 64)


class Pair(NamedTuple):
    """Two recipes: their names, their runs, the law of both, and what grows from A to B: compute or parameters."""

    name: str
    words: tuple[str, str]
    A: pd.DataFrame
    B: pd.DataFrame
    law: Law
    by: str


def real(kept: Path | None = None, say: Callable[[str], None] = lambda text: None) -> dict[str, list[dict]]:
    """Multipliers of published pairs, and ranks of mixtures; finished ones are read from `kept`."""
    lines = [] if kept is None or not kept.exists() else kept.read_text(encoding="utf-8").splitlines()
    done = {record["name"]: record for record in map(json.loads, lines)}
    jobs: dict[str, Callable[[], dict]] = {pair.name: partial(compared, pair) for pair in pairs()}
    jobs |= {suite: partial(mixtures, suite) for suite in ("5Mix", "RedPajama")}
    for name, job in jobs.items():
        if name in done:
            continue
        say(name)
        done[name] = job()
        if kept is not None:
            with kept.open("a", encoding="utf-8") as file:
                file.write(json.dumps(done[name]) + "\n")
    found = [done[name] for name in jobs]
    return {"pairs": [r for r in found if "multiplier" in r], "mixtures": [r for r in found if "brier" in r]}


def pairs() -> Iterator[Pair]:
    """Published pairs of recipes with runs of both."""
    schedules = bs.load("hagele2024")
    for name, own in schedules.groupby(schedules["group"].str.split("|").str[0]):
        kinds = {kind: part for kind, part in own.groupby(own["group"].str.split("|").str[1])}
        if {"cosine", "wsd20"} <= set(kinds):
            words = "a cosine schedule", "WSD with 20 % cooldown"
            yield Pair(
                f"Hägele 2024, {name}", words, _plain(kinds["cosine"]), _plain(kinds["wsd20"]), bs.laws.generalised, "C"
            )
    corpora = {name: _plain(part) for name, part in bs.load("gadre2024").groupby("group")}
    for other, words in (("rpj", "RedPajama"), ("rw_original", "RefinedWeb")):
        yield Pair(
            f"Gadre 2024, {words}, loss on C4",
            ("C4", words),
            corpora["c4_original"],
            corpora[other],
            bs.laws.generalised,
            "C",
        )
    gemstones = bs.load("gemstones2025")
    last = gemstones.sort_values("D").drop_duplicates(["group", "run"], keep="last")
    hot, cold = (_plain(last[last["group"] == group]) for group in ("main_hot", "main_cooldown"))
    words = "a constant learning rate", "a cooldown"
    yield Pair("Gemstones 2025, 1.0e11 tokens (cooldown 1.1e11)", words, hot, cold, bs.laws.generalised_N, "N")
    routed = bs.load("clark2022")
    routed = routed[(routed["k"] == 1) & (routed["routing_frequency"] == 0.5) | (routed["group"] == "Dense")]
    dense = _plain(routed[routed["group"] == "Dense"])
    for experts in EXPERTS:
        own = routed[(routed["group"] == "S-Base") & (routed["num_experts"] == experts)]
        words = "a dense model", f"S-Base with {experts} experts"
        yield Pair(
            f"Clark 2022, {experts} experts, 1.3e11 tokens", words, dense, _plain(own), bs.laws.generalised_N, "N"
        )


def by_recipe(shared: tuple[str, ...] = ("E",)) -> Law:
    """Chinchilla's law with a group ``recipe`` and partial pooling of everything that is not shared."""
    excess = Prior("LogNormal", mu=Prior("Normal", mu=-1, sigma=1), sigma=SPREAD, unit="loss_min", dims="recipe")
    exponent = Prior("LogNormal", mu=Prior("Normal", mu=-1.2, sigma=0.8), sigma=SPREAD, dims="recipe")
    own = {"excess_N": excess, "excess_D": excess, "alpha_N": exponent, "alpha_D": exponent}
    own = {name: prior for name, prior in own.items() if name not in shared}
    return replace(chinchilla, name="by_recipe", priors={**chinchilla.priors, **own})


def compared(pair: Pair) -> dict:
    """How much of A's compute, or parameters, B needs at the largest that both had, and beyond; a fit for each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits = [bs.fit(pair.law, runs, method="laplace", seed=1, progressbar=False) for runs in (pair.A, pair.B)]
        sizes = [r["N"] if pair.by == "N" else 6.0 * r["N"] * r["D"] for r in (pair.A, pair.B)]
        at = min(size.max() for size in sizes) * np.array(TIMES)
        given = {"N": at, "by": "N"} if pair.by == "N" else {"C": at}
        needs = bs.multiplier(*((pair.law, post) for post in fits), **given, seed=1)
    low, middle, high = needs["multiplier"].quantile([0.05, 0.5, 0.95], ("chain", "draw"), method="higher").values
    return {
        "name": pair.name,
        "words": pair.words,
        "runs": [len(pair.A), len(pair.B)],
        "by": pair.by,
        "at": at.tolist(),
        "multiplier": np.stack([low, middle, high], 1).tolist(),
        "better": np.atleast_1d(needs["better"].to_numpy()).tolist(),
        "reached": np.atleast_1d(needs["reached"].to_numpy()).tolist(),
        "converged": [bool(post.attrs["converged"]) for post in fits],
    }


def mixtures(suite: str) -> dict:
    """Ranks of mixtures at 410M: probabilities from a pooled fit to the checkpoints of 70M, and the plain rank.

    Runs of one size say nothing of exponents in N, so the pooled prior of the exponents decides how ranks change.
    """
    data = pd.read_csv(Path(os.environ["BAYESCALE_DATA"]) / "mixinglaws2024" / "mixinglaws2024.csv")
    own = data[data["family"].str.startswith(f"{suite}|")]
    own = own.rename(columns={"n_params": "N", "n_tokens": "D", "family": "recipe"}).sort_values("D")
    small, large = own[own["N"] == 70e6], own[own["N"] == 410e6]
    both = sorted(set(small["recipe"]) & set(large["recipe"]))
    small, large = (table_[table_["recipe"].isin(both)] for table_ in (small, large))
    last, aim = (t.drop_duplicates("recipe", keep="last").set_index("recipe").loc[both] for t in (small, large))
    law = by_recipe(shared=("E", "alpha_N", "alpha_D"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(law, _plain(_thinned(small)), draws=250, tune=500, seed=1, progressbar=False)
        drawn = bs.predict(law, post, aim.reset_index()[["N", "D", "recipe"]], seed=1)
    probability = bs.rank(drawn["mu"])["beats"].to_numpy()
    truth, plain = (_below(t["loss"].to_numpy()) for t in (aim, last))
    upper = np.triu_indices(len(both), 1)
    scores = [float(np.mean((p - truth)[upper] ** 2)) for p in (probability, plain)]
    right = float(np.mean((plain == truth)[upper]))
    return {
        "name": suite,
        "mixtures": len(both),
        "right": right,
        "brier": scores,
        "converged": bool(post.attrs["converged"]),
    }


def _thinned(runs: pd.DataFrame) -> pd.DataFrame:
    """Every training run with at most `CHECKPOINTS` of its checkpoints, evenly spaced in their order."""
    rank, count = runs.groupby("recipe").cumcount(), runs.groupby("recipe")["N"].transform("size")
    step = np.ceil(count / CHECKPOINTS)
    return runs[(count - 1 - rank) % step == 0]


def _below(losses: np.ndarray) -> np.ndarray:
    """Whether the loss of a row is below that of a column."""
    return (losses[:, None] < losses[None]).astype(float)


def _plain(runs: pd.DataFrame) -> pd.DataFrame:
    """The columns of a fit."""
    return pd.DataFrame(runs[[name for name in ("N", "D", "loss", "recipe") if name in runs]]).reset_index(drop=True)
