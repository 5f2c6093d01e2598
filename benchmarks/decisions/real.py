"""Published recipes: multipliers at the compute of their runs, and ranks of mixtures at a larger size."""

import os
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior
from benchmarks.table import table

#: Budgets over the largest compute that both recipes have been trained with.
TIMES = (1.0, 10.0)
#: How much recipes differ, by the prior: standard deviation of log excess losses and log exponents.
SPREAD = 0.3
#: Most checkpoints of a training run that are fitted; neighbours say nearly the same.
CHECKPOINTS = 5


def real(say=lambda text: None) -> str:
    """One table of multipliers, and the ranks of mixtures."""
    rows, said = [], []
    for name, A, B, runs in pairs():
        say(name)
        rows += compared(name, A, B, runs)
    heads = [
        "recipes A and B",
        "C [FLOP]",
        "C / largest",
        "times the compute: median",
        "90 %",
        "P(A better)",
        "reached",
    ]
    said.append(table(heads, rows, left=1))
    for suite in ("5Mix", "RedPajama"):
        say(suite)
        said.append(mixtures(suite))
    return "\n\n".join(said)


def pairs():
    """Name, levels of A and B, and runs with a column ``recipe``."""
    schedules = bs.load("hagele2024")
    corpus, kind = schedules["group"].str.split("|").str[0], schedules["group"].str.split("|").str[1]
    for name in corpus.unique():
        own = schedules[corpus == name].assign(recipe=kind[corpus == name])
        if {"cos", "wsd20"} <= set(own["recipe"]):
            yield f"Hägele 2024, {name}: cosine and WSD", "cos", "wsd20", _plain(own)
    corpora = bs.load("gadre2024").rename(columns={"group": "recipe"})
    for other in ("rpj", "rw_original"):
        own = corpora[corpora["recipe"].isin(["c4_original", other])]
        yield f"Gadre 2024: c4_original and {other}", "c4_original", other, _plain(own)
    gemstones = bs.load("gemstones2025").rename(columns={"group": "recipe"})
    last = gemstones[gemstones["recipe"].isin(["main_hot", "main_cooldown"])]
    last = last[last["D"] > 0.9 * last.groupby(["recipe", "run"])["D"].transform("max")]
    last = last.sort_values("D").drop_duplicates(["recipe", "run"], keep="last")
    yield "Gemstones 2025, last checkpoints: constant rate and cooldown", "main_hot", "main_cooldown", _plain(last)


def by_recipe(shared: tuple[str, ...] = ("E",)) -> Law:
    """Chinchilla's law with a group ``recipe`` and partial pooling of everything that is not shared."""
    excess = Prior("LogNormal", mu=Prior("Normal", mu=-1, sigma=1), sigma=SPREAD, unit="loss_min", dims="recipe")
    exponent = Prior("LogNormal", mu=Prior("Normal", mu=-1.2, sigma=0.8), sigma=SPREAD, dims="recipe")
    own = {"excess_N": excess, "excess_D": excess, "alpha_N": exponent, "alpha_D": exponent}
    own = {name: prior for name, prior in own.items() if name not in shared}
    return replace(chinchilla, name="by_recipe", priors={**chinchilla.priors, **own})


def compared(name: str, A: str, B: str, runs: pd.DataFrame) -> list[list[str]]:
    """Rows of the table for one pair."""
    law = by_recipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(law, runs, method="laplace", seed=1, progressbar=False)
        most = float((6.0 * runs["N"] * runs["D"]).groupby(runs["recipe"]).max().min())
        pair = (law, post, {"recipe": A}), (law, post, {"recipe": B})
        needs = bs.multiplier(*pair, most * np.array(TIMES), seed=1)
    rows = []
    for i, times in enumerate(TIMES):
        each = needs.isel(C=i)
        low, middle, high = each["multiplier"].quantile([0.05, 0.5, 0.95], ("chain", "draw"), method="higher").values
        numbers = [f"{middle:.2f}", f"[{low:.2f}, {high:.2f}]", f"{float(each['better']):.2f}"]
        rows.append([name, f"{times * most:.2g}", f"{times:g}", *numbers, f"{float(each['reached']):.2f}"])
    if not post.attrs["converged"]:
        rows[0][0] += " (fit not converged)"
    return rows


def mixtures(suite: str) -> str:
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
    law = by_recipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        post = bs.fit(law, _plain(_thinned(small)), method="laplace", seed=1, progressbar=False)
        drawn = bs.predict(law, post, aim.reset_index()[["N", "D", "recipe"]], seed=1)
    probability = bs.rank(drawn["mu"])["beats"].to_numpy()
    truth, plain = (_below(t["loss"].to_numpy()) for t in (aim, last))
    upper = np.triu_indices(len(both), 1)
    scores = [float(np.mean((p - truth)[upper] ** 2)) for p in (probability, plain)]
    right = float(np.mean((plain == truth)[upper]))
    return (
        f"{suite}: {len(both)} mixtures, {len(upper[0])} pairs at 410M from runs of 70M. The plain rank is right in "
        f"{right:.2f} of them. Brier score of the probabilities {scores[0]:.3f}, of the plain rank {scores[1]:.3f}."
        + ("" if post.attrs["converged"] else " The fit did not converge.")
    )


def _thinned(runs: pd.DataFrame) -> pd.DataFrame:
    """Every training run with at most `CHECKPOINTS` of its checkpoints, evenly spaced in their order."""
    rank, count = runs.groupby("recipe").cumcount(), runs.groupby("recipe")["N"].transform("size")
    step = np.ceil(count / CHECKPOINTS)
    return runs[(count - 1 - rank) % step == 0]


def _below(losses: np.ndarray) -> np.ndarray:
    """Whether the loss of a row is below that of a column."""
    return (losses[:, None] < losses[None]).astype(float)


def _plain(runs: pd.DataFrame) -> pd.DataFrame:
    return runs[["N", "D", "loss", "recipe"]].reset_index(drop=True)
