"""Beck et al. 2025: IsoFLOP sweeps of Llama and mLSTM models at several context lengths."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import tidy

#: Tokens of the vocabulary; input and output embeddings are not tied.
VOCABULARY = 50304
#: Depth and width in the name of a run, as in dclm_llama_80M_ctx8192_..._nb12_ed512_hd64_gbs128.
SHAPE = r"_nb(?P<depth>\d+)_ed(?P<width>\d+)_"


def read(path: Path) -> pd.DataFrame:
    runs = tidy(path)
    runs = runs.join(runs["name"].str.extract(SHAPE).astype(float))
    return runs.assign(
        N_no_embed=runs["N"] - 2 * VOCABULARY * runs["width"],
        best_lr=runs["best_lr"] == 1,
        diverged=runs["diverged"] == 1,
    )


DATASET = Dataset(
    name="xlstm2025",
    title="xLSTM: 429 runs of Llama and mLSTM at context lengths of 2,048 to 16,384",
    kind="runs",
    rows=429,
    columns={
        "run": ("label", "identifier of the run"),
        "group": ("label", "architecture|context length"),
        "isoflop_tag": ("label", "name of the IsoFLOP sweep"),
        "N": ("parameters", "with embeddings of input and output"),
        "N_no_embed": ("parameters", "exact, without these embeddings: 2 * 50304 times the width"),
        "D": ("tokens", "training tokens"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "validation loss"),
        "width": ("1", "width"),
        "depth": ("1", "blocks"),
        "batch_tokens": ("tokens", "batch size"),
        "steps": ("1", "optimiser steps"),
        "lr": ("1", "peak learning rate"),
        "best_lr": ("flag", "true for the lowest loss of its group, N, D and batch size"),
        "diverged": ("flag", "true for the three runs whose loss is above 7"),
    },
    source="Beck et al. 2025, xLSTM Scaling Laws; data/isoflop_*_wandb_data.pkl",
    url="https://github.com/NX-AI/xlstm_scaling_laws/tree/604bb3062d3a7681bb33e467108cb0a6f81267fc/data",
    licence="see the authors' repository",
    notes=(
        "Fit one group at a time, and only the runs of the best learning rate that have not diverged: "
        "runs[runs.best_lr & ~runs.diverged].",
        "In llama|ctx8192, seven pairs of runs share N and D and differ in their batch size. The run with the larger "
        "batch has a loss that is 1 to 7 % higher.",
        "For the Llama runs, the authors' own fits give an E of 2.45, 1.60 or 0, by the subset that is fitted.",
    ),
    cite="""
@misc{xlstm2025,
  title = {xLSTM Scaling Laws: Competitive Performance with Linear Time-Complexity},
  author = {Beck, Maximilian and Schweighofer, Kajetan and B{\\"o}ck, Sebastian and Lehner, Sebastian and
            Hochreiter, Sepp},
  year = {2025},
  eprint = {2510.02228},
  archivePrefix = {arXiv},
}
""",
    local="xlstm2025/xlstm2025.csv",
    recipe="Upstream is pickles, which run code when they are read: open data/isoflop_*_wandb_data.pkl of the source "
    "where that does no harm. Write a CSV with the columns run_id, name, group (architecture|ctx and the context "
    "length), isoflop_tag, n_params, n_tokens, compute_flops (6ND), batch_tokens, steps, lr, loss (validation), "
    "best_lr (1 for the lowest loss of group, n_params, n_tokens and batch_tokens, else 0) and diverged (1 for a loss "
    "above 7, else 0).",
    read=read,
)
