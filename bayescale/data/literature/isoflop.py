"""IsoFLOP sweeps of six experiments, collected by Open Athena."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.besiroglu2024 import DATASET as BESIROGLU
from bayescale.data.literature.marin import without_embeddings
from bayescale.data.literature.record import Dataset

#: Upstream's columns -> ours.
NAMES = {"experiment": "group", "model": "arch", "params": "N", "tokens": "D", "budget": "C"}


def read(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path)
    kept = raw[(raw.condition != "exp_loss") & (raw.source != "misfitting")]
    runs = kept.rename(columns=NAMES)
    return runs.assign(N_no_embed=without_embeddings(runs.loc[runs["source"] == "marin_202603", "N"]))


DATASET = Dataset(
    name="isoflop",
    title="IsoFLOP sweeps: 638 points of Chinchilla (twice), Llama 3 and Marin (three corpora)",
    kind="runs",
    rows=638,
    columns={
        "group": ("label", "experiment: source__dataset__model"),
        "source": ("label", "epochai_chinchilla, ml_scalefit, llama_3 or marin_202603"),
        "dataset": ("label", "training corpus"),
        "arch": ("label", "architecture"),
        "N": ("parameters", "as each origin reports it"),
        "N_no_embed": ("parameters", "Marin: exact, without embeddings; blank for the others"),
        "D": ("tokens", "training tokens"),
        "C": ("FLOP", "nominal budget"),
        "loss": ("nats/token (Llama 3: 1)", "Chinchilla: training; Marin: Paloma macro loss; Llama 3: normalised"),
        "outlier": ("flag", "true where the collectors' checks left the point out"),
        "reason": ("label", "the check that left it out; none for a clean point"),
    },
    source="Open Athena, scaling-law-analysis: data/isoflops/transform/isoflops.csv; six experiments of four origins",
    url="https://github.com/Open-Athena/scaling-law-analysis",
    licence="none stated in the repository; facts of public runs and figures",
    notes=(
        "Fit one group at a time: corpora, tokenizers and losses differ. The loss of llama_3 is a normalised negative "
        "log likelihood of 0.69-0.93 on a benchmark, not nats/token.",
        "Both Chinchilla groups are the same runs of Hoffmann et al. 2022 in two versions; besiroglu2024 is a third.",
        "C is the budget. It equals 6ND for llama_3 and epochai_chinchilla, where N or D was derived from it; Marin's "
        "C is 0.74 to 1.07 of 6ND, so do not replace it by 6ND.",
        "Sweeps at fixed budgets determine the irreducible loss poorly: fits of an additive law put it close to the "
        "smallest losses of the sweeps.",
        "Left out of the file: the second loss of the same Llama 3 points (exp_loss) and the (Mis)fitting runs.",
    ),
    cite="""
@misc{openathena2026isoflop,
  title = {scaling-law-analysis},
  author = {{Open Athena}},
  year = {2026},
  howpublished = {https://github.com/Open-Athena/scaling-law-analysis},
  note = {Points of Llama 3 (arXiv:2407.21783), ml-scalefit (arXiv:2507.09404), Marin and Besiroglu et al.},
}
"""
    + BESIROGLU.cite,
    base="https://raw.githubusercontent.com/Open-Athena/scaling-law-analysis/3e0656ee3dce1a2c89aa67691920f5eb9d30f0fc/",
    raw={
        "data/isoflops/transform/isoflops.csv": "b04d611253611490c5cc339fb95cb28d4f38f279a97438cb804a80f03171caa0",
    },
    folder="isoflop_openathena",
    renamed={"data/isoflops/transform/isoflops.csv": "isoflops_transform.csv"},
    read=read,
)
