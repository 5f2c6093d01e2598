"""Pythia: eight models trained on the same 300 billion tokens."""

from bayescale.datasets.cerebras_gpt import DATASET as CEREBRAS
from bayescale.datasets.record import FACTS, Dataset

DATASET = Dataset(
    name="pythia",
    title="Pythia: Pile test loss of eight models after 300 billion tokens",
    kind="runs",
    rows=8,
    columns={
        "model": ("label", "nominal size"),
        "N": ("parameters", "the nominal size"),
        "D": ("tokens", "training tokens, 300 billion for every model"),
        "C": ("FLOP", "training FLOPs as printed beside the loss; attention and embeddings are counted"),
        "loss": ("nats/token", "Pile test cross-entropy as evaluated by Cerebras"),
    },
    source="Dey et al. 2023, Cerebras-GPT: zero-shot table of the GitHub card; models of Biderman et al. 2023",
    url="https://arxiv.org/abs/2304.01373",
    licence=FACTS + "; models Apache-2.0",
    notes=(
        "Every model saw the same 300 billion tokens, so the models are not a compute-optimal frontier: an irreducible "
        "loss fitted to them contains the data term.",
        "The models trained on the Pile as it is; the deduplicated ones are left out.",
        "Its tokenizer is not that of Cerebras-GPT, so losses per token of the two are not strictly comparable.",
        "N is rounded to the nominal size: up to 1.5 % from the exact count.",
    ),
    cite="""
@inproceedings{biderman2023,
  title = {Pythia: A Suite for Analyzing Large Language Models Across Training and Scaling},
  author = {Biderman, Stella and Schoelkopf, Hailey and Anthony, Quentin and Bradley, Herbie and O'Brien, Kyle and
            Hallahan, Eric and Khan, Mohammad Aflah and Purohit, Shivanshu and Prashanth, USVSN Sai and
            Raff, Edward and Skowron, Aviya and Sutawika, Lintang and van der Wal, Oskar},
  booktitle = {International Conference on Machine Learning},
  year = {2023},
  eprint = {2304.01373},
  archivePrefix = {arXiv},
}
"""
    + CEREBRAS.cite,
)
