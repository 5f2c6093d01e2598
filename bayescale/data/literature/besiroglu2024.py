"""Besiroglu et al. 2024: the runs of Hoffmann et al. 2022, read off their Figure 4."""

from pathlib import Path

import numpy as np
import pandas as pd

from bayescale.base.columns import budget_tokens
from bayescale.data.literature.record import Dataset

#: Nominal IsoFLOP budgets of Hoffmann et al. 2022 [FLOP].
BUDGETS = np.array([6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21])


def read(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path)
    N, C, loss = (raw[column].to_numpy(float) for column in ("Model Size", "Training FLOP", "loss"))
    nearest = BUDGETS[np.abs(np.log(C[:, None] / BUDGETS)).argmin(axis=1)]
    return pd.DataFrame(
        {
            "N": N,
            "D": budget_tokens(C, N),
            "C": C,
            "loss": loss,
            "excluded": loss >= np.sort(loss)[-5],
            "isoflop_budget": np.where(np.abs(C / nearest - 1) <= 0.1, nearest, np.nan),
        }
    )


DATASET = Dataset(
    name="besiroglu2024",
    title="Chinchilla: 245 runs of Hoffmann et al. 2022, read off Figure 4",
    kind="runs",
    rows=245,
    columns={
        "N": ("parameters", "total, from the height of the point"),
        "D": ("tokens", "C/(6N), as the authors compute it"),
        "C": ("FLOP", "training compute, from the abscissa of the point"),
        "loss": ("nats/token", "final training loss on MassiveText, from the colour of the point"),
        "excluded": ("flag", "true for the five highest losses, which the authors leave out of their fit"),
        "isoflop_budget": ("FLOP", "nominal IsoFLOP budget within 10 %, else blank"),
    },
    source="Besiroglu et al. 2024, Chinchilla Scaling: A replication attempt; points of Hoffmann et al. 2022, Fig. 4",
    url="https://github.com/epoch-research/analyzing-chinchilla",
    licence="none stated in the authors' repository; the numbers are facts read off a published figure",
    notes=(
        "The authors fit the 240 runs that are not excluded: runs[~runs.excluded].",
        "The loss is quantised by the colour map, to about 0.01; worse at high loss. N is jittered by pixels.",
        "D is not measured: errors of N and C enter it.",
    ),
    cite="""
@misc{besiroglu2024,
  title = {Chinchilla Scaling: A replication attempt},
  author = {Besiroglu, Tamay and Erdil, Ege and Barnett, Matthew and You, Josh},
  year = {2024},
  eprint = {2404.10102},
  archivePrefix = {arXiv},
}
""",
    base="https://raw.githubusercontent.com/epoch-research/analyzing-chinchilla/92258837425e1b5f2851d624287f0120583a3d0e/",
    raw={"data/svg_extracted_data.csv": "193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30"},
    read=read,
)
