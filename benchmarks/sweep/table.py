"""From the results of a sweep to the tables that are bundled: ``benchmarks.sweep.table RESULTS FOLDER NAME``."""

import json
import sys
from pathlib import Path

import pandas as pd

COLUMNS = ("split", "seed", "width", "N", "N_total", "D", "C", "batch", "steps", "rate", "loss")
SPLITS = ("grid", "seeds", "heldout")
#: Splits whose learning curves are bundled: one curve for each size and compute.
CURVES = ("grid", "heldout")


def tables(results: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs, and points on their way, in order of split and size."""
    done = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    done = [run for run in done if run["split"] in SPLITS]
    done.sort(key=lambda run: (SPLITS.index(run["split"]), run["budget"], run["N"], run["seed"]))
    runs = pd.DataFrame(
        [{"run": i, "budget": run["budget"], **{c: run[c] for c in COLUMNS}} for i, run in enumerate(done)]
    )
    points = [
        {"run": i, "N": run["N"], "D": tokens, "C": 6.0 * run["N"] * tokens, "loss": loss}
        for i, run in enumerate(done)
        if run["split"] in CURVES
        for tokens, loss in run["curve"]
    ]
    return runs.rename(columns={"rate": "learning_rate"}), pd.DataFrame(points)


def main() -> None:
    """Write both tables; losses to six decimals, where the noise of a seed is in the third."""
    results, folder, name = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    runs, curves = tables(results)
    runs["learning_rate"], runs["budget"] = runs["learning_rate"].round(6), runs["budget"].map("{:.6g}".format)
    for table in (runs, curves):
        table["C"] = table["C"].map("{:.8g}".format)
    runs.round({"loss": 6}).to_csv(folder / f"{name}.csv", index=False)
    curves.round({"loss": 5}).to_csv(folder / f"{name}_curves.csv", index=False)


if __name__ == "__main__":
    main()
