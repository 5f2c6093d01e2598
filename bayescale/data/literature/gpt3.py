"""GPT-3: eight models, compute and zero-shot LAMBADA."""

from bayescale.data.literature.record import FACTS, Dataset

DATASET = Dataset(
    name="gpt3",
    title="GPT-3: training compute and zero-shot LAMBADA of eight models",
    kind="runs",
    rows=8,
    columns={
        "model": ("label", "name of the model"),
        "N": ("parameters", "total, as printed in Table D.1"),
        "D": ("tokens", "training tokens, 300 billion for every model"),
        "C": ("FLOP", "total training compute, as printed in Table D.1"),
        "pf_days": ("PF-days", "total training compute as printed; 1 PF-day = 8.64e19 FLOP"),
        "lambada_ppl": ("1", "zero-shot LAMBADA perplexity of the target word, Table H.1"),
        "loss": ("nats/target word", "ln(lambada_ppl), to four decimals"),
    },
    source="Brown et al. 2020, Language Models are Few-Shot Learners, Tables D.1 and H.1",
    url="https://arxiv.org/abs/2005.14165",
    licence=FACTS,
    notes=(
        "The loss is the ln perplexity of LAMBADA's last word, not the loss per token of the training distribution: "
        "the paper prints its validation losses only as curves (Fig. 3.1).",
        "Every model saw 300 billion tokens, so the models are not a compute-optimal frontier: an irreducible loss "
        "fitted to them contains the data term.",
    ),
    cite="""
@inproceedings{brown2020,
  title = {Language Models are Few-Shot Learners},
  author = {Brown, Tom B. and Mann, Benjamin and Ryder, Nick and Subbiah, Melanie and others},
  booktitle = {Advances in Neural Information Processing Systems},
  volume = {33},
  year = {2020},
  eprint = {2005.14165},
  archivePrefix = {arXiv},
}
""",
)
