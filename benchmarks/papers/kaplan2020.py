"""Kaplan et al. 2020: constants that follow from others, the crossover, and why the line looks straight."""

import numpy as np

from bayescale.laws import chinchilla
from benchmarks.claims import Claim
from benchmarks.papers._shared import chinchilla_runs, rounded
from benchmarks.papers.pearce2024 import frontier, some_draws
from benchmarks.store import Store

SOURCE = "Kaplan et al. 2020, Scaling Laws for Neural Language Models, arXiv:2001.08361"


def claims(store: Store) -> list[Claim]:
    alpha_N, alpha_S, alpha_B = rounded(0.077, 5e-4, 1), rounded(0.76, 5e-3, 2), rounded(0.21, 5e-3, 3)
    alpha_C = 1 / (1 / alpha_S + 1 / alpha_B + 1 / alpha_N)
    log_C, log_N, log_D, loss = crossover(2e10, 0.27)
    post = store.fit("besiroglu2024", chinchilla, chinchilla_runs())
    C = np.geomspace(1.3e12, 3.3e20, 40)
    losses = np.array([frontier(draw, C)[1] for draw in some_draws(post)])
    straight = np.polyfit(np.log(C), np.log(losses).T, 1)[0]
    rough = "an order of magnitude, says the paper"
    return [
        Claim(
            quantity="alpha_C_min from alpha_S, alpha_B, alpha_N",
            published="0.054",
            here=alpha_C,
            where="Eq 6.4",
            tag="T",
            expect="disagrees",
            note="The constants of Table 3 give 0.0525; Appendix B of the paper prints 0.052.",
        ),
        Claim(quantity="alpha_C_min, Appendix B", published="0.052", here=alpha_C, where="Eq B.7", tag="T"),
        Claim(
            quantity="power of N_opt in C, from the same",
            published="0.71",
            here=alpha_C / alpha_N,
            where="Eq 6.5",
            tag="T",
            expect="disagrees",
            note="0.68 by the constants of Table 3.",
        ),
        Claim(
            quantity="log10 C* of the crossover [PF-days]",
            published="4",
            here=log_C,
            where="Eq 6.8",
            tag="T",
            note=rough,
        ),
        Claim(
            quantity="the same with D(C_min) of Eq 6.7 instead of Table 6",
            published="4",
            here=crossover(4e10, 0.26)[0],
            where="Eq 6.8",
            tag="T",
            expect="disagrees",
            note="Two lines that nearly run side by side: doubling D moves the crossover tenfold.",
        ),
        Claim(quantity="log10 N* of the crossover", published="12", here=log_N, where="Eq 6.8", tag="T", note=rough),
        Claim(
            quantity="log10 D* of the crossover",
            published="12",
            here=log_D,
            where="Eq 6.8",
            tag="T",
            expect="disagrees",
            note="2.5e11 by Table 6, a quarter of what is printed.",
        ),
        Claim(quantity="loss at the crossover [nats/token]", published="1.7", here=loss, where="Eq 6.8", tag="T"),
        Claim(
            quantity="slope of log loss on log C, Chinchilla's law seen without embeddings, 1.3e12 to 3.3e20 FLOP",
            published="-0.069",
            here=straight,
            where="Besiroglu's law; compare 0.050 of Eq 1.3",
            tag="C",
            note="A law with a floor of 1.8 nats: embeddings left out of N and C make it look like a straight line.",
        ),
    ]


def crossover(D_e: float, p_D: float) -> tuple[float, float, float, float]:
    """log10 of C [PF-days], N and D where L(C_min) of Eq 1.3 meets L(D) of Eq 1.2 along D_e C^p_D; the loss there."""
    log_C = np.linspace(0.0, 8.0, 80001)
    by_compute = 0.050 * (np.log10(3.1e8) - log_C)
    by_data = 0.095 * (np.log10(5.4e13) - np.log10(D_e) - p_D * log_C)
    at = int(np.argmin(np.abs(by_compute - by_data)))
    return log_C[at], np.log10(1.3e9) + 0.73 * log_C[at], np.log10(D_e) + p_D * log_C[at], 10 ** by_compute[at]
