"""Li et al. 2025: eleven sizes of models by learning rates and lengths."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import tidy

#: Upstream's columns -> ours.
NAMES = {"n_params_no_embed": "N_no_embed", "step": "steps"}


def read(path: Path) -> pd.DataFrame:
    runs = tidy(path).rename(columns=NAMES)
    return runs.assign(best_lr=runs["best_lr"] == 1)


DATASET = Dataset(
    name="misfitting2025",
    title="(Mis)Fitting: 261 runs of 11 sizes, by learning rate and length",
    kind="runs",
    rows=261,
    columns={
        "run": ("label", "name of the run"),
        "group": ("label", "corpora of training and evaluation: the same for all"),
        "N": ("parameters", "with embeddings of input and output"),
        "N_no_embed": ("parameters", "without these embeddings"),
        "D": ("tokens", "training tokens"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "validation loss on C4"),
        "lr": ("1", "peak learning rate"),
        "steps": ("1", "optimiser steps"),
        "batch_tokens": ("tokens", "batch size"),
        "sweep": ("label", "sweep that the run belongs to"),
        "best_lr": ("flag", "true for the lowest loss of its N and D"),
    },
    source="Li et al. 2025, (Mis)Fitting: A Survey of Scaling Laws; data/scaling_results_last_ckpt_only.csv",
    url="https://github.com/hadasah/scaling_laws/tree/1f3708c0a12df0effb0ee906b1da5f9f0ff4f4f1/data",
    licence="none stated in the authors' repository",
    notes=(
        "Fit the 81 runs of the best learning rate, runs[runs.best_lr]: one for each N and D. Other rows of the same "
        "N and D differ in their learning rate.",
        "Losses scatter about a law by 1.5 %, and more for small models. Runs of one length err together: between "
        "lengths, residuals have an intraclass correlation of .7 to .8.",
    ),
    cite="""
@inproceedings{misfitting2025,
  title = {(Mis)Fitting: A Survey of Scaling Laws},
  author = {Li, Margaret and Kudugunta, Sneha and Zettlemoyer, Luke},
  booktitle = {International Conference on Learning Representations},
  year = {2025},
  eprint = {2502.18969},
  archivePrefix = {arXiv},
}
""",
    local="misfitting2025/misfitting2025.csv",
    recipe="Write a CSV with the columns run_id, group, n_params, n_params_no_embed, n_tokens, compute_flops (6ND), "
    "loss, lr, step, batch_tokens, sweep and best_lr (1 for one run of the lowest loss for each n_params and "
    "n_tokens, else 0) from the 261 rows of data/scaling_results_last_ckpt_only.csv of the source.",
    read=read,
)
