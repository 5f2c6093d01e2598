"""A sweep of our own, on the King James Bible."""

from bayescale.datasets.record import Dataset

DATASET = Dataset(
    name="text_sweep_curves",
    title="Gated MLPs on the characters of the King James Bible: test losses along the runs",
    kind="curves",
    rows=795,
    columns={
        "run": ("1", "number of the run, as in `text_sweep`"),
        "N": ("parameters", "as in `text_sweep`"),
        "D": ("characters", "seen so far"),
        "C": ("FLOP", "6ND so far"),
        "loss": ("nats/character", "by every sixteenth held-out character"),
    },
    source="bayescale, benchmarks/sweep; data card in docs/sweep.md",
    url="docs/sweep.md",
    licence="Apache-2.0, like bayescale",
    notes=(
        "The learning rate still is high on the way, so a point is worse than a run that ends there; the last point of "
        "a run differs from its loss in the table of runs by the choice of what is tested.",
        "Runs of the grid and those held out; 24 points each, fewer for the shortest.",
    ),
    cite="""
@misc{bayescale,
  title = {bayescale: {B}ayesian inference for neural scaling laws},
  year = {2026},
}
""",
)
