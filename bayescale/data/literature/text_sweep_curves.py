"""Our own sweep on the King James Bible: learning curves."""

from bayescale.data.literature.record import ON_THE_WAY, OWN, Dataset

DATASET = Dataset(
    name="text_sweep_curves",
    title="Gated MLPs on the characters of the King James Bible: test losses along the runs",
    kind="curves",
    rows=795,
    columns={
        "run": ("1", "number of the run, as in `text_sweep`"),
        "N": ("parameters", "as in `text_sweep`"),
        "D": ("characters", "seen so far in training"),
        "C": ("FLOP", "6ND so far"),
        "loss": (
            "nats/character",
            "mean over a sixteenth of the test characters; differs from that over all by 0.004 (standard deviation)",
        ),
    },
    notes=ON_THE_WAY,
    **OWN,
)
