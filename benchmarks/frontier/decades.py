"""Loss against compute over thirteen decades, a panel for each corpus: ``python -m benchmarks decades``.

The bands are fitted with the default law to the runs of each paper, and kept as JSON lines. Points are read from the
published tables each time (BAYESCALE_DATA), so that no table is kept here.
"""

import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import generalised
from bayescale.laws.busbridge2025 import generalised_C
from bayescale.modelling.law import Law

#: Kept bands.
KEPT = Path(__file__).parent / "stored" / "decades.jsonl"
#: The figure.
FIGURE = Path(__file__).parents[2] / "docs" / "figures" / "decades.png"
#: Smallest and largest budget of the figure [FLOP].
ENDS = (1e12, 1e26)
#: Budgets of a band.
BUDGETS = 40
#: Every so many draws of the posterior have a frontier.
THIN = 4
#: Quantiles that are kept.
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
#: FLOP of a PF-day.
PF_DAY = 8.64e19


@dataclass(frozen=True)
class Panel:
    """A corpus: what was measured on it, read off a figure or published as a line, and what was forecast.

    Attributes
    ----------
    corpus, unit : str
        The corpus, and the unit of its loss.
    source : str
        Paper or family of models.
    read : callable
        Returns the fitted runs and the runs that were not fitted, each with C and loss.
    law : Law or None
        Fitted to the runs; None if there are none.
    digitised : bool
        Whether the points were read off a figure.
    lines : dict
        Published line -> (its ends [FLOP], loss as a function of C [FLOP]).
    """

    corpus: str
    unit: str
    source: str
    read: Callable[[], tuple[pd.DataFrame, pd.DataFrame]] | None = None
    law: Law | None = None
    digitised: bool = False
    lines: dict[str, tuple[tuple[float, float], Callable]] = field(default_factory=dict)


def _gpt3() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The last validation loss of each model, with the compute of Table D.1; the 175B model is not fitted."""
    curves = bs.load("gpt3_curves").query("split == 'val'")
    last = curves.loc[curves.groupby("run")["D"].idxmax()].sort_values("N")
    compute = bs.load("gpt3").sort_values("N")["C"].to_numpy()
    runs = pd.DataFrame({"C": compute, "loss": last["loss"].to_numpy()})
    return runs[:-1], runs[-1:]


def _massivetext() -> tuple[pd.DataFrame, pd.DataFrame]:
    runs = bs.load("besiroglu2024").query("excluded == 0")[["N", "D", "C", "loss"]]
    return runs, runs[:0]


def _pile() -> tuple[pd.DataFrame, pd.DataFrame]:
    """The largest Cerebras-GPT model is not fitted."""
    runs = bs.load("cerebras_gpt").query("family == 'SP'")[["C", "loss"]].sort_values("C")
    return runs[:-1], runs[-1:]


def _delphi() -> tuple[pd.DataFrame, pd.DataFrame]:
    """C is 6ND, as in the band; the table's C is 0.74 to 1.07 times that."""
    runs = bs.load("delphi")
    fitted, runs = runs["group"] == "isoflop", runs.assign(C=6.0 * runs["N"] * runs["D"])[["N", "D", "C", "loss"]]
    return runs[fitted], runs[~fitted]


def _redpajama() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs up to CUT; the 6.9B model with 20 tokens per parameter is not fitted."""
    runs = bs.load("gadre2024").query("group == 'rpj'")[["N", "D", "C", "loss"]]
    larger = runs[runs["C"] > CUT]
    return runs[runs["C"] <= CUT], larger[larger["D"] / larger["N"] < OVERTRAINED]


#: Largest fitted budget of the RedPajama runs [FLOP].
CUT = 1e21
#: A run with more tokens per parameter is far from compute-optimal, and says nothing about the frontier.
OVERTRAINED = 100
#: Ends of Kaplan's runs [FLOP without embeddings], from the sizes of the models, and the published lines in PF-days.
KAPLAN = (1.3e12, 3.3e20)
PANELS = {
    "kaplan": Panel(
        "WebText2",
        "nats/token",
        "Kaplan et al. 2020",
        lines={
            "fitted": (KAPLAN, lambda C: (3.1e8 / (C / PF_DAY)) ** 0.050),
            "extended": ((KAPLAN[1], 1e24), lambda C: (3.1e8 / (C / PF_DAY)) ** 0.050),
        },
    ),
    "gpt3": Panel(
        "GPT-3's corpus",
        "nats/token",
        "Brown et al. 2020",
        _gpt3,
        generalised_C,
        digitised=True,
        lines={"fitted": ((1e17, 3.2e23), lambda C: 2.57 * (C / PF_DAY) ** -0.048)},
    ),
    "massivetext": Panel(
        "MassiveText",
        "nats/token",
        "Hoffmann et al. 2022",
        _massivetext,
        generalised,
        digitised=True,
        lines={"fitted": ((6e18, 5.76e23), lambda C: hoffmann(C))},
    ),
    "pile": Panel("The Pile", "nats/token", "Cerebras-GPT", _pile, generalised_C),
    "redpajama": Panel("RedPajama, loss on C4", "nats/token", "Gadre et al. 2024", _redpajama, generalised),
    "delphi": Panel("Nemotron, loss on Paloma", "nats/token", "Delphi", _delphi, generalised),
}


def hoffmann(C: np.ndarray) -> np.ndarray:
    """Loss along the frontier of Hoffmann et al. 2022, Eq 10, with unrounded constants [nats/token]."""
    A, B, E = np.exp(6.0073404), np.exp(6.0179186), np.exp(0.5267228)
    alpha, beta = 0.33917084, 0.2849083
    N = (alpha * A / (beta * B)) ** (1 / (alpha + beta)) * (C / 6) ** (beta / (alpha + beta))
    return E + A * N**-alpha + B * (C / 6 / N) ** -beta


def band(name: str) -> dict:
    """Quantiles of the loss of a panel's frontier, from its smallest run to the end of the figure."""
    panel = PANELS[name]
    if panel.read is None or panel.law is None:
        raise ValueError(f"The panel '{name}' has no runs.")
    runs, _ = panel.read()
    law, C = panel.law, np.geomspace(runs["C"].min(), ENDS[1], BUDGETS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the verdict is kept
        post = bs.fit(law, runs[[*law.inputs, "loss"]], method="laplace", seed=1, progressbar=False)
        loss = bs.frontier(law, post.isel(draw=slice(None, None, THIN)), C, seed=1)["loss"]
    kept = loss.quantile(QUANTILES, ("chain", "draw"), skipna=True).transpose("quantile", "C")
    record = {"panel": name, "law": law.name, "runs": len(runs), "verdict": str(post.attrs["verdict"])}
    return {**record, "C": C.tolist(), "largest": float(runs["C"].max()), "loss": kept.to_numpy().tolist()}


def read(path: Path = KEPT) -> dict[str, dict]:
    """Kept bands by panel; the last of each counts."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {record["panel"]: record for record in map(json.loads, lines)}


def measure(say: Callable[[str], None], refit: bool = False, path: Path = KEPT) -> dict[str, dict]:
    """Fit the panels whose band is not kept, or all; each is kept as soon as it is known."""
    known = {} if refit else read(path)
    for name, panel in PANELS.items():
        if panel.law is not None and name not in known:
            known[name] = band(name)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(known[name]) + "\n")
            say(f"{name}: {known[name]['verdict']}")
    return known


def forecasts(name: str, record: dict) -> pd.DataFrame:
    """The runs of a panel that were not fitted: C, loss, and the band's quantiles there, interpolated in logs."""
    panel = PANELS[name]
    if panel.read is None:
        raise ValueError(f"The panel '{name}' has no runs.")
    runs = panel.read()[1].reset_index(drop=True)
    rows = np.log(np.array(record["loss"]))
    at = {
        q: np.exp(np.interp(np.log(runs["C"]), np.log(record["C"]), row))
        for q, row in zip(QUANTILES, rows, strict=True)
    }
    return runs[["C", "loss"]].assign(**{str(q): values for q, values in at.items()})
