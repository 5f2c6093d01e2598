"""Our own sweep on the King James Bible."""

from bayescale.data.literature.record import OWN, Dataset

DATASET = Dataset(
    name="text_sweep",
    title="Gated MLPs on the characters of the King James Bible",
    kind="runs",
    rows=63,
    columns={
        "run": ("1", "number of the run, as in `text_sweep_curves`"),
        "budget": ("FLOP", "planned compute"),
        "split": ("label", "grid: IsoFLOP grid; seeds: repeats of grid runs; heldout: larger runs, used in no choice"),
        "seed": ("1", "random seed of the weights and of the order of the data"),
        "width": ("1", "width of the residual stream"),
        "N": ("parameters", "without embeddings: the weights that each character is multiplied with"),
        "N_total": ("parameters", "total, with embeddings"),
        "D": ("characters", "seen in training, each once"),
        "C": ("FLOP", "6ND"),
        "batch": ("characters", "batch size"),
        "steps": ("1", "steps of the optimiser"),
        "learning_rate": ("1", "peak; a power of N fitted to three sizes"),
        "loss": (
            "nats/character",
            "mean over held-out characters; its standard error, 0.006 to 0.01, is common to all runs",
        ),
    },
    notes=(
        "The entropy of the text is unknown. The models see eight characters, so their limit is the conditional "
        "entropy given eight characters.",
        "All runs are tested on the same characters, so losses of two runs differ by far less noise than each has.",
        "Seeds differ by 0.02 nats (one standard deviation, from the split seeds) at 9.5e8 FLOP, 0.008 at 9.5e9 and "
        "0.004 at 1e11.",
        "The text is that of the Debian package bible-kjv-text 4.38 (public domain) as its program prints it: "
        "4.4 million characters, of which one block in sixteen is held out.",
    ),
    **OWN,
)
