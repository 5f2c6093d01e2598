"""Muennighoff et al. 2023: runs that repeat their data."""

import json
import re
from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import with_compute

#: A number of tokens in a run's name: 1b25 is 1.25 billion. Fractions have few digits, since another number follows.
TOKENS = r"([1-9]b(?:25|[5789])|\d+b|\d+00m)"


def read(path: Path) -> pd.DataFrame:
    found = json.loads(path.read_text())
    sizes = found["PARAMS_MAP"]
    pattern = re.compile(f"({'|'.join(sizes)}){TOKENS}{TOKENS}(?:c4(?:v2)?)?(|seed[1-4]|opt2?|dedup)")
    rows = []
    for run, loss in found["NAMES_TO_VAL_LOSSES"].items():
        match = pattern.fullmatch(run)
        if match is None:
            raise ValueError(f"the name '{run}' is not of the form size, tokens, unique tokens, variant")
        size, seen, unique, variant = match.groups()
        rows.append((run, variant or "main", sizes[size], _tokens(seen), _tokens(unique), loss))
    runs = pd.DataFrame(rows, columns=["run", "variant", "N", "D", "U", "loss"])
    runs = runs[runs.loss > 0].assign(epochs=lambda t: t.D / t.U)  # upstream marks unfinished runs by 0
    best = runs[runs.variant == "main"].sort_values("D").groupby(["N", "U"]).loss.cummin()
    return with_compute(runs.assign(overfit=runs.loss > best.reindex(runs.index)))


def _tokens(text: str) -> float:
    return float(text[:-1]) * 1e6 if text.endswith("m") else float(text.replace("b", ".")) * 1e9


DATASET = Dataset(
    name="muennighoff2023",
    title="Data-constrained: 307 runs on C4, up to 9000 epochs",
    kind="runs",
    rows=307,
    columns={
        "run": ("label", "name of the run: size, tokens, unique tokens, variant"),
        "variant": ("label", "main (229 runs), seed1 to seed4, dedup, opt or opt2"),
        "N": ("parameters", "from the authors' table of sizes"),
        "D": ("tokens", "tokens seen, repetitions counted"),
        "U": ("unique tokens", "different tokens among them"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "C4 validation at the end, tokens of GPT-2"),
        "epochs": ("1", "D/U"),
        "overfit": ("flag", "true where a shorter main run of the same N and U has a lower loss"),
    },
    source="Muennighoff et al. 2023, Scaling Data-Constrained Language Models; plotstables/return_alloc.ipynb, cell 1",
    url="https://github.com/huggingface/datablations/tree/13701315b163f1c54642b94ad237b2699187c3ee/plotstables",
    licence="Apache-2.0",
    notes=(
        "Main runs: runs[runs.variant == 'main']. Many overfit, with losses up to 11: the published law explains 37 % "
        "of the variance of all 229. The paper fits 182 of them; upstream's file does not say which.",
        "Four seeds scatter by 0.001-0.002 nats at 2.8B and 0.006-0.026 at 4.2B.",
        "D and U are rounded, since they come from the runs' names. Nine unfinished runs are left out.",
    ),
    cite="""
@inproceedings{muennighoff2023,
  title = {Scaling Data-Constrained Language Models},
  author = {Muennighoff, Niklas and Rush, Alexander M. and Barak, Boaz and Le Scao, Teven and Piktus, Aleksandra and
            Tazi, Nouamane and Pyysalo, Sampo and Wolf, Thomas and Raffel, Colin},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2023},
  eprint = {2305.16264},
  archivePrefix = {arXiv},
}
""",
    local="muennighoff2023/raw/return_alloc_cell1.json",
    recipe="Upstream is a notebook: run the three literals of cell 1 of return_alloc.ipynb and write them with "
    "json.dump({'NAMES_TO_VAL_LOSSES': NAMES_TO_VAL_LOSSES, 'PARAMS_MAP': PARAMS_MAP}, file).",
    read=read,
)
