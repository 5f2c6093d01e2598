"""Clark et al. 2022 (routed models): their law with base-10 logarithms, for the S-Base router."""

import numpy as np

import bayescale as bs
from bayescale import Law, Prior
from bayescale.laws import kaplan2020
from benchmarks.claims import Claim
from benchmarks.store import Store

SOURCE = "Clark et al. 2022, Unified Scaling Laws for Routed Language Models, arXiv:2202.01169"
#: Ends of the range in which more experts help (S-Base).
E_START, E_MAX = 1.847, 314.5
LN10 = np.log(10.0)


def _experts(num_experts):
    """log10 of the saturating count of experts."""
    return -np.log(1 / (num_experts - 1 + 1 / (1 / E_START - 1 / E_MAX)) + 1 / E_MAX) / LN10


def _routed(N, num_experts, N0, *, loss0, a, b0, c):
    size, experts = np.log(N / N0) / LN10, _experts(num_experts)
    return loss0 * np.exp(LN10 * (a * size + b0 * experts + c * size * experts))


#: log10 L = a log N + b log E + c log N log E + d, with the level and b at the reference run.
routed = Law(
    _routed,
    {
        "loss0": Prior("LogNormal", mu=0.2, sigma=0.5, unit="loss_min"),
        "a": Prior("Normal", mu=-0.1, sigma=0.1),
        "b0": Prior("Normal", mu=0.0, sigma=0.1),
        "c": Prior("Normal", mu=0.0, sigma=0.05),
    },
    name="clark2022.routed",
    source="Clark et al. 2022, Eq 1",
)


def claims(store: Store) -> list[Claim]:
    runs = bs.load("clark2022")
    plain = (runs["k"] == 1) & (runs["routing_frequency"] == 0.5) & (runs["flop_increase"] == 1)
    base = runs[(runs["group"] == "S-Base") & plain]
    post = store.fit("clark2022", routed, base)
    a, b0, c, loss0 = (post["posterior"][name].to_numpy().ravel() for name in ("a", "b0", "c", "loss0"))
    size = np.log10(float(post["constant_data"]["N0"]))
    (alpha,) = store.draws("clark2022-dense", kaplan2020.L_N, runs[(runs["group"] == "Dense") & plain], "alpha_N")
    printed = {
        "a": ("-0.082", a),
        "b": ("-0.108", b0 - c * size),
        "c": ("0.009", c),
        "d": ("1.104", np.log10(loss0) - a * size),
    }
    return [
        *(
            Claim(quantity=f"S-Base: {name}", published=value, here=here, where="table of fitted coefficients", tag="S")
            for name, (value, here) in printed.items()
        ),
        Claim(
            quantity="dense: alpha_N at 130 billion tokens", published="0.078", here=alpha, where="Section 3", tag="S"
        ),
    ]
