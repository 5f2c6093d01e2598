"""Hägele et al. 2024: runs with a cosine schedule, and cooldowns of constant-rate runs."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import tidy

#: Tidy columns -> ours.
NAMES = {"n_params_no_embed": "N_no_embed", "family": "group", "n_embd": "width", "n_layer": "depth", "iters": "steps"}
#: From here on, the name of a cooldown says more than that of its constant-rate run: the step at which it ends, ….
END = r"_iter\d+.*"


def read(path: Path) -> pd.DataFrame:
    runs = tidy(path).rename(columns={**NAMES, "run": "name"})
    stem = runs["name"].str.replace(END, "", regex=True)
    return runs.assign(run=stem.where(runs["group"].str.endswith("|wsd20"), runs["name"]))


DATASET = Dataset(
    name="hagele2024",
    title="Schedules: 24 cosine runs, and 25 cooldowns of 11 runs at a constant rate",
    kind="runs",
    rows=49,
    columns={
        "run": ("label", "constant-rate run that the cooldown starts from; for cosine, the run itself"),
        "name": ("label", "name of the run, cut after 90 letters"),
        "group": ("label", "corpus|schedule: cosine, or wsd20 (constant rate, then a cooldown over the last 20 %)"),
        "N": ("parameters", "with embeddings of input and output"),
        "N_no_embed": ("parameters", "without these embeddings"),
        "D": ("tokens", "training tokens"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "final validation loss"),
        "lr": ("1", "peak learning rate"),
        "steps": ("1", "optimiser steps"),
        "width": ("1", "width"),
        "depth": ("1", "layers"),
    },
    source="Hägele et al. 2024, Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations; as "
    "published with Schaipp et al. 2025, The Surprising Agreement Between Convex Optimization Theory and "
    "Learning-Rate Scheduling",
    url="https://github.com/fabian-sp/lr-scheduling/tree/8ace3a327a396fbd4998ff7615d54012eba71573/data",
    licence="MIT",
    notes=(
        "Cooldowns of one constant-rate run share all of it but their end, so their losses are correlated; the column "
        "run says so. Cosine runs are independent.",
        "Fit one group at a time. All wsd20 runs on openwebtext2 have less than 5e18 FLOP.",
        "Of 16 pairs with the same corpus, N and D, wsd20 less cosine is -.0009 nats (standard deviation .0037).",
    ),
    cite="""
@inproceedings{hagele2024,
  title = {Scaling Laws and Compute-Optimal Training Beyond Fixed Training Durations},
  author = {H{\\"a}gele, Alexander and Bakouch, Elie and Kosson, Atli and Ben Allal, Loubna and Von Werra, Leandro and
            Jaggi, Martin},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2024},
  eprint = {2405.18392},
  archivePrefix = {arXiv},
}
""",
    local="hagele2024/hagele2024.csv",
    recipe="Write a CSV from data/*.json of the source, one row a run, with the columns run_id, family "
    "(corpus|schedule: cosine or wsd20), n_params, n_params_no_embed, n_tokens (batch x accumulation x world size x "
    "512 x iterations), compute_flops (6ND), loss (final-val/loss of the summary), lr, iters, n_layer, n_embd.",
    read=read,
)
