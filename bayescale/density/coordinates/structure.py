"""Structure: which parameters of a formula are its floor, its excesses and its exponents, whatever they are called.

The formula is called with nodes of a tape, its sum is split into parts, and each part is evaluated at a few points:

- a part without columns that equals a parameter is the floor;
- a part proportional to a positive parameter is a term, and that parameter is its excess;
- a positive parameter that a term's slope in log x is proportional to is the term's exponent.

So `A * N**-alpha`, `A * (N / N0)**-alpha` and `np.exp(log_A - alpha * np.log(N))` are all recognised.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from bayescale.autodiff.node import Node
from bayescale.autodiff.tape import Tape, needed
from bayescale.density.coordinates.level import Level, evaluate
from bayescale.modelling.coordinates import Coordinates, Slope, Term
from bayescale.modelling.formula import Signature, call, signature
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior
from bayescale.modelling.pymc_families import WHOLE_LINE

#: Number of points at which parts of a formula are evaluated.
POINTS = 8
#: Largest relative error of a property, such as being proportional to a parameter, that counts as rounding.
EXACT = 1e-8
#: Sums of more parts than this are not analysed.
MOST_PARTS = 16
#: Families of PyMC on the positive numbers. PyMC samples the logarithm.
POSITIVE = frozenset({
    "Exponential", "Gamma", "HalfCauchy", "HalfFlat", "HalfNormal", "HalfStudentT", "InverseGamma", "LogNormal",
    "PolyaGamma", "Rice", "Wald", "Weibull",
})  # fmt: skip
#: Families of PyMC between zero and one. PyMC samples the log odds.
SHARE = frozenset({"Beta", "Kumaraswamy"})


def scale_of(prior: Prior) -> str:
    """The scale on which a parameter is sampled.

    Returns
    -------
    str : "log" for a support from zero to infinity, "odds" for one between two bounds, "real" for the whole line;
        "other" for another support, for one that is not known, and for a parameter that is not centred.
    """
    if not prior.centered:
        return "other"
    if prior.known is None:
        families = {"log": POSITIVE, "odds": SHARE, "real": WHOLE_LINE}
        return next((scale for scale, names in families.items() if prior.family in names), "other")
    lower, upper = prior.known.bounds(**prior.args)
    if lower is None and upper is None:
        return "real"
    if lower is not None and upper is not None:
        return "odds"
    return "log" if upper is None and np.isscalar(lower) and lower == 0 else "other"


def coordinates_of(law: Law) -> Coordinates:
    """What the parameters of a law mean: as the law declares it, or else as its formula shows it.

    Returns
    -------
    Coordinates : without floor, terms and slopes if the formula cannot be analysed.
    """
    if law.coordinates is not None:
        return law.coordinates
    scales = tuple(
        (name, scale_of(prior) if isinstance(prior, Prior) else "fixed") for name, prior in law.priors.items()
    )
    return _of_formula(law.formula, scales)


@lru_cache(maxsize=256)
def _of_formula(formula: Callable, scales: tuple[tuple[str, str], ...]) -> Coordinates:
    """The coordinates that a formula shows, given the scale of each parameter ("fixed" for a number)."""
    tape, arguments = Tape(1), signature(formula)
    leaves = {name: tape.free(at) for at, name in enumerate(arguments.parameters)}
    leaves |= {name: tape.column(np.ones(1)) for name in arguments.columns}
    leaves |= {name: tape.number(1.0) for name in arguments.reference}
    try:
        loss = tape.as_node(call(formula, leaves))
    except Exception:  # a function that nodes do not have, in whatever way the formula fails: PyMC samples such a law
        return Coordinates()
    return _Analysis(loss, {node.index: name for name, node in leaves.items()}, dict(scales), arguments).coordinates()


class _Analysis:
    """The parts of a formula's sum, and the points at which they are evaluated.

    At every point each column has the value of the reference run.

    Attributes
    ----------
    names : index of a leaf of the tape -> its name.
    scales : parameter -> its scale, as of `scale_of`; "fixed" for a number.
    columns : the formula's columns.
    values : name of a leaf -> its value at each point, or one value for all points.
    parts : the parts of the sum; none if it cannot be split.
    """

    def __init__(self, loss: Node, names: Mapping[int, str], scales: Mapping[str, str], arguments: Signature):
        rng = np.random.default_rng(0)
        self.names, self.scales, self.columns = names, scales, arguments.columns
        parameters = {name: _values(rng, scales[name]) for name in arguments.parameters}
        sizes = {name: np.exp(rng.uniform(0.5, 2.5)) for name in arguments.columns}
        column_of = {name: name.removesuffix("_top").removesuffix("0") for name in arguments.reference}
        self.values = parameters | sizes | {name: sizes.get(column, 1.5) for name, column in column_of.items()}
        self.parts = _parts(loss)

    def coordinates(self) -> Coordinates:
        """What the formula shows."""
        constant = [part for part in self.parts if not set(self._leaves(part)) & set(self.columns)]
        falling = [part for part in self.parts if part not in constant]
        terms: list[Term] = []
        slopes: dict[str, Slope] = {}
        levels: list[Level] = []
        for part in falling:
            excess = self._excess(part)
            if excess is None:
                continue
            columns = tuple(name for name in self.columns if name in self._leaves(part))
            terms.append(Term(excess, columns))
            levels += self._level(part, excess)
            exponent = self._exponent(part, columns)
            if exponent is not None:
                before = slopes.get(exponent, Slope(exponent, (), ()))
                every = tuple(dict.fromkeys((*before.columns, *columns)))
                slopes[exponent] = Slope(exponent, every, (*before.excesses, excess))
        floor = self._floor(constant)
        if len(terms) < len(falling):  # the sampling coordinates take the loss for the floor plus the excesses
            floor, terms = None, []
        return Coordinates(floor, terms=tuple(terms), slopes=tuple(slopes.values()), levels=tuple(levels))

    def _floor(self, constant: list[Node]) -> str | None:
        """The parameter that equals the only part without columns."""
        if len(constant) != 1:
            return None
        names = self._parameters(constant[0])
        value = self._value(constant[0])
        return names[0] if len(names) == 1 and np.array_equal(value, self.values[names[0]]) else None

    def _excess(self, part: Node) -> str | None:
        """The parameter, or the logarithm, that a part is proportional to and no other part depends on."""
        value = self._value(part)
        if not (value > 0).all():
            return None
        for name in self._parameters(part):
            if any(name in self._leaves(other) for other in self.parts if other is not part):
                continue
            if self.scales[name] in ("log", "fixed"):
                ratio, wanted = self._value(part, **{name: 1.7 * self.values[name]}) / value, 1.7
            elif self.scales[name] == "real":
                ratio, wanted = self._value(part, **{name: self.values[name] + 0.3}) / value, np.exp(0.3)
            else:
                continue
            if np.allclose(ratio, wanted, rtol=EXACT):
                return name
        return None

    def _exponent(self, part: Node, columns: tuple[str, ...]) -> str | None:
        """The positive parameter that a part's slopes in the logs of its columns are all proportional to."""
        value = self._value(part)
        moved = [self._value(part, **{name: 1.3 * self.values[name]}) for name in columns]
        with np.errstate(all="ignore"):
            slopes = np.log(np.array(moved) / value)
        for name in self._parameters(part):
            ratio = slopes / self.values[name]
            if self.scales[name] == "log" and np.allclose(ratio, ratio[:, :1], rtol=EXACT) and (ratio != 0).any():
                return name
        return None

    def _level(self, part: Node, excess: str) -> list[Level]:
        """The shear from the factor of a part to its size at the reference run; none if the factor is that size."""
        unit = 0.0 if self.scales[excess] == "real" else 1.0
        if np.allclose(self._value(part, **{excess: unit}), 1.0, rtol=EXACT):
            return []
        steps = _steps(part)
        names = tuple((node.index, self.names[node.index]) for node in steps if node.index in self.names)
        others = tuple(name for name in self._parameters(part) if name != excess)
        return [Level(excess, (), others, tuple(steps), names, unit)]

    def _value(self, part: Node, **changed: np.ndarray) -> np.ndarray:
        """A part at every point, of shape (point,), with some leaves at other values."""
        values = {**self.values, **changed}
        with np.errstate(all="ignore"):
            value = evaluate(_steps(part), lambda node: values[self.names[node.index]])
        return np.broadcast_to(np.asarray(value, dtype=float), POINTS)

    def _leaves(self, part: Node) -> list[str]:
        """Names of the parameters, columns and reference values that a part depends on, in the formula's order."""
        return [self.names[node.index] for node in _steps(part) if node.index in self.names]

    def _parameters(self, part: Node) -> list[str]:
        return [name for name in self._leaves(part) if name in self.scales]


def _values(rng: np.random.Generator, scale: str) -> np.ndarray:
    """Values of a parameter at the points."""
    if scale == "odds":
        return rng.uniform(0.2, 0.8, POINTS)
    return rng.normal(0.0, 0.5, POINTS) if scale == "real" else np.exp(rng.normal(-0.7, 0.4, POINTS))


def _steps(part: Node) -> list[Node]:
    """The steps of a part, in order of evaluation; the last one is the part."""
    wanted = needed([part])
    return [node for node in part.tape.nodes if node.index in wanted]


def _parts(node: Node) -> list[Node]:
    """The parts of a sum, with products of sums multiplied out; none if there are too many.

    A difference is one part.
    """
    parts = _expanded(node)
    return parts if len(parts) <= MOST_PARTS else []


def _expanded(node: Node) -> list[Node]:
    if node.op == "add":
        left, right = (_expanded(each) for each in node.inputs)
        return left + right
    if node.op == "multiply":
        left, right = (_expanded(each) for each in node.inputs)
        if 1 < len(left) * len(right) <= MOST_PARTS:
            return [a * b for a in left for b in right]
    return [node]
