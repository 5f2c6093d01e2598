"""Pythia: eight models trained on the same 300 billion tokens."""

from bayescale.data.literature.cerebras_gpt import DATASET as CEREBRAS
from bayescale.data.literature.record import FACTS, Dataset

DATASET = Dataset(
    name="pythia",
    title="Pythia: Pile test loss of eight models after 300 billion tokens",
    kind="runs",
    rows=8,
    columns={
        "model": ("label", "nominal size"),
        "N": ("parameters", "the nominal size"),
        "N_no_embed": ("parameters", "exact, without embeddings, from the suite's README"),
        "D": ("tokens", "training tokens, 300 billion for every model"),
        "C": ("FLOP", "training FLOPs as printed next to the loss; attention and embeddings are counted"),
        "loss": ("nats/token", "Pile test cross-entropy as evaluated by Cerebras"),
        "loss_dedup": ("nats/token", "loss of the models trained on the deduplicated Pile"),
    },
    source="Dey et al. 2023, Cerebras-GPT: zero-shot table of the GitHub card; models of Biderman et al. 2023",
    url="https://arxiv.org/abs/2304.01373",
    licence=FACTS + "; models Apache-2.0",
    notes=(
        "Every model saw the same 300 billion tokens, so the models are not a compute-optimal frontier: an irreducible "
        "loss fitted to them contains the data term.",
        "The deduplicated 1.4B model is an outlier: the printed loss is above that of the 1B model.",
        "Embeddings are 73 % of the 70M model and 4 % of the 12B model: laws in N and in N_no_embed differ.",
        "The tokenizer differs from that of Cerebras-GPT, so losses per token of the two are not strictly comparable.",
        "N is the nominal size, up to 1.5 % from the exact count.",
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
