"""A sweep of our own, on the King James Bible."""

from bayescale.data.literature.record import OWN, Dataset

DATASET = Dataset(
    name="text_sweep",
    title="Gated MLPs on the characters of the King James Bible",
    kind="runs",
    rows=63,
    columns={
        "run": ("1", "number of the run, as in `text_sweep_curves`"),
        "budget": ("FLOP", "compute that the run was planned for"),
        "split": ("label", "grid: rows of equal compute; seeds: some of it again; heldout: larger, used in no choice"),
        "seed": ("1", "of the weights and of the order of the data"),
        "width": ("1", "width of the residual stream"),
        "N": ("parameters", "multiplied for each character: all but the table of embeddings"),
        "N_total": ("parameters", "with the table of embeddings"),
        "D": ("characters", "seen in training, never twice"),
        "C": ("FLOP", "6ND"),
        "batch": ("characters", "in a step"),
        "steps": ("1", "of the optimiser"),
        "learning_rate": ("1", "peak; a power of N fitted to three sizes"),
        "loss": ("nats/character", "mean over held-out characters; standard error 0.006 to 0.01, common to all runs"),
    },
    notes=(
        "The entropy is unknown; the models see eight characters, so what they could reach is that of such a window.",
        "All runs are tested on the same characters: differences of runs are known far better than their level.",
        "The noise of a seed, which the split seeds shows, is 0.02 nats at 9.5e8 FLOP, 0.008 at 9.5e9, 0.004 at 1e11.",
        "The text is that of the Debian package bible-kjv-text 4.38 (public domain) as its program prints it: "
        "4.4 million characters, of which one block in sixteen is held out.",
    ),
    **OWN,
)
