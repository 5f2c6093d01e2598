"""Variate: a standard distribution of z in ``log(loss) = log(mu) + scale * z``."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bayescale.modelling.pymc_families import arguments_of, hint


@dataclass(frozen=True)
class Variate:
    """A standard distribution: location 0, scale 1, and shape parameters if it has any.

    Its functions take the shape parameters as keywords. Write them at the top level of a module, not as lambdas, or
    the noise cannot be pickled. `check` compares them with each other and with PyMC.

    Parameters
    ----------
    name : str
        Printed with the law and stored with the posterior.
    logp : callable
        ``logp(z, **shape)``, log density, with operators and NumPy functions only, as in a law's formula: it is
        called with arrays, with the nodes of a tape and, without `pymc`, with PyTensor variables.
    quantile : callable
        ``quantile(q, **shape)`` of probabilities, arrays of any shape.
    draw : callable, optional
        ``draw(rng, size, **shape)``, draws of shape `size`; without it, quantiles of uniform numbers.
    tail : callable, optional
        ``tail(z, **shape)``, probability that z is exceeded; without it, `logp` is integrated numerically.
    shape : tuple of str
        Names of the shape parameters, as PyMC calls them.
    pymc : str, optional
        Name of the distribution in `pymc`; without it, PyMC is given `logp` and `draw` (`pymc.CustomDist`).
    location_name, scale_name : str
        PyMC's names of location and scale: ``"b"`` is the scale of Laplace, ``"s"`` that of Logistic.
    degrees_of_freedom : str or float, optional
        For a Student-t variate its degrees of freedom: the name of a shape parameter, or a number; infinity says that
        it is the normal. A discrepancy can be integrated out under these variates only.

    Raises
    ------
    TypeError
        If a function is not callable with these arguments, or a name is not a string.
    ValueError
        If `pymc` has no such distribution, or the distribution no such argument; if the degrees of freedom are
        neither a shape parameter nor positive.

    Examples
    --------
    >>> import numpy as np
    >>> from bayescale import Noise, Prior, Variate
    >>> def logp(z):
    ...     return -abs(z) - 2 * np.log1p(np.exp(-abs(z)))
    >>> def quantile(q):
    ...     return np.log(q) - np.log1p(-q)
    >>> def scale(*, sigma):
    ...     return sigma
    >>> logistic = Variate("logistic", logp, quantile, pymc="Logistic", scale_name="s")
    >>> noise = Noise(logistic, scale, {"sigma": Prior("LogNormal", mu=-4.6, sigma=1.5)}, name="logistic")
    """

    name: str
    logp: Callable[..., Any] = field(repr=False)
    quantile: Callable[..., Any] = field(repr=False)
    draw: Callable[..., np.ndarray] | None = field(default=None, repr=False)
    tail: Callable[..., Any] | None = field(default=None, repr=False)
    shape: tuple[str, ...] = ()
    pymc: str | None = None
    location_name: str = "mu"
    scale_name: str = "sigma"
    degrees_of_freedom: str | float | None = None

    def __post_init__(self):
        if not isinstance(self.name, str) or not self.name:
            raise TypeError(f"The name of a Variate is {self.name!r}; wanted a string that is not empty.")
        if not isinstance(self.shape, tuple) or not all(isinstance(name, str) for name in self.shape):
            raise TypeError(
                f"shape of variate '{self.name}' is {self.shape!r}; wanted a tuple of names, such as ('nu',)."
            )
        calls = {"logp": ("z",), "quantile": ("q",), "draw": ("rng", "size"), "tail": ("z",)}
        for function, arguments in calls.items():
            self._check_function(function, arguments)
        self._check_pymc()
        self._check_degrees_of_freedom()

    def _check_function(self, name: str, arguments: tuple[str, ...]) -> None:
        function = getattr(self, name)
        if function is None and name in ("draw", "tail"):
            return
        wanted = f"wanted a function {name}({', '.join((*arguments, *self.shape))})"
        if not callable(function):
            raise TypeError(f"{name} of variate '{self.name}' is {function!r}; {wanted}.")
        try:
            signature = inspect.signature(function)
        except ValueError:  # functions written in C may have none
            return
        try:
            signature.bind(*arguments, **dict.fromkeys(self.shape))
        except TypeError as error:
            raise TypeError(f"{name} of variate '{self.name}' takes {signature}: {error}; {wanted}.") from None

    def _check_pymc(self) -> None:
        if self.pymc is None:
            return
        known = arguments_of(self.pymc)
        for name in (self.location_name, self.scale_name, *self.shape):
            if name not in known:
                raise ValueError(
                    f"Variate '{self.name}' is pymc.{self.pymc}, which has no argument '{name}'{hint(name, known)} "
                    f"It takes {', '.join(known)}; say location_name, scale_name and shape in these words."
                )

    def _check_degrees_of_freedom(self) -> None:
        nu = self.degrees_of_freedom
        number = isinstance(nu, int | float) and not isinstance(nu, bool) and nu > 0
        if nu is not None and not number and nu not in self.shape:
            raise ValueError(
                f"The degrees of freedom of variate '{self.name}' are {nu!r}; wanted one of the shape parameters "
                f"{list(self.shape)}, a positive number (math.inf for the normal), or None."
            )

    def __str__(self) -> str:
        return self.name

    @property
    def conditionally_normal(self) -> bool:
        """Whether z is normal given a weight of each run, as the normal and Student-t are; a discrepancy needs that."""
        return self.degrees_of_freedom is not None

    def sample(self, rng: np.random.Generator, size, **shape) -> np.ndarray:
        """Draw from the variate.

        Parameters
        ----------
        rng : Generator
        size : int or tuple of int, shape of the draws.
        **shape
            Values of the shape parameters.

        Returns
        -------
        array of shape `size`.
        """
        if self.draw is not None:
            return self.draw(rng, size, **shape)
        return self.quantile(rng.uniform(np.finfo(float).tiny, 1.0, size), **shape)

    def exceeds(self, z, **shape) -> np.ndarray:
        """Probability that the variate exceeds a value.

        Parameters
        ----------
        z : array of any shape.
        **shape
            Values of the shape parameters.

        Returns
        -------
        array of the shape of `z`.
        """
        return self.tail(z, **shape) if self.tail is not None else _integrated_tail(self, z, shape)

    def check(self, **shape: float) -> None:
        """Compare density, quantiles, tails, draws and PyMC's distribution, for one value of each shape parameter.

        The check takes a second or two, because PyMC compiles. It does not run when a variate is made: call it in a
        test.

        Parameters
        ----------
        **shape
            Values of the shape parameters.

        Raises
        ------
        ValueError
            If two of the functions disagree; the message says which.
        """
        from bayescale.modelling.checks.variate import check_variate

        check_variate(self, shape)

    def observe(self, name: str, mu, scale, shape: Mapping[str, Any], *, observed, dims):
        """Create the observed loss in the PyMC model on the context stack (density with respect to the loss).

        Parameters
        ----------
        name : str
        mu, scale : median loss [nats] and scale of the log loss, PyTensor variables or arrays of shape (run,).
        shape : mapping from shape parameter to its value.
        observed : array of shape (run,), the losses [nats].
        dims : name of the dim of the runs, or None.

        Returns
        -------
        TensorVariable
        """
        import pymc as pm

        values = [shape[key] for key in self.shape]
        options = {"observed": observed, "dims": dims}
        if self.pymc is None:
            return pm.CustomDist(name, mu, scale, *values, logp=self._logp, random=self._random, **options)
        return pm.CustomDist(name, mu, scale, *values, dist=self._dist, **options)

    def _dist(self, mu, scale, *rest):
        """The loss as a PyMC variable; PyMC calls this with the size last."""
        import pymc as pm

        *values, size = rest
        known = {self.location_name: np.log(mu), self.scale_name: scale, **self._named(values)}
        return pm.math.exp(getattr(pm, str(self.pymc)).dist(**known, size=size))

    def _logp(self, loss, mu, scale, *values):
        """Log density of the loss, of PyTensor variables."""
        z = (np.log(loss) - np.log(mu)) / scale
        return self.logp(z, **self._named(values)) - np.log(scale) - np.log(loss)

    def _random(self, mu, scale, *values, rng, size):
        """Draws of the loss."""
        size = np.broadcast_shapes(*map(np.shape, (mu, scale, *values))) if size is None else size
        return mu * np.exp(scale * self.sample(rng, size, **self._named(values)))

    def _named(self, values) -> dict[str, Any]:
        return dict(zip(self.shape, values, strict=True))


#: Nodes and weights of the double exponential rule on (0, inf), 1e-19 to 1e19 (Takahasi & Mori 1974).
_STEPS = np.linspace(-4.0, 4.0, 401)
_NODES = np.exp(0.5 * np.pi * np.sinh(_STEPS))
_WEIGHTS = _NODES * 0.5 * np.pi * np.cosh(_STEPS) * (_STEPS[1] - _STEPS[0])


def _integrated_tail(variate: Variate, z, shape: dict[str, Any]) -> np.ndarray:
    """Upper tail by integration of the density, away from the median, so that far tails keep their digits."""
    z, *values = np.broadcast_arrays(np.asarray(z, dtype=float), *shape.values())
    shape = {name: value[..., None] for name, value in zip(shape, values, strict=True)}
    middle = variate.quantile(np.full((*z.shape, 1), 0.5), **shape)[..., 0]
    side = np.where(z > middle, 1.0, -1.0)
    with np.errstate(under="ignore", over="ignore", invalid="ignore"):
        density = np.exp(variate.logp(z[..., None] + side[..., None] * _NODES, **shape))
    beyond = np.sum(np.nan_to_num(density) * _WEIGHTS, axis=-1)
    return np.where(side > 0, beyond, 1.0 - beyond)
