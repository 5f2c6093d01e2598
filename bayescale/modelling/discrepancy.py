"""Discrepancy: what a law gets wrong, as a random function of the run.

log(loss) = log(mu) + delta + scale * z. delta is a sum of Gaussian processes, its parts.

- Smooth parts bend the law. Each column has one, anchored at the middle of the runs. One more, in the product of the
  columns (compute), is anchored at the largest run: it widens forecasts with their distance, and gives small runs less
  weight. They are integrated Wiener processes: zero, with slope zero, at the anchor, and of growing variance.
- Local parts are errors that runs of similar size share, such as those of a configuration that is tuned once for each
  size. Each column may have one, an Ornstein-Uhlenbeck process. A larger or longer run than the fitted ones gets a new
  error, also where its compute is not large.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from bayescale.base.columns import column
from bayescale.modelling.prior import Prior, check_values

#: Name of the part that is anchored at the largest run.
BEYOND = "beyond"
#: Prefix of the names of local parts.
LOCAL = "local"
#: Combinations of the runs kept for each part. Eigenvalues of a smooth part fall with the fourth power of their rank,
#: those of a local part with the second; what is not kept counts as noise. With four of a smooth part, tau came out a
#: fifth too large on the bundled sweep; six and eight agree.
RANKS = {"smooth": 6, "local": 6}


@dataclass(frozen=True)
class Discrepancy:
    """The discrepancy of a law: the priors of the amplitudes of its parts.

    Parameters
    ----------
    priors : mapping
        A Prior, or a number to fix it, for each amplitude.

        - ``tau`` [log loss per decade^1.5] is that of every smooth part that does not have its own: ``tau_N``,
          ``tau_D``, … (columns, about the middle of the runs), and ``tau_beyond`` (their product, from the largest run
          on). At h decades from its anchor a smooth part has the standard deviation tau * h^1.5 / sqrt(3).
        - ``tau_local`` [log loss] is that of every local part that does not have its own: ``tau_local_N``, … It is the
          standard deviation of the part. Without it there are no local parts.
    name : str
        Printed and stored with the posterior.

    Raises
    ------
    TypeError
        If an amplitude has neither a Prior nor a number.
    ValueError
        If there is no amplitude, or one that is not called ``tau`` or ``tau_…``; if a number is NaN, infinite or
        negative, or a prior reaches below zero.

    Examples
    --------
    Smooth parts and local parts for the Chinchilla law:

    >>> from dataclasses import replace
    >>> import bayescale as bs
    >>> tau = bs.Prior("HalfNormal", sigma=0.02)
    >>> discrepancy = bs.Discrepancy({"tau": tau, "tau_local": bs.Prior("HalfNormal", sigma=0.01)})
    >>> law = replace(bs.laws.chinchilla, discrepancy=discrepancy, name="bent")
    >>> "tau_local" in law.all_priors
    True
    """

    priors: Mapping[str, Prior | float] = field(hash=False)
    name: str = "discrepancy"

    def __post_init__(self):
        if not isinstance(self.priors, Mapping):
            raise TypeError(f"priors of a Discrepancy is {self.priors!r}; wanted a mapping: {{'tau': Prior(...)}}.")
        wrong = sorted(name for name in self.priors if name != "tau" and not name.startswith("tau_"))
        if wrong or not self.priors:
            raise ValueError(
                f"Discrepancy '{self.name}' has the amplitudes {wrong}; wanted tau (of all smooth parts), "
                "tau_N (of a column), tau_beyond (of what lies beyond the largest run) or tau_local (of similar runs)."
            )
        some = {name for name, value in self.priors.items() if isinstance(value, Prior) or value != 0}  # 0: no part
        check_values(f"discrepancy '{self.name}'", self.priors, positive=some)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the amplitudes."""
        return tuple(self.priors)

    def amplitude(self, part: str) -> str:
        """Name of the amplitude of a part.

        Parameters
        ----------
        part : str
            Name of a part: a column ("N"), ``"beyond"``, or ``"local_N"`` for the local part of a column.

        Returns
        -------
        str
            The part's own amplitude, such as ``"tau_N"``, if it has a prior; otherwise that of its kind, ``"tau"`` or
            ``"tau_local"``.

        Raises
        ------
        ValueError
            If the part has no amplitude of its own and there is none of its kind.
        """
        own, kind = f"tau_{part}", "tau_local" if part.startswith(f"{LOCAL}_") else "tau"
        if own not in self.priors and kind not in self.priors:
            raise ValueError(
                f"Discrepancy '{self.name}' has no amplitude for '{part}'; give a prior of {own} or {kind}."
            )
        return own if own in self.priors else kind

    def parts(self, inputs: Iterable[str]) -> tuple["Part", ...]:
        """The parts of the discrepancy of a law with these columns.

        Parameters
        ----------
        inputs : iterable of str, columns of the law.

        Returns
        -------
        tuple of Part
            A smooth part of each column, one of the distance beyond the runs, and a local part of each column whose
            local amplitude has a prior.

        Raises
        ------
        ValueError
            If a part has no amplitude, or an amplitude no part.
        """
        inputs = tuple(inputs)
        middle = [Part(name, (name,), self.amplitude(name), "smooth") for name in inputs]
        near = [
            Part(f"{LOCAL}_{name}", (name,), self.amplitude(f"{LOCAL}_{name}"), "local")
            for name in inputs
            if not {"tau_local", f"tau_local_{name}"}.isdisjoint(self.priors)
        ]
        parts = (*middle, Part(BEYOND, sizes(inputs), self.amplitude(BEYOND), "smooth"), *near)
        unused = sorted(set(self.priors) - {part.amplitude for part in parts})
        if unused:
            raise ValueError(
                f"Discrepancy '{self.name}' has the amplitudes {unused}, which no part of a law in {list(inputs)} has; "
                "leave them out."
            )
        return parts


def sizes(inputs: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of a law whose product is the size of a run; all its columns where none is known as a size."""
    return tuple(name for name in inputs if column(name).size) or inputs


class Part(NamedTuple):
    """A part of the discrepancy, a random function of the product of some columns.

    Attributes
    ----------
    name : a column, ``beyond``, or ``local_`` and a column.
    columns : the columns whose product it is a function of.
    amplitude : name of its amplitude.
    kernel : name of its covariance, in `KERNELS`.
    """

    name: str
    columns: tuple[str, ...]
    amplitude: str
    kernel: str

    def decades(self, columns: Mapping[str, Any], anchors: Mapping[str, float]) -> np.ndarray:
        """Signed distance of each run from the anchor [decades], of shape (run,)."""
        logs = [np.log10(np.asarray(columns[c], dtype=float) / anchors[self.anchor(c)]) for c in self.columns]
        return np.sum(logs, axis=0)

    def anchor(self, column: str) -> str:
        """Name of a column's reference value at the anchor: ``N0``, or ``N_top`` for the part beyond."""
        return f"{column}_top" if self.name == BEYOND else f"{column}0"

    def covariance(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Covariance at distances x and y, of shape (a, b), for an amplitude of one."""
        return KERNELS[self.kernel](x, y)

    @property
    def rank(self) -> int:
        """Number of combinations of the runs that are kept."""
        return RANKS[self.kernel]


#: Correlation length of a local part [decades].
LENGTH = 1.0


def smooth(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance of an integrated Wiener process that starts at zero, with slope zero, on both sides of the anchor.

    Its variance at a distance of h decades is h^3 / 3. It is the prior of a cubic smoothing spline (Wahba 1978,
    doi:10.1111/j.2517-6161.1978.tb01050.x).

    Parameters
    ----------
    x, y : arrays of shape (a,) and (b,), signed distances [decades].

    Returns
    -------
    array of shape (a, b); zero for distances on different sides.
    """
    a, b = np.abs(x)[:, None], np.abs(y)[None]
    least, most = np.minimum(a, b), np.maximum(a, b)
    return np.where(x[:, None] * y[None] > 0, least**2 * (3.0 * most - least) / 6.0, 0.0)


def local(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariance of an Ornstein-Uhlenbeck process: variance one, and a correlation of 1/e at a distance of LENGTH.

    Parameters
    ----------
    x, y : arrays of shape (a,) and (b,), signed distances [decades].

    Returns
    -------
    array of shape (a, b).
    """
    return np.exp(-np.abs(x[:, None] - y[None]) / LENGTH)


#: Covariances of the parts by the name of their kernel.
KERNELS = {"smooth": smooth, "local": local}
#: Amplitude of smooth parts [log loss per decade^1.5]: median 1 % of the loss, central 95 % 0.25 % to 4 %.
AMPLITUDE = Prior("LogNormal", mu=float(np.log(0.01)), sigma=0.7)
#: Amplitude of local parts [log loss]: median 0.5 % of the loss, central 95 % 0.13 % to 2 %.
LOCAL_AMPLITUDE = Prior("LogNormal", mu=float(np.log(0.005)), sigma=0.7)
#: Smooth parts with one amplitude.
shared = Discrepancy({"tau": AMPLITUDE}, name="shared")
#: Smooth parts; the one beyond the largest run has an amplitude of its own.
separate = Discrepancy({"tau": AMPLITUDE, "tau_beyond": AMPLITUDE}, name="separate")
#: Smooth parts with one amplitude, and local parts with another.
smooth_and_local = Discrepancy({"tau": AMPLITUDE, "tau_local": LOCAL_AMPLITUDE}, name="smooth and local")
