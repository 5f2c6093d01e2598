"""Henighan et al. 2020: the entropy of each domain, estimated twice."""

import numpy as np

import bayescale as bs
from benchmarks.claims import Claim
from benchmarks.papers._shared import DRAWS
from benchmarks.store import Store

SOURCE = "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling, arXiv:2010.14701"
#: Weight decay is blamed for it by the authors.
ODD = "Math (Extrapolate)"


def claims(store: Store) -> list[Claim]:
    """E from L(C), against what E from L(N) and the spread between the two in the other domains lead to expect.

    No interval is printed. The log ratios of the other domains, of mean zero and unknown spread (flat in log), make a
    Student-t distribution for this one.
    """
    table = bs.load("henighan2020_table1")
    by = {law: table[table["law"] == law].set_index("domain")["L_inf"] for law in ("L(N)", "L(C)")}
    pairs = {d: (by["L(N)"][d], by["L(C)"][d]) for d in by["L(C)"].index if by["L(C)"][d] > 0 and d in by["L(N)"]}
    ratios = {domain: np.log(c / n) for domain, (n, c) in pairs.items()}
    rng = np.random.default_rng(0)
    made = []
    for domain, (from_N, from_C) in pairs.items():
        others = np.array([r for other, r in ratios.items() if other not in (domain, ODD)])
        scale = np.sqrt((others**2).mean())
        made.append(
            Claim(
                quantity=f"{domain}: E from L(C), expected from L(N) [nats/token]",
                published=f"{from_C:.2f}",
                here=from_N * np.exp(scale * rng.standard_t(len(others), DRAWS)),
                where="Table 1",
                tag="T",
                expect="disagrees" if domain == ODD else "agrees",
                note="Half of the other estimate; the authors blame weight decay." if domain == ODD else "",
            )
        )
    return made
