"""Real: three approaches on published sweeps, and the distance of larger models from the line."""

import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws.henighan2020 import L_C

#: Models with a printed loss on the Pile's test set [nats/token] (Dey et al. 2023, arXiv:2304.03208, Table 8); N and D
#: from Wang & Komatsuzaki 2021 and Black et al. 2022, arXiv:2204.06745.
OTHERS = pd.DataFrame({
    "model": ["GPT-J 6B", "GPT-NeoX 20B"], "N": [6.05e9, 2.06e10], "D": [4.02e11, 4.72e11], "loss": [1.613, 1.519],
})  # fmt: skip


#: Joint laws: Hoffmann's approach 3, and the default law of this package, which has a discrepancy.
JOINT = {"chinchilla": bs.laws.chinchilla, "generalised": bs.laws.generalised}


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


def measure(name: str, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Fit one sweep by IsoFLOP valleys and by joint laws; compare them, and measure distances."""
    runs, models, by = sweeps()[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        post = bs.isoflop(runs, by=by, seed=1)
        top = float((6 * models["N"] * models["D"]).max())
        low, high = float(post["constant_data"]["C"].min()), float(post["constant_data"]["C"].max())
        C = np.unique(np.concatenate([np.geomspace(low, high, 4), np.geomspace(high, 1.01 * top, 5)]))
        found = {"IsoFLOP": bs.optimal(post, C)} | {how: _joint(law, runs, C) for how, law in JOINT.items()}
    for line in caught:
        say(str(line.message))
    a = post["posterior"]["a"].quantile([0.05, 0.5, 0.95]).to_numpy().tolist()
    result = {"name": name, "runs": len(runs), "budgets": post["posterior"].sizes["budget"], "a": a, "largest": high}
    result["distances"] = {how: bs.distance(best, models).to_dict("records") for how, best in found.items()}
    table = bs.agreement(found, seed=1)
    result |= {"agreement": table.to_dict("records"), "sentences": json.loads(table.attrs["sentences"])}
    return result


def _joint(law: bs.Law, runs: pd.DataFrame, C: np.ndarray) -> Any:
    """The frontier of a law that is fitted to all runs."""
    post = bs.fit(law, runs, method="laplace", seed=1, progressbar=False)
    return _quiet(bs.frontier, law, post, C, seed=1)


def pile() -> dict[str, Any]:
    """Distance of other models from the line of Cerebras-GPT, a power law with a floor in C."""
    runs, models = bs.load("cerebras_gpt"), bs.load("pythia")
    runs = runs.assign(C=6 * runs["N"] * runs["D"])
    post = bs.fit(L_C, runs, method="laplace", seed=1, progressbar=False)
    models = models.assign(model=[f"Pythia {n:.3g}" for n in models["N"]])
    models = pd.concat([models, OTHERS], ignore_index=True)
    note = (
        "The line is a power law with a floor in C, fitted to the models of Cerebras-GPT, on the same test set (Pile). "
        "Losses of GPT-J and GPT-NeoX are those that Dey et al. 2023 print. Each Pythia model saw 300 billion tokens, "
        "so the small ones are far from compute-optimal. Not all models have the tokenizer of Cerebras-GPT, and losses "
        "per token of different tokenizers are not quite comparable."
    )
    C = 6 * models["N"] * models["D"]
    best = bs.frontier(L_C, post, np.geomspace(0.99 * C.min(), 1.01 * C.max(), 15), seed=1)
    distances = {"L(C)": bs.distance(best, models).to_dict("records")}
    return {"name": "Pile", "runs": len(runs), "note": note, "distances": distances}


def gpt3() -> dict[str, Any]:
    """Distance of GPT-3 175B from the envelope of the training curves of the seven smaller models."""
    curves = bs.load("gpt3_curves").query("split == 'val'")
    last = curves.loc[curves.groupby("run")["D"].idxmax()].sort_values("N")
    models = last.tail(1).assign(model="GPT-3 175B")
    post = _quiet(bs.envelope, curves[curves["N"] < 0.9 * models["N"].max()], seed=1)
    C = 6 * models["N"] * models["D"]
    best = _quiet(bs.optimal, post, np.geomspace(0.1 * C.min(), 1.01 * C.max(), 5))
    note = (
        "The line is the envelope of the validation losses of the seven smaller models along their training, digitised "
        "from Brown et al. 2020. It is a power law with a floor in C, without discrepancy, so its interval is too "
        "narrow beyond the curves. The 175B model ended far from compute-optimal: 1.7 tokens a parameter."
    )
    distances = {"envelope": bs.distance(best, models).to_dict("records")}
    return {"name": "GPT-3", "runs": post.attrs["runs"], "note": note, "distances": distances}


def corpora(say: Callable[[str], None] = print) -> dict[str, Any]:
    """Distance of the 3.3B models of Brandfonbrener et al. 2024 from lines through the smaller runs."""
    runs = bs.load("brandfonbrener2024")
    distances: dict[str, list] = {how: [] for how in ("IsoFLOP", *JOINT)}
    for group, part in runs.groupby("group", sort=False):
        small = part[~part["heldout"].astype(bool)]
        models = part[part["heldout"].astype(bool)].assign(model=f"3.3B on {group}")
        top = float((6 * models["N"] * models["D"]).max())
        C = np.geomspace(0.01 * top, 1.01 * top, 7)
        valleys = _quiet(bs.isoflop, small.assign(level=small["C"].map("{:.3g}".format)), by="level", seed=1)
        found = {"IsoFLOP": _quiet(bs.optimal, valleys, C)} | {how: _joint(law, small, C) for how, law in JOINT.items()}
        for how, best in found.items():
            distances[how] += bs.distance(best, models).to_dict("records")
        say(str(group))
    note = "Six corpora; the runs reach 4.8e19 FLOP, and the models of 3.3 billion parameters have 20 times as much."
    return {"name": "brandfonbrener2024", "runs": len(runs) - 6, "note": note, "distances": distances}


def gadre(say: Callable[[str], None] = print) -> dict[str, Any]:
    """Distance of the largest models of Gadre et al. 2024 from the joint line of the runs below 2e19 FLOP."""
    runs = bs.load("gadre2024")
    found: dict[str, list] = {how: [] for how in JOINT}
    for group, part in runs.groupby("group", sort=False):
        C = 6 * part["N"] * part["D"]
        models = part[C > 1e20]
        models = models.assign(
            model=[f"{n:.2g} x {d:.2g}, {group}" for n, d in zip(models["N"], models["D"], strict=True)]
        )
        budgets = np.geomspace(0.99 * C[C > 1e20].min(), 1.01 * C.max(), 7)
        for how, law in JOINT.items():
            found[how] += bs.distance(_joint(law, part[C < 2e19], budgets), models).to_dict("records")
        say(str(group))
    note = (
        "Models are named by parameters x tokens and corpus; losses are those on C4. They were trained on more tokens "
        "than the compute-optimal number, so they should lie above the line."
    )
    return {"name": "gadre2024", "runs": len(runs), "note": note, "distances": found}


def _quiet(function: Callable, *args, **kwargs):
    """The result of a function without its warnings, which the page's notes say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


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
