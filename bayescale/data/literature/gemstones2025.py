"""Gemstones, McLeish et al. 2025: 22 shapes of width and depth."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import with_compute

#: Group of each file of upstream.
GROUPS = ("main_hot", "main_cooldown", "lr_ablation_hot")
#: Files of upstream, below `base`.
FILES = [f"wandb_dfs/wandb_df_for_fitting_{part}.jsonl" for part in ("hot", "cool_end", "lr_ablation_hot")]
#: SHA-256 of each file.
HASHES = (
    "655467b59c99383403d6f73f5b7f23c02aea3f12935dc110382d8a8b43a0ff5d",
    "bdf01b6b21bafc414218124a6f9e195cee07f3d69ceacbfae2fcf069d34f4e61",
    "acb4468e5fcba4f01bdf9584ccbaa513e9cece68f8daf46e452a867f355483ac",
)
#: Rows of an embedding. Input and output embeddings are not tied: for all 22 models, N minus both is exactly the
#: parameters of a whole number of layers with their norms.
VOCABULARY = 50304
#: Upstream's columns -> ours.
NAMES = {"run_name": "run", "params_active_precise": "N", "tokens": "D", "final_loss": "loss"}


def read(*paths: Path) -> pd.DataFrame:
    parts = [pd.read_json(path, lines=True).assign(group=group) for path, group in zip(paths, GROUPS, strict=True)]
    runs = with_compute(pd.concat(parts, ignore_index=True).rename(columns=NAMES))
    return runs.assign(N_no_embed=runs["N"] - 2 * VOCABULARY * runs["width"])


DATASET = Dataset(
    name="gemstones2025",
    title="Gemstones: 619 checkpoints of 22 shapes of width and depth",
    kind="curves",
    rows=619,
    columns={
        "run": ("label", "run of the checkpoint, or the run that its cooldown branches off from"),
        "group": ("label", "main_hot (constant rate), main_cooldown (branches) or lr_ablation_hot (lower rate)"),
        "N": ("parameters", "total, with embeddings"),
        "N_no_embed": ("parameters", "exact, without embeddings of input and output: 2 * 50304 times the width"),
        "D": ("tokens", "tokens seen, in steps of 10 billion up to 100 billion; cooldowns add 10 %"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "validation"),
        "width": ("1", "width of the model"),
        "depth": ("1", "layers"),
        "step": ("1", "parameter updates"),
        "num_nodes": ("1", "nodes trained on"),
        "seconds_per_step": ("s", "time per update"),
    },
    source="McLeish et al. 2025, Gemstones: A Model Suite for Multi-Faceted Scaling Laws; wandb_dfs/*.jsonl",
    url="https://github.com/mcleish7/gemstone-scaling-laws",
    licence="MIT",
    notes=(
        "Rows are checkpoints: main_hot has 22 training runs, lr_ablation_hot 20, and the cooldowns of main_cooldown "
        "branch off from those of main_hot. Treating rows as independent makes intervals too narrow.",
        "Fit one group at a time. Width and depth vary at fixed N, which leaves structured residuals of 1.5 %.",
        "Validation corpus and tokenizer are not named in the file; training was on Dolma.",
    ),
    cite="""
@inproceedings{mcleish2025,
  title = {Gemstones: A Model Suite for Multi-Faceted Scaling Laws},
  author = {McLeish, Sean and Kirchenbauer, John and Miller, David Yu and Singh, Siddharth and Bhatele, Abhinav and
            Goldblum, Micah and Panda, Ashwinee and Goldstein, Tom},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2025},
  eprint = {2502.06857},
  archivePrefix = {arXiv},
}
""",
    base="https://raw.githubusercontent.com/mcleish7/gemstone-scaling-laws/5f420478f6057b0cbb4d13405fb10ca64675bccb/",
    raw=dict(zip(FILES, HASHES, strict=True)),
    read=read,
)
