"""Cerebras-GPT: a family trained at 20 tokens per parameter."""

from bayescale.data.literature.record import FACTS, Dataset

DATASET = Dataset(
    name="cerebras_gpt",
    title="Cerebras-GPT: Pile test loss at 20 tokens per parameter",
    kind="runs",
    rows=12,
    columns={
        "family": ("label", "SP: standard parameterisation; muP: maximal update parameterisation"),
        "model": ("label", "nominal size"),
        "N": ("parameters", "the nominal size"),
        "N_no_embed": (
            "parameters",
            "exact, without embeddings of tokens and positions: (50257 + 2048) times the width",
        ),
        "D": ("tokens", "training tokens, as printed"),
        "C": ("FLOP", "training FLOPs as printed next to the loss; attention and embeddings are counted"),
        "loss": ("nats/token", "Pile test cross-entropy, zero-shot table of the GitHub card and of the paper"),
        "loss_model_card": ("nats/token", "Pile test cross-entropy in the Hugging Face model cards; blank for muP"),
    },
    source="Dey et al. 2023, Cerebras-GPT: GitHub card of the model zoo, and Hugging Face model cards",
    url="https://arxiv.org/abs/2304.03208",
    licence=FACTS + "; model cards Apache-2.0",
    notes=(
        "GitHub card and model cards disagree on five of seven losses, by up to 0.05 nats (256M); `loss` is that of "
        "the GitHub card.",
        "C is not 6ND: it is 1.8 times 6ND at 111M and 1.1 times at 13B. The training table of the same card prints "
        "FLOPs 4-15 % lower.",
        "N is rounded to the nominal size: up to 2 % from the exact count.",
        "Tokens are those of the GPT-2 vocabulary (50257).",
    ),
    cite="""
@misc{dey2023,
  title = {Cerebras-{GPT}: Open Compute-Optimal Language Models Trained on the Cerebras Wafer-Scale Cluster},
  author = {Dey, Nolan and Gosal, Gurpreet and Chen, Zhiming and Khachane, Hemant and Marshall, William and
            Pathria, Ribhu and Tom, Marvin and Hestness, Joel},
  year = {2023},
  eprint = {2304.03208},
  archivePrefix = {arXiv},
}
""",
)
