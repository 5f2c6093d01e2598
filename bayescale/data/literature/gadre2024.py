"""Gadre et al. 2024: over-trained models on three corpora."""

import json
from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import with_compute

#: Column of each further evaluation set -> a part of its file's path that no other has.
EVALS = {
    "loss_c4_german": "/de-en/",
    "loss_openlm": "/openlm/",
    "loss_paloma_100_pl": "/paloma_dolma_100_programing_languages/",
    "loss_paloma_c4_en": "/paloma_c4_en/",
    "loss_paloma_ptb": "/paloma_ptb/",
    "loss_paloma_redpajama": "/paloma_redpajama/",
    "loss_paloma_refinedweb": "/paloma_falcon-refinedweb/",
}


def read(path: Path) -> pd.DataFrame:
    return with_compute(pd.DataFrame([_run(model) for model in json.loads(path.read_text()).values()]))


def _run(model: dict) -> dict:
    given, main = model["hyperparameters"], _evaluation(model, "/c4_val/")
    N, times = given["params"], given["chinchilla_multiplier"]
    return {
        "run": model["name"],
        "group": model["dataset_name"],
        "N": N,
        "D": given["tokens"],
        "loss": main["loss"],
        "loss_lo95": main["loss_tokens_lower_95"],
        "loss_hi95": main["loss_tokens_upper_95"],
        "N_no_embed": given["params_no_embed"],
        "paper_fit": N < 1e9 and times == 1 or N < 2e7 and times == 16,
        **{name: _evaluation(model, part)["loss"] for name, part in EVALS.items()},
    }


def _evaluation(model: dict, part: str) -> dict:
    return [result for result in model["results"] if part in result["val_data"][0]][0]


DATASET = Dataset(
    name="gadre2024",
    title="Over-training: 104 models of 0.01 to 7 billion parameters on three corpora",
    kind="runs",
    rows=104,
    columns={
        "run": ("label", "name of the model"),
        "group": ("label", "training corpus: c4_original, rpj (RedPajama), rw_original (RefinedWeb)"),
        "N": ("parameters", "total, with embeddings: the N of the paper"),
        "D": ("tokens", "training tokens, 5 to 640 per parameter"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "C4 validation, tokens of GPT-NeoX"),
        "loss_lo95": ("nats/token", "lower end of the authors' bootstrap interval over evaluation tokens"),
        "loss_hi95": ("nats/token", "upper end of that interval"),
        "N_no_embed": ("parameters", "without embeddings"),
        "paper_fit": ("flag", "true for the five runs per corpus that the authors fit"),
        **{name: ("nats/token", f"on {part.strip('/')}") for name, part in EVALS.items()},
    },
    source="Gadre et al. 2024, Language models scale reliably with over-training; exp_data/models/*.json",
    url="https://github.com/mlfoundations/scaling/tree/a003c4913793ac2ae7ef87b28ecb562955d026d5/exp_data/models",
    licence="MIT",
    notes=(
        "The bootstrap interval has the error of evaluation only, 0.15 %. Runs scatter more: on C4 the 154M model is "
        "0.007 nats worse at 640 tokens per parameter than at 320.",
        "The three training corpora differ: fit each alone, or pool them by group. `loss` is on C4 for all three.",
        "All sizes share their hyperparameters; none were tuned per size.",
    ),
    cite="""
@misc{gadre2024,
  title = {Language models scale reliably with over-training and on downstream tasks},
  author = {Gadre, Samir Yitzhak and Smyrnis, Georgios and Shankar, Vaishaal and others},
  year = {2024},
  eprint = {2403.08540},
  archivePrefix = {arXiv},
}
""",
    local="gadre2024/raw/models_slim.json",
    recipe="Clone the repository and merge its 104 files into one, in Python: json.dump({p.stem: "
    "json.loads(p.read_text()) for p in Path('exp_data/models').glob('*.json')}, open('models_slim.json', 'w')).",
    read=read,
)
