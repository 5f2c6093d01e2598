"""Law: a formula with its priors, its noise and its reference run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd
import xarray as xr

from bayescale.base.columns import COLUMNS, Column, column
from bayescale.base.targets import check_sizes
from bayescale.base.typeset.card import card
from bayescale.modelling.checks.law import check_kinds, check_law
from bayescale.modelling.coordinates import Coordinates
from bayescale.modelling.discrepancy import Discrepancy
from bayescale.modelling.draws import as_arrays, evaluated
from bayescale.modelling.formula import in_columns, renamed, signature, text
from bayescale.modelling.noise import Noise
from bayescale.modelling.noises import student
from bayescale.modelling.prior import Prior


@dataclass(frozen=True)
class Law:
    """A scaling law: the median loss of a run as a function of its size, with priors of its parameters and a noise.

    Parameters
    ----------
    formula : callable
        ``def formula(N, D, N0, D0, *, E, excess_N, …)`` returning the median loss [nats/token]. Positional
        arguments are columns of `runs`, or their value at the reference run (``N0`` for ``N``); keyword-only
        arguments are parameters. Written with operators and NumPy functions, it is called with PyTensor variables
        to infer, with floats to simulate and with xarray draws to predict. Names of parameters carry no meaning.
    priors : mapping
        For each parameter a Prior, or a number to fix it.
    noise : Noise
        How observed losses scatter about the formula.
    discrepancy : Discrepancy, optional
        What the formula gets wrong, as a random function. The noise must then be normal or Student-t, with one scale.
    derived : mapping
        Further quantities of interest by name: functions with the same convention as the formula, without columns.
    reference : mapping
        Values of the reference run to use instead of the middle of the data: ``{"N0": 1e9, "D0": 2e10}``.
    name, source : str
        Name and citation (paper, equation), stored with the posterior. The name is the formula's if absent.
    coordinates : Coordinates, optional
        Which parameters are the floor, excesses and exponents, so that the sampler can undo their correlations. Read
        from the formula if absent; declare them for a law that is not a sum of power laws.
    signs : mapping, optional
        Signs of a bad forecast that only this law has: name -> function of the posterior's draws that returns a
        sentence, or an empty string if the sign is absent. `bayescale.signs` reports them.
    doubts : tuple, optional
        Checks of a table that only this law has: functions of the law and the runs that return a warning, or an empty
        string.
    columns : mapping, optional
        Columns that only this law has: symbol -> unit, label and plausible range.
    may_rise : mapping, optional
        Columns in which the loss may rise -> why.

    Raises
    ------
    TypeError
        If the formula is not a function, the noise not a Noise, or a reference value not a number.
    ValueError
        If a parameter has no prior, a prior no parameter, formula and noise share a parameter, or the coordinates name
        an unknown parameter.

    Examples
    --------
    >>> from bayescale import Law, Prior
    >>> def floor(N, N0, *, E, excess_N, alpha_N):
    ...     return E + excess_N * (N / N0) ** -alpha_N
    >>> law = Law(floor, {
    ...     "E": Prior("Uniform", lower=0, upper=1, unit="loss_min"),
    ...     "excess_N": Prior("LogNormal", mu=-1, sigma=1, unit="loss_min"),
    ...     "alpha_N": Prior("LogNormal", mu=-1.2, sigma=0.8),
    ... })
    >>> law.inputs, law.parameters
    (('N',), ('E', 'excess_N', 'alpha_N'))
    """

    formula: Callable
    priors: Mapping[str, Prior | float] = field(hash=False)
    noise: Noise = student
    discrepancy: Discrepancy | None = None
    derived: Mapping[str, Callable] = field(default_factory=dict, hash=False)
    reference: Mapping[str, float] = field(default_factory=dict, hash=False)
    name: str = ""
    source: str = ""
    coordinates: Coordinates | None = field(default=None, hash=False)
    signs: Mapping[str, Callable[[xr.Dataset], str]] = field(default_factory=dict, hash=False)
    doubts: tuple[Callable[["Law", pd.DataFrame], str], ...] = field(default=(), hash=False)
    columns: Mapping[str, Column] = field(default_factory=dict, hash=False)
    may_rise: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        check_kinds(self)
        if not self.name:
            object.__setattr__(self, "name", self.formula.__name__)
        check_law(self)

    @property
    def inputs(self) -> tuple[str, ...]:
        """Columns of `runs` that the formula needs."""
        return signature(self.formula).columns

    def column(self, symbol: str) -> Column:
        """Unit, label and plausible range of a column: the law's own, or those of all laws.

        Parameters
        ----------
        symbol : str, name of the column.

        Returns
        -------
        Column
        """
        return self.columns.get(symbol) or column(symbol)

    @property
    def parameters(self) -> tuple[str, ...]:
        """Parameters of the formula, without those of noise and discrepancy."""
        return signature(self.formula).parameters

    @property
    def all_priors(self) -> dict[str, Prior | float]:
        """Priors of the formula, of the noise and of the discrepancy."""
        amplitudes = self.discrepancy.priors if self.discrepancy is not None else {}
        return {**self.priors, **self.noise.priors, **amplitudes}

    @property
    def variables(self) -> dict[str, Prior]:
        """Every prior under the name of its variable; hyperpriors before the priors that they govern."""
        priors = ((name, prior) for name, prior in self.all_priors.items() if isinstance(prior, Prior))
        return {variable: each for name, prior in priors for variable, each in prior.graph(name)}

    @property
    def groups(self) -> tuple[str, ...]:
        """Grouping columns of `runs` that priors name as dims."""
        return tuple(dict.fromkeys(dim for prior in self.variables.values() for dim in prior.dims))

    def __call__(self, post: xr.DataTree | xr.Dataset, /, **inputs) -> xr.DataArray:
        """Median loss of a run, for every draw.

        Parameters
        ----------
        post : DataTree of `fit`, or a Dataset of draws (dims chain, draw).
        **inputs
            The law's inputs (N [parameters], D [tokens], C [FLOP]) and, to pick levels of grouped parameters, the
            grouping columns. Numbers, or arrays: plain arrays and Series are paired along a dim ``run``; a DataArray
            keeps its own dims, so two of them with different dims span a grid.

        Returns
        -------
        DataArray : nats/token, dims (chain, draw, ...).

        Raises
        ------
        ValueError
            If an input is missing, unknown, not a positive finite number or in another unit, or the posterior is of
            another law.

        Warns
        -----
        UserWarning
            If N, D or C is more than 1000 times below the smallest fitted run.

        Examples
        --------
        >>> import bayescale as bs
        >>> from bayescale.laws import chinchilla
        >>> runs = bs.load("known_entropy").query("split == 'grid'")
        >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
        >>> chinchilla(post, N=[1e6, 2e6], D=4e7).dims
        ('chain', 'draw', 'run')
        """
        given = as_arrays(self, inputs, wanted=self.inputs)
        check_sizes(post, given, self.columns)
        return self.evaluate(self.formula, post, given).rename("loss").assign_attrs(units=COLUMNS["loss"].unit)

    def evaluate(self, function: Callable, post, given: Mapping[str, Any]) -> xr.DataArray:
        """Call a function, such as the formula or the scale of the noise, with draws.

        Parameters
        ----------
        function : callable with the formula's convention.
        post : DataTree of `fit`, or a Dataset of draws (dims chain, draw).
        given : values of columns and groups, by name, checked already.

        Returns
        -------
        DataArray : dims (chain, draw, ...).

        Raises
        ------
        ValueError
            If a level of a group was not fitted.
        """
        return evaluated(self, function, post, given)

    def rename(self, name: str, **columns: str) -> "Law":
        """The same law in another column.

        ``rename("L_C", N="C")`` turns N, N0 and alpha_N into C, C0 and alpha_C, in the formula, the priors, the
        derived quantities and the declared coordinates.

        Parameters
        ----------
        name : name of the new law.
        **columns : old column = new column.

        Returns
        -------
        Law

        Raises
        ------
        ValueError
            If the renamed law is not valid, such as one in which two columns get one name.

        Examples
        --------
        >>> from bayescale.laws.henighan2020 import L_N
        >>> L_N.rename("in_steps", N="S").parameters
        ('E', 'excess_S', 'alpha_S')
        """
        new = in_columns(columns)
        return replace(
            self,
            formula=renamed(self.formula, new),
            priors={new(k): v.renamed(new) if isinstance(v, Prior) else v for k, v in self.priors.items()},
            derived={new(k): renamed(f, new) for k, f in self.derived.items()},
            coordinates=None if self.coordinates is None else self.coordinates.renamed(new),
            columns={new(k): known for k, known in self.columns.items()},
            may_rise={new(k): why for k, why in self.may_rise.items()},
            name=name,
        )

    def __str__(self) -> str:
        lines = [f"{self.name}" + (f" ({self.source})" if self.source else ""), text(self.formula)]
        lines += [
            f"{name} ~ {prior}" if isinstance(prior, Prior) else f"{name} = {prior}"
            for name, prior in self.all_priors.items()
        ]
        lines.append(
            f"log(loss) = log(mu){' + delta' if self.discrepancy else ''} + scale * z, "
            f"z ~ {self.noise.variate}, {self.noise.name}: {text(self.noise.scale)}"
        )
        return "\n".join(lines)

    def __repr__(self) -> str:
        columns = ", ".join((*self.inputs, *self.groups))
        inside = f"noise={self.noise.name}" + (f", discrepancy={self.discrepancy.name}" if self.discrepancy else "")
        return f"Law({self.name}: loss({columns}; {', '.join(self.all_priors)}), {inside})"

    def _repr_html_(self) -> str:
        """The law as notebooks show it: formula, priors and noise, as mathematics."""
        return card(str(self))
