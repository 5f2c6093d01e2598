"""A sweep of our own, on a language whose entropy rate is known."""

from bayescale.data.literature.record import ON_THE_WAY, OWN, Dataset

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
        "loss": ("nats/symbol", "by 8192 contexts: 0.003 (one standard deviation) from all of them"),
    },
    notes=ON_THE_WAY,
    **OWN,
)
