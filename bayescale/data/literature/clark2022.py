"""Clark et al. 2022: routed (mixture-of-experts) and dense models at 130 billion tokens."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import with_compute

#: Tokens per update: 256 sequences of 2048 (the paper).
BATCH = 256 * 2048.0
#: Upstream's columns -> ours.
NAMES = {
    "router_type": "group",
    "dense_parameter_count": "N",
    "total_parameter_count": "N_total",
    "loss_validation": "loss",
    "flops_per_step": "forward_flops",
}


def read(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path).dropna(subset=["loss_validation"]).sort_values(["hyper_id", "step"])
    last = raw.drop_duplicates("hyper_id", keep="last").rename(columns=NAMES)
    return with_compute(last.assign(run="hyper" + last.hyper_id.astype(str), D=last.step * BATCH))


DATASET = Dataset(
    name="clark2022",
    title="Routed language models: 223 dense and mixture-of-experts runs of 130 billion tokens",
    kind="runs",
    rows=223,
    columns={
        "run": ("label", "hyper and the authors' hyper_id"),
        "group": ("label", "router: Dense (13 runs), Hash (69), RL-R (54) or S-Base (87)"),
        "N": ("parameters", "parameters that one token uses, without embeddings"),
        "D": ("tokens", "step x 256 x 2048"),
        "C": ("FLOP", "6ND"),
        "loss": ("nats/token", "validation, at the last evaluation"),
        "N_total": ("parameters", "total, with all experts"),
        "num_experts": ("1", "experts per routed layer"),
        "k": ("1", "experts per token"),
        "routing_frequency": ("1", "share of the layers that are routed"),
        "flop_increase": ("1", "widening of the feed-forward layers of a dense model"),
        "forward_flops": ("FLOP", "authors' estimate for the forward pass of one update"),
        "step": ("1", "parameter updates at the last evaluation, of 250 000"),
        "seed": ("1", "random seed"),
        "d_model": ("1", "width"),
        "num_blocks": ("1", "layers"),
        **{
            f"loss_{name}": ("nats/token", f"on {name}; blank where the file has none")
            for name in ("c4", "pile", "wikitext103", "curation_corpus", "lambada")
        },
    },
    source="Clark et al. 2022, Unified Scaling Laws for Routed Language Models; data/curves.csv.gz",
    url="https://github.com/google-deepmind/scaling_laws_for_routing",
    licence="CC BY 4.0, Copyright 2022 DeepMind Technologies Limited",
    notes=(
        "All runs see the same number of tokens, so the dependence on D is not identified, and a fitted irreducible "
        "loss contains the data term.",
        "The main law of the paper: k == 1, routing_frequency == 0.5, flop_increase == 1.",
        "N, and so C, leaves out the wider layers of flop_increase > 1 (N_total has them) and, where k > 1, all but "
        "the first expert of a token; forward_flops counts both.",
        "Each run has its last evaluation only, mostly at step 249 000; upstream's file has one every 10 000 steps.",
        "Three seeds of the dense 130M model scatter by 0.0007 nats.",
    ),
    cite="""
@inproceedings{clark2022,
  title = {Unified Scaling Laws for Routed Language Models},
  author = {Clark, Aidan and de las Casas, Diego and Guy, Aurelia and Mensch, Arthur and Paganini, Michela and others},
  booktitle = {International Conference on Machine Learning},
  year = {2022},
  eprint = {2202.01169},
  archivePrefix = {arXiv},
}
""",
    base="https://raw.githubusercontent.com/google-deepmind/scaling_laws_for_routing/42da0c392b127df2c01fa7b705f72396050d05e5/",
    raw={"data/curves.csv.gz": "c03e7531add85e594f368d33bac4a0220280be858a7ed12d147cf73af6a3819f"},
    folder="clark2022_routed",
    read=read,
)
