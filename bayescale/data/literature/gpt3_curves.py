"""GPT-3: the training curves of eight models, read off the figure by Choshen et al. 2024."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.gpt3 import DATASET as GPT3
from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import with_compute

#: Nominal parameters of the models that are not named by their size (Brown et al. 2020, Table 2.1).
SIZES = {"small": 125e6, "medium": 350e6, "large": 760e6, "xl": 1.3e9}


def read(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path).rename(columns={"train_loss": "train", "val_loss": "val"})
    table = raw.melt(["model", "step"], ["train", "val"], "split", "loss").dropna(subset=["loss"])
    N = [SIZES[model] if model in SIZES else float(model.replace("b", "e9")) for model in table.model]
    return with_compute(table.assign(run="gpt3-" + table.model, N=N, D=table.step * 1e9))


DATASET = Dataset(
    name="gpt3_curves",
    title="GPT-3: training curves of eight models, read off the figure",
    kind="curves",
    rows=12097,
    columns={
        "run": ("label", "name of the model"),
        "split": ("label", "train or val"),
        "N": ("parameters", "nominal size"),
        "D": ("tokens", "tokens seen so far, from about 10 to 300 billion"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "read off the curve"),
    },
    source="Choshen et al. 2024, A Hitchhiker's Guide to Scaling Law Estimation; curves of Brown et al. 2020",
    url="https://github.com/IBM/ColPret",
    licence="MIT (repository of the digitisation)",
    notes=(
        "Digitised from pixels: 0.003-0.01 nats of noise, and D jitters, so a curve may pass 300 billion tokens.",
        "The 12097 rows come from eight training runs, with a train and a val curve each. The smoothing of the plotted "
        "curves is unknown. The learning rate decays along a curve, so only its end is a finished run.",
        "N is nominal (gpt3 has the counts of Table D.1). The source does not say whether N counts embeddings; the "
        "compute axis of the paper's figure leaves them out.",
    ),
    cite="""
@misc{choshen2024,
  title = {A Hitchhiker's Guide to Scaling Law Estimation},
  author = {Choshen, Leshem and Zhang, Yang and Andreas, Jacob},
  year = {2024},
  eprint = {2410.11840},
  archivePrefix = {arXiv},
}
"""
    + GPT3.cite,
    base="https://raw.githubusercontent.com/IBM/ColPret/16f23bbe054277ddc4afd07a972dd7cfbe3f48c3/",
    raw={"raw_data/gpt3/extracted.csv": "ea73b550de60d8b278523fa69385df0c2892546f8820aea12b4d1fe2d4f98962"},
    folder="gpt3_curves_digitised",
    read=read,
)
