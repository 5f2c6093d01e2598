"""Known: E of three laws on known_entropy, by range of compute and by the errors allowed for."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bayescale.frontiers.shapes import SIZES, shapes
from bayescale.frontiers.weigh import fit_one
from bayescale.modelling.discrepancy import smooth_and_local
from benchmarks.frontier.published import TOPS, sweep_to

#: The laws compared.
LAWS = ("floor", "curved_floor", "curved_slow")
#: Errors allowed for: words -> discrepancy. The first are those of `bs.curvature`, the second of `bs.entropy`.
ERRORS = {"of sizes": SIZES, "of sizes and smooth": smooth_and_local}


def known(kept: Path, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Log evidence and 90 % interval of E for each range, errors and law; finished ones are read from `kept`."""
    rows = [json.loads(line) for line in kept.read_text(encoding="utf-8").splitlines()] if kept.exists() else []
    done = {(row["top"], row["errors"], row["law"]) for row in rows}
    wanted = [(top, errors, law) for top in reversed(TOPS) for errors in ERRORS for law in LAWS]
    for top, errors, law in wanted:
        if (top, errors, law) in done:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = fit_one(shapes(("N", "D"), ERRORS[errors])[law], sweep_to("known_entropy", top), 1)
        E = [float(q) for q in found.posterior["E"].quantile([0.05, 0.5, 0.95])]
        rows.append({
            "top": top, "errors": errors, "law": law, "log_evidence": found.log_evidence, "error": found.error,
            "problem": found.problem, "E": E,
        })  # fmt: skip
        with kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(rows[-1]) + "\n")
        say(f"{law}, {top:.0e} FLOP, errors {errors}")
    return rows
