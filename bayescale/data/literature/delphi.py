"""Delphi: the scaling suite of Marin: IsoFLOP runs, and large runs that were forecast from them."""

from pathlib import Path

import pandas as pd

from bayescale.data.literature.marin import without_embeddings
from bayescale.data.literature.record import Dataset
from bayescale.data.literature.tables import tidy


def read(path: Path) -> pd.DataFrame:
    runs = tidy(path)
    return runs.assign(N_no_embed=without_embeddings(runs["N"]))


DATASET = Dataset(
    name="delphi",
    title="Delphi: 81 IsoFLOP runs to 3e20 FLOP and 7 held-out runs to 1e23",
    kind="runs",
    rows=88,
    columns={
        "run": ("label", "name of the run, with its seed where there are several"),
        "group": ("label", "isoflop (to fit) or heldout_optimal (to forecast)"),
        "N": ("parameters", "parameter count as logged, with embeddings"),
        "N_no_embed": ("parameters", "exact, without embeddings of input and output: 2 * 128256 times the width"),
        "D": ("tokens", "training tokens"),
        "C": ("FLOP", "isoflop: nominal budget; held out: total as logged. Not 6ND"),
        "loss": ("nats/token", "Paloma macro loss, tokens of Llama 3"),
        "width": ("1", "width; blank for the held-out runs"),
        "depth": ("1", "layers; blank for the held-out runs"),
        "batch_seqs": ("sequences", "batch size; blank for the held-out runs"),
    },
    source="Marin community 2026, Delphi Scaling Suite; public runs, as tabulated in tecunningham/open-labs",
    url="https://github.com/tecunningham/open-labs/blob/4e8fd0e52955f46b5ab041e3e1813b84ecc84647/"
    "data/experiments_data/marin_delphi_ladder.csv",
    licence="none found for the table; facts of public runs",
    notes=(
        "Fit group == 'isoflop' and forecast the rest, up to 330 times the largest budget. The authors' own forecast, "
        "from the seven optima, was within 0.2 % at 1e23 FLOP.",
        "C is 0.74 to 1.07 of 6ND; C as FLOP and C as 6ND give different optima.",
        "The additive law in N and D, fitted to the 81 runs, puts the irreducible loss above the losses of the runs at "
        "1e22 and 1e23 FLOP: sweeps at fixed budgets determine it poorly.",
        "The budget that run names give as 2e+19 is 1.8e19. Three seeds scatter by 0.0012 nats at 1e21 and 0.0019 at "
        "1e22; 1e23 is a single run.",
    ),
    cite="""
@misc{delphi2026,
  title = {Scaling Laws That Extrapolate 300x Past the Fit},
  author = {{Marin community and Open Athena}},
  year = {2026},
  howpublished = {https://openathena.ai/blog/delphi},
}
""",
    local="marin_delphi2026/marin_delphi2026.csv",
    recipe="Write a CSV with the columns run, group, N, D, C, loss, width, depth, batch_seqs: from the source, the 81 "
    "runs isoflop-*-adamh_scaling_v6 (group isoflop, C the nominal budget) and the seven "
    "adamh-scaling-ladder-nemotron-optimal-* (group heldout_optimal, C the total).",
    read=read,
)
