"""Costs: training FLOP of a run as a function of N and D, for `bayescale.frontier`.

Every cost is a `Cost`, called as ``cost(N, D)`` with N [parameters] and D [tokens]; it returns FLOP. A plain function
does as well. For limited unique data no cost is needed, but the law `bayescale.laws.data_constrained` with ``U=``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from bayescale.base.columns import training_flop
from bayescale.data.values import numbers

#: Parameters of a transformer without embeddings are 12 layers * width^2 (Kaplan et al. 2020, Sec 2.1).
PER_LAYER = 12.0
#: Width of an attention head, as in Hoffmann et al. 2022, Table A9, for most of their models.
HEAD = 128.0


@dataclass(frozen=True)
class Cost:
    """The cost of a run.

    Attributes
    ----------
    flop : callable ``flop(N, D)`` [FLOP].
    name : str, what it counts.
    source : str, where it is from.

    Examples
    --------
    >>> Cost(lambda N, D: 8.0 * N * D, "with activation checkpointing")(1e9, 2e10) == 8 * 1e9 * 2e10
    True
    """

    flop: Callable
    name: str
    source: str = ""

    def __call__(self, N, D):
        """Cost of a run.

        Parameters
        ----------
        N : float or array, parameters.
        D : float or array, tokens.

        Returns
        -------
        float or array [FLOP].
        """
        return self.flop(N, D)

    def __str__(self) -> str:
        return f"{self.name} ({self.source})" if self.source else self.name


#: 6ND, the default of `bayescale.frontier`.
six_nd = Cost(training_flop, "C = 6ND", "Kaplan et al. 2020, Sec 2.1, arXiv:2001.08361")


def inference(tokens: float) -> Cost:
    """Training and the tokens that the model will serve: 6 N D + 2 N T.

    Parameters
    ----------
    tokens : float, T, tokens of inference over the model's life.

    Returns
    -------
    Cost : FLOP of a run.

    Raises
    ------
    ValueError
        If `tokens` is negative or not finite.

    References
    ----------
    Sardana et al. 2023, Eq 2, arXiv:2401.00448.

    Examples
    --------
    >>> inference(1e12)(1e9, 2e10) == 6 * 1e9 * 2e10 + 2 * 1e9 * 1e12
    True
    """
    if not 0 <= tokens < np.inf:
        raise ValueError(f"tokens is {tokens!r}; wanted the number of tokens of inference, 0 or more.")
    return Cost(
        lambda N, D: training_flop(N, D) + 2.0 * N * tokens,
        f"6ND and the inference of {tokens:.3g} tokens",
        "Sardana et al. 2023, arXiv:2401.00448",
    )


def fitted(runs: pd.DataFrame) -> Cost:
    """The cost per token of a table that has its own C: C / D = k N^p, by least squares in logs.

    Parameters
    ----------
    runs : DataFrame with the columns N [parameters], D [tokens] and C [FLOP], two or more values of N.

    Returns
    -------
    Cost : its name says k, p, and the scatter of the table about it.

    Raises
    ------
    ValueError
        If a column is missing or bad, or N does not vary.

    Examples
    --------
    >>> runs = pd.DataFrame({"N": [1e8, 1e9], "D": [1e10, 1e10]})
    >>> cost = fitted(runs.assign(C=9.0 * runs["N"] ** 0.98 * runs["D"]))
    >>> bool(abs(cost(3e8, 1e10) / (9.0 * 3e8**0.98 * 1e10) - 1) < 1e-9)
    True
    """
    if missing := [name for name in ("N", "D", "C") if name not in runs]:
        raise ValueError(f"runs lacks the columns {missing}; wanted N, D and the table's own compute C [FLOP].")
    N, D, C = (numbers(runs, name) for name in ("N", "D", "C"))
    if N.max() <= N.min() * (1 + 1e-9):
        raise ValueError("All runs have the same N, so the cost per token cannot be fitted; wanted two sizes or more.")
    power, intercept = np.polyfit(np.log(N), np.log(C / D), 1)
    scatter = float(np.std(np.log(C / D) - intercept - power * np.log(N)))
    return Cost(
        lambda N, D: np.exp(intercept) * N**power * D,
        f"C = {np.exp(intercept):.4g} N^{power:.4f} D, fitted to {len(N)} runs with a scatter of {scatter:.1%}",
    )


def width(parameters, aspect: float = 64.0):
    """Width of a transformer by its parameters without embeddings: 12 layers width^2, where width = aspect layers.

    Parameters
    ----------
    parameters : float or array, parameters without embeddings.
    aspect : float, width over layers.

    Returns
    -------
    float or array.

    Examples
    --------
    >>> round(float(width(12 * 32 * 2048**2, 64.0)))
    2048
    """
    return (aspect * parameters / PER_LAYER) ** (1 / 3)


def without_embeddings(N, vocabulary: float, aspect: float = 64.0):
    """Parameters without embeddings M of a model that has N with them: M + vocabulary * width(M) = N.

    Parameters
    ----------
    N : float or array, all parameters, embeddings counted once.
    vocabulary : float, tokens of the vocabulary.
    aspect : float, width over layers.

    Returns
    -------
    float or array.

    References
    ----------
    Pearce & Song 2024, Eq 5, arXiv:2406.12907.

    Examples
    --------
    >>> M = without_embeddings(1e9, 32000)
    >>> bool(abs(M + 32000 * width(M) - 1e9) < 1.0)
    True
    """
    root = np.sqrt(vocabulary * (aspect / PER_LAYER) ** (1 / 3) / 3)
    return (2 * root * np.sinh(np.arcsinh(N / (2 * root**3)) / 3)) ** 3


def kaplan2020(context: float = 1024, aspect: float = 64.0) -> Cost:
    """Multiplications by weights and attention, without embeddings: (6 M + 6 layers context width) D; N is M.

    Parameters
    ----------
    context : float, tokens of a sequence.
    aspect : float, width over layers.

    Returns
    -------
    Cost : FLOP of a run.

    References
    ----------
    Kaplan et al. 2020, Table 1 and Sec 2.1, arXiv:2001.08361: 2 M + 2 layers context width for each token forward, and
    twice as much backward.

    Examples
    --------
    >>> N, D = 12 * 32 * 2048.0**2, 1e10
    >>> bool(abs(kaplan2020(1024, 64)(N, D) / ((6 * N + 6 * 32 * 1024 * 2048) * D) - 1) < 1e-12)
    True
    """

    def flop(N, D):
        d = width(N, aspect)
        return (6.0 * N + 6.0 * d / aspect * context * d) * D

    return Cost(flop, f"attention over {context:g} tokens", "Kaplan et al. 2020, Table 1, arXiv:2001.08361")


def hoffmann2022(context: float = 2048, vocabulary: float = 32000, aspect: float = 64.0) -> Cost:
    """Embeddings, attention, dense layers and logits; N counts all parameters, embeddings once.

    Parameters
    ----------
    context : float, tokens of a sequence.
    vocabulary : float, tokens of the vocabulary.
    aspect : float, width over layers.

    Returns
    -------
    Cost : FLOP of a run.

    References
    ----------
    Hoffmann et al. 2022, App F, arXiv:2203.15556, with heads of 128 and a feed-forward layer of four times the width.

    Examples
    --------
    >>> bool(1.0 < hoffmann2022()(1e9, 1e10) / (6 * 1e9 * 1e10) < 1.3)
    True
    """

    def flop(N, D):
        M = without_embeddings(N, vocabulary, aspect)
        d = width(M, aspect)
        attention = 8.0 * d**2 + 4.0 * context * d + 3.0 * d / HEAD * context  # projections, scores and sums, softmax
        forward = 4.0 * vocabulary * d + d / aspect * (attention + 16.0 * d**2)  # embeddings and logits; layers
        return 3.0 * forward * D

    words = f"attention over {context:g} tokens, embeddings and logits of {vocabulary:g} tokens"
    return Cost(flop, words, "Hoffmann et al. 2022, App F, arXiv:2203.15556")


def porian2024(vocabulary: float = 32000, aspect: float = 64.0) -> Cost:
    """Multiplications by weights with those of the last layer: 6 (M + vocabulary width) D; N is M, without embeddings.

    Parameters
    ----------
    vocabulary : float, tokens of the vocabulary.
    aspect : float, width over layers.

    Returns
    -------
    Cost : FLOP of a run.

    References
    ----------
    Porian et al. 2024, Sec 3.2, arXiv:2406.19146.

    Examples
    --------
    >>> bool(porian2024(vocabulary=0)(1e9, 1e10) == 6 * 1e9 * 1e10)
    True
    """
    return Cost(
        lambda N, D: 6.0 * (N + vocabulary * width(N, aspect)) * D,
        f"weights with a last layer of {vocabulary:g} tokens",
        "Porian et al. 2024, arXiv:2406.19146",
    )
