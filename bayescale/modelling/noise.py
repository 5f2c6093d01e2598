"""Noise: the distribution of an observed loss about its median.

Every noise is ``log(loss) = log(mu) + scale * z``, with a standard variate z and a formula for the scale. The variates
of the package are symmetric, so mu is the median of the loss; the mean is larger, and infinite under Student-t. Each
noise is a density of the loss itself, so `az.loo` and `az.compare` can compare noises.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bayescale.modelling.formula import signature
from bayescale.modelling.prior import Prior, check_values
from bayescale.modelling.pymc_families import hint
from bayescale.modelling.variate import Variate
from bayescale.modelling.variates import VARIATES


@dataclass(frozen=True)
class Noise:
    """A distribution of the observed loss about its median mu, with the priors of its parameters.

    Parameters
    ----------
    variate : Variate, or {"normal", "student", "laplace"}
        The standard variate z in ``log(loss) = log(mu) + scale * z``. "student" has the shape parameter ``nu``.
    scale : callable
        The scale of the log loss (dimensionless: 0.01 is 1 % of the loss). Positional arguments are columns of
        `runs`, reference values (``C0``) or ``mu``; keyword-only arguments are parameters.
    priors : mapping
        A Prior, or a number to fix it, for each parameter of `scale` and of the variate.
    name : str
        Printed and stored with the posterior.

    Raises
    ------
    TypeError
        If the variate is neither a Variate nor a name, or a parameter has neither a Prior nor a number.
    ValueError
        If there is no variate of this name; if a parameter has no prior, or a prior no parameter; if a number is NaN
        or infinite, or degrees of freedom are not positive.

    Examples
    --------
    A noise whose scale falls as a power of compute:

    >>> import bayescale as bs
    >>> def scale(C, C0, *, sigma, fall):
    ...     return sigma * (C / C0) ** -fall
    >>> priors = {"sigma": bs.Prior("LogNormal", mu=-4.6, sigma=1.5), "fall": bs.Prior("HalfNormal", sigma=0.2)}
    >>> noise = bs.Noise("student", scale, {**priors, "nu": 4.0}, name="falling")
    >>> noise.parameters, noise.columns
    (('sigma', 'fall', 'nu'), ('C',))
    """

    variate: Variate
    scale: Callable
    priors: Mapping[str, Prior | float] = field(hash=False)
    name: str = "noise"

    def __post_init__(self):
        object.__setattr__(self, "variate", _variate(self.variate))
        if set(self.priors) != set(self.parameters):
            raise ValueError(
                f"Noise '{self.name}' has the parameters {sorted(self.parameters)} but priors for "
                f"{sorted(self.priors)}; give each parameter a Prior or a number, and nothing else."
            )
        check_values(f"noise '{self.name}'", self.priors, positive={self.variate.degrees_of_freedom} & {*self.shape})

    @property
    def shape(self) -> tuple[str, ...]:
        """Shape parameters of the variate."""
        return self.variate.shape

    @property
    def parameters(self) -> tuple[str, ...]:
        """All parameters: those of the scale, then those of the variate."""
        return signature(self.scale).parameters + self.shape

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of `runs` that the scale needs."""
        return tuple(name for name in signature(self.scale).columns if name != "mu")

    @property
    def degrees_of_freedom(self) -> float | None:
        """Degrees of freedom: infinite for the normal; None if they have a prior, or the variate is not Student-t."""
        nu = self.variate.degrees_of_freedom
        value = self.priors[nu] if isinstance(nu, str) else nu
        return None if value is None or isinstance(value, Prior) else float(value)

    @property
    def constant(self) -> bool:
        """Whether all runs have one scale and a normal or Student-t variate of fixed shape, as a discrepancy needs."""
        fixed = all(not isinstance(self.priors[name], Prior) for name in self.shape)
        grouped = any(prior.dims for prior in self.priors.values() if isinstance(prior, Prior))
        return not signature(self.scale).columns and self.variate.conditionally_normal and fixed and not grouped

    def observe(self, name: str, mu, scale, shape: Mapping[str, Any], *, observed, dims):
        """Create the observed loss in the PyMC model on the context stack.

        Parameters
        ----------
        name, mu, scale, shape, observed, dims : as in `Variate.observe`.

        Returns
        -------
        TensorVariable
        """
        return self.variate.observe(name, mu, scale, shape, observed=observed, dims=dims)

    def logpdf(self, loss, mu, scale, shape: Mapping[str, Any]):
        """Log density of the loss [1/nats].

        Parameters
        ----------
        loss, mu, scale : losses and their medians [nats], and scale of the log loss: arrays of any broadcastable
            shape, or the nodes of a tape.
        shape : mapping from shape parameter of the variate to its value.

        Returns
        -------
        array or node of the broadcast shape.
        """
        z = (np.log(loss) - np.log(mu)) / scale
        return self.variate.logp(z, **shape) - np.log(scale) - np.log(loss)

    def quantile(self, q, mu, scale, shape: Mapping[str, Any]):
        """Quantile of the loss [nats].

        Parameters
        ----------
        q : probabilities, an array.
        mu, scale : medians [nats] and scale of the log loss, arrays of any shape that broadcasts with `q`.
        shape : mapping from shape parameter of the variate to its value.

        Returns
        -------
        array of the broadcast shape.
        """
        return mu * np.exp(scale * self.variate.quantile(np.asarray(q), **shape))

    def tail(self, z, shape: Mapping[str, Any]):
        """Probability that the standard variate exceeds a value.

        Parameters
        ----------
        z : array of any shape.
        shape : mapping from shape parameter of the variate to its value.

        Returns
        -------
        array of the shape of `z`.
        """
        return self.variate.exceeds(z, **shape)

    def draw(self, rng: np.random.Generator, mu, scale, shape: Mapping[str, Any]):
        """Draw one loss [nats] for each median.

        Parameters
        ----------
        rng : Generator
        mu, scale : medians [nats] and scale of the log loss, arrays that broadcast.
        shape : mapping from shape parameter of the variate to its value.

        Returns
        -------
        array of the shape of `mu`.
        """
        return mu * np.exp(scale * self.variate.sample(rng, np.shape(mu), **shape))


def _variate(given: Any) -> Variate:
    """The variate, or the built-in one of this name."""
    if isinstance(given, Variate):
        return given
    if not isinstance(given, str):
        raise TypeError(f"The variate of a Noise is {given!r}; wanted a Variate, or one of the names {list(VARIATES)}.")
    if given not in VARIATES:
        raise ValueError(
            f"The variate '{given}' is unknown{hint(given, VARIATES)} Choose one of {sorted(VARIATES)}, "
            "or make your own: bayescale.Variate."
        )
    return VARIATES[given]
