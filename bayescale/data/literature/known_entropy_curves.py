"""Our own sweep on a language of known entropy rate: learning curves."""

from bayescale.data.literature.record import ON_THE_WAY, OWN, Dataset

DATASET = Dataset(
    name="known_entropy_curves",
    title="Gated MLPs on a language of known entropy rate: test losses along the runs",
    kind="curves",
    rows=1018,
    columns={
        "run": ("1", "number of the run, as in `known_entropy`"),
        "N": ("parameters", "as in `known_entropy`"),
        "D": ("symbols", "seen so far in training"),
        "C": ("FLOP", "6ND so far"),
        "loss": ("nats/symbol", "mean over 8192 contexts; standard error 0.003"),
    },
    notes=ON_THE_WAY,
    **OWN,
)
