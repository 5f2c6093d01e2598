"""The checks of `Variate.check`: density, quantiles, tails, draws and PyMC's distribution agree with each other."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from bayescale.autodiff.tape import Tape, Untraceable
from bayescale.modelling import distributions as families

if TYPE_CHECKING:
    from bayescale.modelling.variate import Variate

#: Probabilities at which quantiles are compared with the density, and far out, where tails are.
PROBABILITIES = np.array([1e-3, 0.05, 0.3, 0.5, 0.6, 0.9, 0.999])
#: Relative and absolute tolerance of integrals.
TOLERANCE = 1e-6
#: Draws, and the largest Kolmogorov distance times the root of their number: chance exceeds it once in 1e5.
DRAWS, FARTHEST = 20_000, 2.5


def check_variate(variate: "Variate", shape: Mapping[str, float]) -> None:
    """Compare the functions of a variate with each other; see `bayescale.Variate.check`.

    Raises
    ------
    ValueError
        If two of them do not agree, or `shape` does not name every shape parameter.
    """
    if set(shape) != set(variate.shape):
        raise ValueError(f"Variate '{variate.name}' has the shape parameters {list(variate.shape)}; got {list(shape)}.")
    z = np.asarray(variate.quantile(PROBABILITIES, **shape), dtype=float)
    _agree(variate, "the integral of exp(logp) up to quantile(q)", _integrals(variate, z, shape), "q", PROBABILITIES)
    _agree(variate, "tail(quantile(q))", variate.exceeds(z, **shape), "1 - q", 1.0 - PROBABILITIES)
    drawn = np.sort(variate.exceeds(variate.sample(np.random.default_rng(0), (DRAWS,), **shape), **shape))
    distance = np.max(np.abs(drawn - (np.arange(DRAWS) + 0.5) / DRAWS))
    if not distance * np.sqrt(DRAWS) < FARTHEST:
        raise ValueError(f"draw of variate '{variate.name}' does not follow its tail: they differ by {distance:.2g}.")
    logp = np.broadcast_to(variate.logp(z, **shape), z.shape)
    if (nu := variate.degrees_of_freedom) is not None:
        nu = shape[nu] if isinstance(nu, str) else nu
        known = families.normal(z, 0.0, 1.0) if np.isinf(nu) else families.student(z, nu)
        _agree(variate, "logp", logp, f"the log density of a Student-t with {nu} degrees of freedom", known)
    _check_tape(variate, shape)
    _agree(variate, "logp", logp, f"that of pymc.{variate.pymc or 'CustomDist'}", _by_pymc(variate, z, shape))


def _agree(variate: "Variate", what: str, ours, other: str, theirs) -> None:
    if not np.allclose(ours, theirs, rtol=TOLERANCE, atol=TOLERANCE):
        raise ValueError(
            f"{what} of variate '{variate.name}' is {np.round(ours, 6)}, but {other} is {np.round(theirs, 6)}, "
            f"at the quantiles of {PROBABILITIES}."
        )


def _integrals(variate: "Variate", z: np.ndarray, shape: Mapping[str, float]) -> np.ndarray:
    """Integrals of the density from minus infinity to each z, piece by piece, scaled so that infinity has one."""
    from scipy.integrate import quad

    density = lambda x: float(np.exp(variate.logp(np.float64(x), **shape)))  # noqa: E731
    edges = [-np.inf, *z, np.inf]
    pieces = [quad(density, a, b, limit=200, epsabs=1e-10)[0] for a, b in zip(edges[:-1], edges[1:], strict=True)]
    if abs(sum(pieces) - 1.0) > TOLERANCE:
        raise ValueError(f"exp(logp) of variate '{variate.name}' integrates to {sum(pieces):.7g}; wanted 1.")
    return np.cumsum(pieces)[:-1]


def _check_tape(variate: "Variate", shape: Mapping[str, float]) -> None:
    tape = Tape(1)
    try:
        variate.logp(tape.free(0), **{name: tape.number(value) for name, value in shape.items()})
    except Exception as error:
        step = error if isinstance(error, Untraceable) else f"{type(error).__name__}: {error}"
        raise ValueError(
            f"logp of variate '{variate.name}' has a step that this package cannot compile ({step}); write it with "
            "operators and np.exp, log, log1p, sqrt, tanh, abs. As it is, only PyMC can fit with it, and slowly."
        ) from error


def _by_pymc(variate: "Variate", z: np.ndarray, shape: Mapping[str, float]) -> Any:
    """Log density at z of the loss that PyMC observes, for mu = 1 and scale = 1, as a density of z."""
    import pymc as pm

    with pm.Model() as model:
        variate.observe("loss", np.ones(len(z)), np.ones(len(z)), shape, observed=np.exp(z), dims=None)
    return model.compile_logp(sum=False)({})[0] + z
