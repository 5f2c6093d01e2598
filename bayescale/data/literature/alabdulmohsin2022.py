"""Alabdulmohsin, Neyshabur & Zhai 2022: 92 learning curves in vision and language."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset

#: Parameters of the models that are not named by their size (README of the source).
SIZES = {"ViT/S/16": 32e6, "ViT/B/16": 110e6, "BiT/50/1": 61e6, "BiT/101/3": 494e6, "MiX/B/16": 73e6, "MiX/L/16": 226e6}
#: Parameters of the translation models (README of the source).
TRANSLATION = 300e6
#: Upstream's columns -> ours.
NAMES = {"Domain": "group", "Task": "task", "Model": "model", "Seen Examples": "D", "Loss": "loss"}


def read(*paths: Path) -> pd.DataFrame:
    raw = pd.concat([pd.read_csv(path) for path in paths], ignore_index=True)
    table = raw.drop_duplicates(ignore_index=True).rename(columns=NAMES)
    return table.assign(
        run=table.group + "|" + table.task + "|" + table.model,
        N=[_size(*names) for names in zip(table.group, table.model, strict=True)],
        training=table.Training == 1,
    )


def _size(group: str, model: str) -> float:
    named = TRANSLATION if group == "NMT" else SIZES.get(model)
    return float(model.replace("M", "e6")) if named is None else named


DATASET = Dataset(
    name="alabdulmohsin2022",
    title="Benchmark of extrapolation: 92 learning curves in vision and language",
    kind="curves",
    rows=19595,
    columns={
        "run": ("label", "curve: group|task|model"),
        "group": ("label", "IC (image classification), NMT (translation), LM (language model) or BB (BIG-Bench)"),
        "task": ("label", "name of the task"),
        "model": ("label", "name of the model"),
        "N": ("parameters", "rounded, from the authors' README; constant along a curve"),
        "D": ("examples or tokens", "seen so far: examples (IC, NMT), tokens (LM), either (BB)"),
        "loss": ("error", "IC: n-shot error rate; NMT: log perplexity; LM: log loss, rescaled; BB: falling error"),
        "training": ("flag", "true for the part to fit, false for the part to extrapolate to: the authors' split"),
    },
    source="Alabdulmohsin, Neyshabur & Zhai 2022, Revisiting Neural Scaling Laws in Language and Vision; data/*.csv",
    url="https://github.com/google-research/google-research/tree/master/revisiting_neural_scaling_laws",
    licence="CC BY 4.0 (data sets of google-research)",
    notes=(
        "Fit one curve at a time, as runs[runs.run == '…'], on its training part. There is no C, since 6ND holds for "
        "tokens and most D are examples.",
        "687 exact duplicates are removed: the files have every row of the five LM curves four times, which would "
        "halve the width of intervals.",
        "The loss is not in nats/token: error rates, and LM losses that were rescaled (the first is 0.999).",
        "Points of a curve come from one training run. IC curves have up to 780 noisy, autocorrelated points. Few "
        "curves come near their floor, and the held-out part extends D by a factor of about two only.",
    ),
    cite="""
@inproceedings{alabdulmohsin2022,
  title = {Revisiting Neural Scaling Laws in Language and Vision},
  author = {Alabdulmohsin, Ibrahim and Neyshabur, Behnam and Zhai, Xiaohua},
  booktitle = {Advances in Neural Information Processing Systems},
  year = {2022},
  eprint = {2209.06640},
  archivePrefix = {arXiv},
}
""",
    base="https://raw.githubusercontent.com/google-research/google-research/9853680c781781bd8d3de20aa61c7373ce059913/"
    "revisiting_neural_scaling_laws/data/",
    raw={
        "benchmark.lang.csv": "63c346db00a66b692e1ea9a0f71a2f2b267e55f74be5b863a92e199dffbf0983",
        "benchmark.vision.csv": "23b00692d71e58aa5a2a941e831d57688e0977fdcf5f5125ff7b64283b5d9e83",
    },
    read=read,
)
