"""Kaplan et al. 2020: the fitted constants."""

from bayescale.data.literature.record import FACTS, Dataset

DATASET = Dataset(
    name="kaplan2020_constants",
    title="Scaling laws for neural language models: the fitted constants",
    kind="constants",
    rows=37,
    columns={
        "law": ("label", "the law or relation that the constant belongs to"),
        "quantity": ("label", "symbol of the paper"),
        "value": ("that of the column unit", "as printed"),
        "unit": ("label", "unit of the value"),
        "where": ("label", "equation and table that print it"),
    },
    source="Kaplan et al. 2020, Scaling Laws for Neural Language Models",
    url="https://arxiv.org/abs/2001.08361",
    licence=FACTS,
    notes=(
        "L(N) = (N_c/N)^alpha_N, and likewise L(D), L(C), L(C_min); "
        "L(N,D) = [(N_c/N)^(alpha_N/alpha_D) + D_c/D]^alpha_D; "
        "L(N,S_min) = (N_c/N)^alpha_N + (S_c/S_min)^alpha_S; B_crit(L) = B_star / L^(1/alpha_B); "
        "the optimum: N = N_e C_min^p_N, B = B_e C_min^p_B, S_min = S_e C_min^p_S, D = D_e C_min^p_D.",
        "Constants of one law belong together: do not mix those of different fits (N_c has three values).",
        "N counts non-embedding parameters; C is in PF-days of 8.64e19 FLOP; C = 6 N B S.",
        "D at B_crit (Eq 6.7) includes the factor 2 of training at the critical batch size.",
        "The paper gives the breakdown point, where L(C_min) meets L(D), to an order of magnitude, and no "
        "uncertainties.",
    ),
    cite="""
@misc{kaplan2020,
  title = {Scaling Laws for Neural Language Models},
  author = {Kaplan, Jared and McCandlish, Sam and Henighan, Tom and Brown, Tom B. and Chess, Benjamin and
            Child, Rewon and Gray, Scott and Radford, Alec and Wu, Jeffrey and Amodei, Dario},
  year = {2020},
  eprint = {2001.08361},
  archivePrefix = {arXiv},
}
""",
)
