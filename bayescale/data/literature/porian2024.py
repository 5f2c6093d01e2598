"""Porian et al. 2024: why Kaplan and Hoffmann disagree, in fifteen configurations."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import tidy


def read(path: Path) -> pd.DataFrame:
    table = tidy(path)
    model = table["group"] + "|" + table["N"].astype(str)
    budgets = model + "|" + table["C"].astype(str)
    return table.assign(run=model.where(table["decay"] != "chinchilla", budgets))


DATASET = Dataset(
    name="porian2024",
    title="Kaplan against Hoffmann: losses at 12 budgets in 15 configurations",
    kind="curves",
    rows=1745,
    columns={
        "run": ("label", "training run; see the notes"),
        "group": ("label", "configuration: dataset|hparams|warmup|decay|param_count|split"),
        "dataset": ("label", "rw (RefinedWeb) or owt2 (OpenWebText2)"),
        "hparams": ("label", "base, or tuned by size"),
        "warmup": ("label", "long or short"),
        "decay": ("label", "kaplan (long cosine), chinchilla (cosine of the run's length) or const"),
        "param_count": ("label", "what N counts: standard, kaplan or attention, see the notes"),
        "split": ("label", "val: validation loss; train: smoothed training loss"),
        "N": ("parameters", "counted as in param_count"),
        "D": ("tokens", "C/(6N)"),
        "C": ("FLOP", "budget, exactly 6ND"),
        "loss": ("nats/token", "smoothed, interpolated to the budget"),
    },
    source="Porian et al. 2024, Resolving Discrepancies in Compute-Optimal Scaling of Language Models; summary_df",
    url="https://github.com/formll/resolving-scaling-law-discrepancies/tree/0dc60d91b8a525858a3067fc9e4a46ff5374cc6f",
    licence="MIT (text of the repository, Copyright Scott Chacon and others)",
    notes=(
        "Fit one group at a time: groups count parameters differently.",
        "N leaves out the input embeddings. standard counts the output head, kaplan leaves it out too, attention is an "
        "effective number that includes the FLOP of attention. D and C go with N, as C = 6ND.",
        "Rows of one group with the same N are checkpoints of one training run, except for decay == 'chinchilla', "
        "where each budget has its own run. Upstream does not name runs; here their names are made of group and N.",
        "Losses are smoothed and interpolated, so they scatter less than losses of single evaluations. Three rows "
        "without a loss are left out.",
    ),
    cite="""
@inproceedings{porian2024,
  title = {Resolving Discrepancies in Compute-Optimal Scaling of Language Models},
  author = {Porian, Tomer and Wortsman, Mitchell and Jitsev, Jenia and Schmidt, Ludwig and Carmon, Yair},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2024},
  eprint = {2406.19146},
  archivePrefix = {arXiv},
}
""",
    local="porian2024/porian2024.csv",
    recipe="Upstream is pickles, which run code when they are read: open data/summary_df*.pickle.xz of the source "
    "where that does no harm. Write a CSV with the columns group, dataset, hparams, warmup, decay, param_count, split, "
    "N, D, C, loss, one line for each entry of orig_n, orig_t, orig_loss at each budget (flops), without NaN losses.",
    read=read,
)
