"""Several losses: do the losses of one sweep share exponents, and what are their floors."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bayescale as bs
from bayescale.laws import chinchilla
from benchmarks.store import SEED

#: Losses compared: name -> column of gadre2024.
LOSSES = {"C4": "loss", "RedPajama": "loss_paloma_redpajama", "code": "loss_paloma_100_pl"}
#: Training corpora of gadre2024, each a sweep of its own: name -> value of its column `group`.
CORPORA = {"C4": "c4_original", "RedPajama": "rpj", "RefinedWeb": "rw_original"}
#: Quantities reported, with their units.
QUANTITIES = ("E", "alpha_N", "alpha_D", "loading")


def several_losses(kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Comparison and posteriors of each corpus; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    for name in CORPORA:
        if any(row["corpus"] == name for row in rows):
            continue
        runs = _runs(name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = bs.pooling(chinchilla, bs.losses(runs, LOSSES), "evaluation", seed=SEED)
        rows.append({"corpus": name, "runs": len(runs), **_numbers(found)})
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        say(f"{name}: {found.attrs['conclusion']}")
    return rows


def loss_entropies(kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Entropy of each loss by `bayescale.entropy`, averaged over laws; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    for name in CORPORA:
        if any(row["corpus"] == name for row in rows):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = bs.entropy(bs.losses(_runs(name), LOSSES), by="evaluation", seed=SEED)
        q = found["average"].quantile([0.05, 0.5, 0.95], "sample")
        each = {
            loss: {
                "E": [float(x) for x in q.sel(evaluation=loss)],
                "floor": float(found["floor"].sel(evaluation=loss)),
                "told": int(found["told"].sel(evaluation=loss)),
            }
            for loss in LOSSES
        }
        rows.append({"corpus": name, "losses": each, "warnings": json.loads(found.attrs["warnings"])})
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        say(f"{name}: {found.attrs['conclusion']}")
    return rows


def _runs(corpus: str) -> Any:
    """The sweep trained on a corpus."""
    return bs.load("gadre2024").query(f"group == '{CORPORA[corpus]}'")[["run", "N", "D", *LOSSES.values()]]


def _numbers(found: Any) -> dict[str, Any]:
    """What the page needs of a comparison."""
    table = found.to_dataset()
    fits = {}
    for how in table["pooling"].to_numpy():
        draws = found[f"{how}/posterior"]
        fits[str(how)] = {name: _quantiles(draws[name]) for name in QUANTITIES} | {
            "method": found[how].attrs["method"],
            **{name: float(table[name].sel(pooling=how)) for name in table.data_vars},
        }
    return {"fits": fits, "conclusion": found.attrs["conclusion"], "warnings": json.loads(found.attrs["warnings"])}


def _quantiles(draws: Any) -> dict[str, list[float]]:
    """5, 50 and 95 %, by loss; under "all" if the losses share the parameter."""
    q = draws.quantile([0.05, 0.5, 0.95], ("chain", "draw"))
    if "evaluation" not in draws.dims:
        return {"all": [float(x) for x in q]}
    return {str(name): [float(x) for x in q.sel(evaluation=name)] for name in q["evaluation"].to_numpy()}
