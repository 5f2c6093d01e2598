"""Our own sweep on a language of known entropy rate."""

from bayescale.data.literature.record import OWN, Dataset

#: Entropy rate of the language [nats/symbol], computed from its stationary distribution.
ENTROPY = 1.9653192240878758

DATASET = Dataset(
    name="known_entropy",
    title="Gated MLPs on a language of known entropy rate",
    kind="runs",
    rows=70,
    columns={
        "run": ("1", "number of the run, as in `known_entropy_curves`"),
        "budget": ("FLOP", "planned compute"),
        "split": ("label", "grid: IsoFLOP grid; seeds: repeats of grid runs; heldout: larger runs, used in no choice"),
        "seed": ("1", "random seed of the weights and of the order of the data"),
        "width": ("1", "width of the residual stream"),
        "N": ("parameters", "without embeddings: the weights that each symbol is multiplied with"),
        "N_total": ("parameters", "total, with embeddings"),
        "D": ("symbols", "seen in training, each once"),
        "C": ("FLOP", "6ND"),
        "batch": ("symbols", "batch size"),
        "steps": ("1", "steps of the optimiser"),
        "learning_rate": ("1", "peak; a power of N fitted to three sizes"),
        "loss": ("nats/symbol", "entropy plus mean KL divergence of the model, over all contexts: no test noise"),
    },
    notes=(
        "The entropy rate is `bayescale.data.literature.known_entropy.ENTROPY`, 1.96532 nats/symbol: no expected loss "
        "can be below it.",
        "The language is a Markov chain of order three over 64 symbols, with Zipf-distributed contexts. The models see "
        "three symbols, so they can reach the entropy rate.",
        "Seeds differ by 0.004 nats (one standard deviation, from the split seeds) at 3e9 FLOP and by 0.002 at larger "
        "budgets. The test adds no noise.",
    ),
    truths={"entropy": ENTROPY},
    **OWN,
)
