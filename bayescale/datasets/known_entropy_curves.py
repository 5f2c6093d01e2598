"""A sweep of our own, on a language whose entropy rate is known."""

from bayescale.datasets.record import Dataset

DATASET = Dataset(
    name="known_entropy_curves",
    title="Gated MLPs on a language of known entropy rate: test losses along the runs",
    kind="curves",
    rows=1018,
    columns={
        "run": ("1", "number of the run, as in `known_entropy`"),
        "N": ("parameters", "as in `known_entropy`"),
        "D": ("symbols", "seen so far"),
        "C": ("FLOP", "6ND so far"),
        "loss": ("nats/symbol", "by 8192 contexts: standard error 0.002 to 0.01, common to all runs"),
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
