"""Henighan et al. 2020, Table 1: fitted laws of language, images, video and mathematics."""

from bayescale.data.literature.record import FACTS, Dataset

DATASET = Dataset(
    name="henighan2020_table1",
    title="Autoregressive generative modelling: fitted L(N), L(C) and N_opt(C) of twelve domains",
    kind="constants",
    rows=32,
    columns={
        "domain": ("label", "as printed"),
        "law": ("label", "L(N), L(C) or N_opt(C)"),
        "L_inf": ("nats/token", "irreducible loss; 0 where the paper fits none, blank for N_opt(C)"),
        "x0": ("parameters in L(N); PF-days in L(C) and N_opt(C)", "scale"),
        "alpha": ("1", "exponent, printed as -alpha in the losses and as beta in N_opt(C)"),
    },
    source="Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, Table 1",
    url="https://arxiv.org/abs/2010.14701",
    licence=FACTS,
    notes=(
        "L(N) = L_inf + (N/x0)^-alpha, L(C) = L_inf + (C/x0)^-alpha, N_opt(C) = (C/x0)^alpha.",
        "N counts non-embedding parameters; C = 6 N (tokens processed), in PF-days of 8.64e19 FLOP.",
        "L(C) of the two multimodal domains is that of the combined text and image loss.",
        "L(C) of language is quoted from Brown et al. 2020, N_opt(C) of language from Kaplan et al. 2020.",
        "The paper prints no uncertainties. For mathematics, L_inf of L(N) and of L(C) differ by half.",
    ),
    cite="""
@misc{henighan2020,
  title = {Scaling Laws for Autoregressive Generative Modeling},
  author = {Henighan, Tom and Kaplan, Jared and Katz, Mor and Chen, Mark and Hesse, Christopher and Jackson, Jacob and
            Jun, Heewoo and Brown, Tom B. and Dhariwal, Prafulla and Gray, Scott and others},
  year = {2020},
  eprint = {2010.14701},
  archivePrefix = {arXiv},
}
""",
)
