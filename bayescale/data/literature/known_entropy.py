"""A sweep of our own, on a language whose entropy rate is known."""

from bayescale.data.literature.record import OWN, Dataset

#: Entropy rate of the language [nats/symbol], by its stationary distribution; a test computes it again.
ENTROPY = 1.9653192240878758

DATASET = Dataset(
    name="known_entropy",
    title="Gated MLPs on a language of known entropy rate",
    kind="runs",
    rows=70,
    columns={
        "run": ("1", "number of the run, as in `known_entropy_curves`"),
        "budget": ("FLOP", "compute that the run was planned for"),
        "split": ("label", "grid: rows of equal compute; seeds: some of it again; heldout: larger, used in no choice"),
        "seed": ("1", "of the weights and of the order of the data"),
        "width": ("1", "width of the residual stream"),
        "N": ("parameters", "multiplied for each symbol: all but the table of embeddings"),
        "N_total": ("parameters", "with the table of embeddings"),
        "D": ("symbols", "seen in training, never twice"),
        "C": ("FLOP", "6ND"),
        "batch": ("symbols", "in a step"),
        "steps": ("1", "of the optimiser"),
        "learning_rate": ("1", "peak; a power of N fitted to three sizes"),
        "loss": ("nats/symbol", "entropy plus mean divergence of model from truth, over all contexts: no test noise"),
    },
    notes=(
        "The entropy rate is `bayescale.data.literature.known_entropy.ENTROPY`, 1.96532 nats/symbol: no run can be below it.",
        "A Markov chain of order three over 64 symbols whose contexts fall as Zipf's law; the window of the models is "
        "three symbols, so they could reach the entropy.",
        "The noise of a seed, which the split seeds shows, is 0.004 nats at 3e9 FLOP, 0.002 later; the test has none.",
    ),
    **OWN,
)
