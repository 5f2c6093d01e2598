"""What came out of the sweeps: ``python -m benchmarks.sweep.outcome`` fits, stores the numbers and writes the page.

With ``--stored`` nothing is fitted: docs/evidence/sweeps.md and its figure are written from the stored numbers.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import bayescale as bs
from bayescale.data.literature.known_entropy import ENTROPY
from bayescale.laws import chinchilla
from bayescale.laws.busbridge2025 import generalised
from benchmarks.evidence import DOCS, EVIDENCE, stamp
from benchmarks.sweep import outcome_page
from benchmarks.sweep.outcome_page import LAWS, SWEEPS

SEED = 1
#: Records of one measurement, one JSON object a line: its date and commit, estimates of E, fits and forecasts.
STORED = Path(__file__).parent / "stored" / "outcome.jsonl"
#: Levels of the quantiles in a record.
ENDS = [0.05, 0.25, 0.5, 0.75, 0.95]
#: Decimals of a stored loss [nats].
DECIMALS = 5


def quantiles(draws) -> list[float]:
    """Quantiles of draws at `ENDS`, rounded."""
    return [round(float(value), DECIMALS) for value in np.quantile(draws, ENDS)]


def by_range() -> Iterator[dict]:
    """E of Chinchilla's law, fitted to the runs of the language up to each budget."""
    runs = bs.load("known_entropy").query("split != 'heldout'")
    for budget in sorted(runs["budget"].unique())[2:]:
        post = bs.fit(chinchilla, runs[runs["budget"] <= 1.01 * budget], seed=SEED, progressbar=False)
        E = post["posterior"]["E"].to_numpy()
        above = round(float((E > ENTROPY).mean()), DECIMALS)
        yield {"kind": "range", "budget": float(budget), "E": quantiles(E), "above": above} | said(post)


def held_out() -> Iterator[dict]:
    """For each sweep and law: the fit, then the forecast of each held-out run."""
    laws = dict(zip(LAWS, (chinchilla, generalised), strict=True))
    for sweep in SWEEPS:
        runs = bs.load(sweep)
        fitted, held = (
            runs[mask].reset_index(drop=True) for mask in (runs.split != "heldout", runs.split == "heldout")
        )
        for name, law in laws.items():
            post = bs.fit(law, fitted, seed=SEED, progressbar=False)
            key = {"sweep": sweep, "law": name}
            yield {"kind": "fit", **key, "E": quantiles(post["posterior"]["E"])} | said(post)
            drawn = bs.predict(law, post, held, seed=SEED)["loss"]
            for i, row in held.iterrows():
                seen = {"C": float(row["C"]), "observed": round(float(row["loss"]), DECIMALS)}
                yield {"kind": "forecast", **key, **seen, "loss": quantiles(drawn.isel(run=i))}


def said(post) -> dict[str, str]:
    """What the fit says of itself."""
    return {"verdict": str(post.attrs["verdict"])}


def read(path: Path = STORED) -> list[dict]:
    """The stored records."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def main(arguments: list[str]) -> None:
    """Fit and store, unless ``--stored`` is given; then write the page and the figure."""
    if arguments not in ([], ["--stored"]):
        raise SystemExit(f"{arguments} is unknown; wanted nothing, or --stored.")
    if not arguments:
        records = [{"kind": "measured", "when": stamp()}, *by_range(), *held_out()]
        STORED.parent.mkdir(exist_ok=True)
        STORED.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    outcome_page.write(EVIDENCE / "sweeps.md", DOCS / "figures" / "known_entropy", read())


if __name__ == "__main__":
    main(sys.argv[1:])
