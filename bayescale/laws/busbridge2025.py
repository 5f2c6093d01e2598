"""Busbridge et al. 2025, Distillation Scaling Laws, arXiv:2502.08606: their supervised law, generalised.

The bracket has an exponent kappa. kappa = 1 is Hoffmann et al. 2022, Eq 10; alpha_D = kappa with E = 0 is Kaplan et al.
2020, Eq 1.5. Two generalisations are ours. First, the floor falls as a slow power of compute, because what looks like a
floor is partly a second, slower power law. Second, N may count embeddings, which do little for the loss and grow as the
cube root of the other parameters (Pearce & Song 2024, arXiv:2406.12907). Tables seldom say whether N counts them, so
their share is a parameter. alpha_N and alpha_D are the exponents of the reducible loss at the reference run.

Examples
--------
>>> from bayescale.laws.busbridge2025 import generalised, generalised_C
>>> generalised.parameters
('E', 'excess_ND', 'share_N', 'alpha_N', 'alpha_D', 'kappa', 'omega', 'embedding')
>>> generalised_C.inputs
('C',)
"""

from dataclasses import replace

import numpy as np

from bayescale.laws._coordinates import BracketSlope, RestSlope
from bayescale.laws._priors import EXCESS
from bayescale.modelling.coordinates import Coordinates, Term
from bayescale.modelling.discrepancy import shared, smooth_and_local
from bayescale.modelling.law import Law
from bayescale.modelling.noises import student
from bayescale.modelling.prior import Prior


def working(n, embedding):
    """Parameters without embeddings, M, of a model with n times the reference model's N, over M of that model.

    Solves M + w M^(1/3) = N (Pearce & Song 2024) by hyperbolic functions, in units of the reference model's N.
    """
    w = embedding / (1 - embedding) ** (1 / 3) + 1e-12
    root = np.sqrt(w / 3)
    y = n / (2 * root**3)
    third = np.exp(np.log(y + np.sqrt(y * y + 1)) / 3)  # exp(arsinh(y) / 3)
    return (root * (third - 1 / third)) ** 3 / (1 - embedding)


def formula(N, D, N0, D0, N_top, D_top, *, E, excess_ND, share_N, alpha_N, alpha_D, kappa, omega, embedding):
    """Median loss [nats/token] of the generalised law: a declining floor and a bracket with exponent kappa."""
    floor = E * (N / N_top * (D / D_top)) ** -omega
    size = working(N / N0, embedding)
    bracket = share_N * size ** -(alpha_N / kappa) + (1 - share_N) * (D / D0) ** -(alpha_D / kappa)
    return floor + excess_ND * bracket**kappa


def _log_slope(embedding):
    """d ln M / d ln N at the reference run, and its own derivative in ln N over it."""
    slope = 1 / (1 - 2 * embedding / 3)
    return slope, slope * (2 * embedding / 3) * (slope / 3 - 1)


def a(*, alpha_N, alpha_D, kappa, embedding):
    """Local exponent of the frontier, d ln N* / d ln C, at the budget for which the reference run's N is optimal.

    It differs from alpha_D / (alpha_N + alpha_D) if N counts embeddings: their share, and with it the effect of N,
    then changes along the frontier. The floor is constant at a given compute, so it does not move the frontier.
    """
    slope, bend = _log_slope(embedding)
    return alpha_D / (alpha_N * slope + alpha_D - kappa * bend)


def gamma(*, alpha_N, alpha_D, embedding):
    """Local exponent of the reducible loss along its frontier, -d ln(L - floor) / d ln C, at the same budget as `a`."""
    effective = alpha_N * _log_slope(embedding)[0]
    return effective * alpha_D / (effective + alpha_D)


def embeddings_are_known(law, runs):
    """The doubt that the table has N without embeddings, though the law would infer their share."""
    if "N_no_embed" not in runs or runs["N_no_embed"].isna().any() or not isinstance(law.priors["embedding"], Prior):
        return ""
    return (
        "The table has N_no_embed and N, but this law infers the share of embeddings from N. On four of six "
        "published tables, forecasts by N_no_embed had smaller errors; bs.count_parameters compares the two. To use "
        "N_no_embed: runs.assign(N=runs['N_no_embed']).drop(columns='N_no_embed') and laws.nonembedding; on the "
        "command line, --column N=N_no_embed --law nonembedding."
    )


#: Floor at the largest run: median 0.59 of the smallest loss, 90 % 0.20 to 0.92.
FLOOR = Prior("TruncatedNormal", mu=0.6, sigma=0.25, lower=0.0, upper=1.0, unit="loss_min")
#: Local exponents of a term: median 0.35, 90 % 0.15 to 0.80.
LOCAL = Prior("LogNormal", mu=-1.05, sigma=0.5)
#: Curvature of the bracket: median 0.6, 90 % 0.19 to 1.9. An additive law has 1.
KAPPA = Prior("LogNormal", mu=-0.5, sigma=0.7)
#: Decline of the floor, for each decade of compute: median 1.1 %, 90 % 0.1 to 13 %, with room for a floor that does
#: not decline.
OMEGA = Prior("LogNormal", mu=-5.3, sigma=1.5)
#: Share of the term in N at the reference run: median 0.5, 90 % 0.07 to 0.93.
BALANCE = Prior("Beta", alpha=1.2, beta=1.2)
#: Scatter that is left with a discrepancy [log loss]: median 0.3 %, 90 % 0.06 to 1.6 %.
SCATTER = Prior("LogNormal", mu=-5.8, sigma=1.0)

#: Share of N at the reference run that is embeddings: median 0.13, 90 % 0.01 to 0.39. The bound of 0.7 excludes a
#: second mode in which they are nearly all of N.
EMBEDDING = Prior("TruncatedNormal", mu=0.0, sigma=0.2, lower=0.0, upper=0.7)

#: Coordinates: a floor that declines with compute, and a bracket with both exponents.
BRACKET = Coordinates(
    "E",
    decline="omega",
    terms=(Term("excess_ND", ("N", "D")),),
    slopes=(
        BracketSlope("alpha_N", ("N",), "share_N", True, ("excess_ND",), ("embedding",)),
        BracketSlope("alpha_D", ("D",), "share_N", False, ("excess_ND",)),
    ),
)

#: L(N, D) = E (ND / N_top D_top)^-omega + excess_ND [share_N (M/M0)^(-alpha_N/kappa) + …]^kappa, where M is N without
#: embeddings; with a discrepancy.
generalised = Law(
    formula,
    {
        "E": FLOOR,
        "excess_ND": EXCESS,
        "share_N": BALANCE,
        "alpha_N": LOCAL,
        "alpha_D": LOCAL,
        "kappa": KAPPA,
        "omega": OMEGA,
        "embedding": EMBEDDING,
    },
    noise=replace(student, priors={**student.priors, "sigma": SCATTER}),
    discrepancy=smooth_and_local,
    derived={"a": a, "gamma": gamma},
    coordinates=BRACKET,
    doubts=(embeddings_are_known,),
    name="busbridge2025.generalised",
    source="Busbridge et al. 2025, arXiv:2502.08606, supervised law; here with a floor that declines",
)

#: The same for an N that is known to leave embeddings out.
nonembedding = replace(generalised, priors={**generalised.priors, "embedding": 0.0}, name="busbridge2025.nonembedding")


def curve(D, D0, D_top, *, E, excess_D, rest, alpha_D, kappa, omega):
    """Median loss [nats/token] of the generalised law in one column."""
    bracket = rest + (1 - rest) * (D / D0) ** -(alpha_D / kappa)
    return E * (D / D_top) ** -omega + excess_D * bracket**kappa


#: The same for runs that differ in one column only, such as a learning curve. The terms of the other columns are
#: constant, with the share rest of the bracket at the reference run:
#: L(D) = E (D / D_top)^-omega + excess_D [rest + (1 - rest) (D / D0)^(-alpha_D/kappa)]^kappa
generalised_D = replace(
    generalised,
    formula=curve,
    priors={"E": FLOOR, "excess_D": EXCESS, "rest": BALANCE, "alpha_D": LOCAL, "kappa": KAPPA, "omega": OMEGA},
    derived={},
    discrepancy=shared,
    coordinates=Coordinates(
        "E",
        decline="omega",
        terms=(Term("excess_D", ("D",)),),
        slopes=(RestSlope("alpha_D", ("D",), "excess_D", "rest"),),
    ),
    doubts=(),
    name="busbridge2025.generalised_D",
)
#: generalised_D in N.
generalised_N = generalised_D.rename("busbridge2025.generalised_N", D="N")
#: generalised_D in C.
generalised_C = generalised_D.rename("busbridge2025.generalised_C", D="C")
