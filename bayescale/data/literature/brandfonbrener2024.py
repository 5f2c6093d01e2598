"""Brandfonbrener et al. 2024: IsoFLOP sweeps on six corpora, and a 3.3B model on each."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import tidy

#: Tokens of the vocabulary; input and output embeddings are not tied.
VOCABULARY = 32000
#: Upstream's columns -> ours.
NAMES = {"d_model": "width", "n_layers": "depth"}
#: Corpora whose validation loss every run has: column -> its name.
EVALS = {
    "loss_c4": "C4",
    "loss_fineweb_100b": "FineWeb",
    "loss_fineweb_edu": "FineWeb-Edu",
    "loss_proof_pile": "Proof Pile 2",
    "loss_slimpajama": "SlimPajama",
    "loss_smollm": "SmolLM corpus",
    "loss_starcoder": "StarCoder",
    "loss_hellaswag_ce": "HellaSwag",
}


def read(path: Path) -> pd.DataFrame:
    runs = tidy(path).rename(columns=NAMES)
    return runs.assign(N_no_embed=runs["N"] - 2 * VOCABULARY * runs["width"], heldout=runs["heldout"] == 1)


DATASET = Dataset(
    name="brandfonbrener2024",
    title="Loss to loss: 529 runs on six corpora to 4.84e19 FLOP, and six of 3.3B parameters at 1e21",
    kind="runs",
    rows=535,
    columns={
        "run": ("label", "name of the run"),
        "group": ("label", "training corpus"),
        "N": ("parameters", "with embeddings of input and output"),
        "N_no_embed": ("parameters", "exact, without these embeddings: 2 * 32000 times the width"),
        "D": ("tokens", "C/(6N)"),
        "C": ("FLOP", "nominal budget, exactly 6ND"),
        "loss": ("nats/token", "validation loss on the training corpus"),
        "width": ("1", "width"),
        "depth": ("1", "layers"),
        "steps": ("1", "optimiser steps"),
        "heldout": ("flag", "true for the six runs of 3.3B parameters, which the authors forecast"),
        **{name: ("nats/token", f"on {corpus}") for name, corpus in EVALS.items()},
    },
    source="Brandfonbrener et al. 2024, Loss-to-Loss Prediction; data/sweep.csv and data/extrapolation.csv",
    url="https://github.com/KempnerInstitute/loss-to-loss-notebooks/tree/457ce81a019019bc3981937c20a70c52f5fad436/data",
    licence="none stated in the authors' repository",
    notes=(
        "Fit each corpus alone, or pool them by group. `loss` is on the corpus that the run was trained on.",
        "N is 12 d w^2 + 4 d w + 64001 w for width w and depth d, exactly, so N_no_embed follows from the table.",
        "Least-squares fits of the additive law forecast a loss of the 3.3B runs that is 3.9 to 5.5 % too high, on "
        "every corpus. There is one such run a corpus, and their errors are probably correlated.",
    ),
    cite="""
@misc{brandfonbrener2024,
  title = {Loss-to-Loss Prediction: Scaling Laws for All Datasets},
  author = {Brandfonbrener, David and Anand, Nikhil and Vyas, Nikhil and Malach, Eran and Kakade, Sham},
  year = {2024},
  eprint = {2411.12925},
  archivePrefix = {arXiv},
}
""",
    local="brandfonbrener2024/brandfonbrener2024.csv",
    recipe="Write a CSV with the columns run_id, group (training corpus), n_params, n_tokens, compute_flops (budget), "
    "n_layers, d_model, steps, loss (validation, on the training corpus), heldout, and the losses on other corpora: "
    "the 529 runs of data/sweep.csv of the source (heldout 0) and the six of data/extrapolation.csv (heldout 1).",
    read=read,
)
