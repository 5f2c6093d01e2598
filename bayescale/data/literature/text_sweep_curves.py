"""A sweep of our own, on the King James Bible."""

from bayescale.data.literature.record import ON_THE_WAY, OWN, Dataset

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
        "loss": (
            "nats/character",
            "by a sixteenth of the test: 0.004 (one standard deviation) from all of it",
        ),
    },
    notes=ON_THE_WAY,
    **OWN,
)
