"""Chinchilla, Table 3: compute-optimal sizes and tokens by Approach 1."""

from bayescale.data.literature.record import FACTS, Dataset

DATASET = Dataset(
    name="hoffmann2022_table3",
    title="Chinchilla: compute-optimal FLOP and tokens of nine model sizes, Approach 1",
    kind="constants",
    rows=9,
    columns={
        "N": ("parameters", "model size"),
        "C": ("FLOP", "budget for which that size is optimal"),
        "D": ("tokens", "optimal training tokens"),
    },
    source="Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, Table 3",
    url="https://arxiv.org/abs/2203.15556",
    licence=FACTS,
    notes=("Estimates of a fitted frontier (the envelope of training curves), not runs: there is no loss.",),
    cite="""
@misc{hoffmann2022,
  title = {Training Compute-Optimal Large Language Models},
  author = {Hoffmann, Jordan and Borgeaud, Sebastian and Mensch, Arthur and Buchatskaya, Elena and Cai, Trevor and
            Rutherford, Eliza and others},
  year = {2022},
  eprint = {2203.15556},
  archivePrefix = {arXiv},
}
""",
)
