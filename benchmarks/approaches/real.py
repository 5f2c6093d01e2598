"""Real: three approaches on published sweeps, and the distance of larger models from the line."""

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C


def sweeps() -> dict[str, tuple[pd.DataFrame, pd.DataFrame, str | None]]:
    """Name of a sweep -> its runs on budgets, larger models of the same recipe, and the column of budgets."""
    delphi, known = bs.load("delphi"), bs.load("known_entropy")
    budgets = delphi[delphi["group"] == "isoflop"]
    budgets = budgets.assign(level=budgets["C"].map("{:.3g}".format))
    larger = delphi[delphi["group"] != "isoflop"]
    larger = larger.assign(model=[f"{n:.3g} parameters" for n in larger["N"]])
    bundled = known[known["split"] == "heldout"]
    bundled = bundled.assign(model=[f"{n:.3g} parameters" for n in bundled["N"]])
    return {"delphi": (budgets, larger, "level"), "known_entropy": (known.query("split == 'grid'"), bundled, None)}


def measure(name: str, joint: bool = True, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Fit one sweep by IsoFLOP valleys and, if `joint`, by a joint law; compare the two, and measure distances."""
    runs, models, by = sweeps()[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        post = bs.isoflop(runs, by=by, seed=1)
        top = float((6 * models["N"] * models["D"]).max())
        low, high = float(post["constant_data"]["C"].min()), float(post["constant_data"]["C"].max())
        C = np.unique(np.concatenate([np.geomspace(low, high, 4), np.geomspace(high, 1.01 * top, 5)]))
        found = {"IsoFLOP": bs.optimal(post, C)}
        if joint:
            law = bs.fit(chinchilla, runs, method="laplace", seed=1, progressbar=False)
            found["joint law"] = bs.frontier(chinchilla, law, C, seed=1)
    for line in caught:
        say(str(line.message))
    a = post["posterior"]["a"].quantile([0.05, 0.5, 0.95]).to_numpy().tolist()
    result = {"name": name, "runs": len(runs), "budgets": post["posterior"].sizes["budget"], "a": a, "largest": high}
    result["distances"] = {how: bs.distance(best, models).to_dict("records") for how, best in found.items()}
    if joint:
        table = bs.agreement(found, seed=1)
        result |= {"agreement": table.to_dict("records"), "sentences": json.loads(table.attrs["sentences"])}
    return result


def pile() -> dict[str, Any]:
    """Distance of Pythia from the line of Cerebras-GPT: a power law with a floor in C, as its runs lie on one line."""
    runs, models = bs.load("cerebras_gpt"), bs.load("pythia")
    runs = runs.assign(C=6 * runs["N"] * runs["D"])
    post = bs.fit(L_C, runs, method="laplace", seed=1, progressbar=False)
    C = 6 * models["N"] * models["D"]
    best = bs.frontier(L_C, post, np.geomspace(0.99 * C.min(), 1.01 * C.max(), 15), seed=1)
    models = models.assign(model=[f"Pythia {n:.3g}" for n in models["N"]])
    note = (
        "The line is a power law with a floor in C, fitted to the models of Cerebras-GPT, on the same test set (Pile). "
        "Each Pythia model saw 300 billion tokens, so the small ones are far from compute-optimal."
    )
    distances = {"L(C)": bs.distance(best, models).to_dict("records")}
    return {"name": "pythia", "runs": len(runs), "note": note, "distances": distances}


def exponents(say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Exponent a, and N* at the largest budget, of published IsoFLOP sweeps, with both shapes of a valley."""
    runs = bs.load("isoflop")
    runs = runs[~runs["outlier"].astype(bool)]
    rows = []
    for group, part in runs.groupby("group", sort=False):
        part = part.assign(level=part["C"].map("{:.3g}".format))
        row: dict[str, Any] = {"group": str(group), "runs": len(part)}
        for valley in ("law", "parabola"):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    post = bs.isoflop(part, by="level", valley=valley, seed=1)
                except ValueError as error:
                    say(f"{group}: {error}")
                    break
            top = bs.optimal(post, post["posterior"]["budget"].to_numpy().max())
            row |= {"budgets": post["posterior"].sizes["budget"], "largest": float(top["C"][0])}
            for key, draws in (
                ("a", post["posterior"]["a"]),
                ("N", top["N"].isel(C=0)),
                ("loss", top["loss"].isel(C=0)),
            ):
                row[f"{key} {valley}"] = draws.quantile([0.05, 0.5, 0.95], ("chain", "draw")).to_numpy().tolist()
            row[f"k {valley}"] = post.attrs["pareto_k"]
        else:
            rows.append(row)
    return rows
