"""Structure: the floor, the excesses and the exponents of a law, found from its formula whatever their names.

The formula is traced, its sum is taken apart, and each part is tried with numbers: a part without columns that equals a
parameter is the floor; a part in proportion to a positive parameter is a term, of which that is the size; a parameter
that the part's slope in log x is in proportion to is its exponent. So `A * N**-alpha`, `A * (N / N0)**-alpha` and
`np.exp(log_A - alpha * np.log(N))` are all seen for what they are.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node
from bayescale.autodiff.tape import Tape, erf, lgamma, needed
from bayescale.modelling.coordinates import Coordinates, Point, Slope, Term
from bayescale.modelling.formula import call, signature
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Points at which a property is tried.
POINTS = 8
#: Relative error up to which a property holds.
EXACT = 1e-8
#: A sum of more parts than this is left alone.
MOST_PARTS = 16
_BINARY = {"add": "add", "subtract": "sub", "multiply": "mul", "divide": "truediv", "power": "pow"}


def scale_of(prior: Prior) -> str:
    """The scale a parameter is sampled on: "log", "odds", "real", or "other"."""
    if prior.known is None or not prior.centered:
        return "other"
    lower, upper = prior.known.bounds(**dict.fromkeys(prior.args, ...))
    if lower is None and upper is None:
        return "real"
    if lower is not None and upper is not None:
        return "odds"
    return "log" if upper is None and lower == 0.0 else "other"


def coordinates_of(law: Law) -> Coordinates:
    """What the parameters of a law mean: as it declares, or else as its formula shows."""
    if law.coordinates is not None:
        return law.coordinates
    scales = tuple(
        (name, scale_of(prior) if isinstance(prior, Prior) else "fixed") for name, prior in law.priors.items()
    )
    return _found(law.formula, scales)


@lru_cache(maxsize=256)
def _found(formula: Callable, scales: tuple[tuple[str, str], ...]) -> Coordinates:
    try:
        trace = _Trace(formula, dict(scales))
    except Exception:  # what cannot be traced has no structure that we know
        return Coordinates()
    return trace.coordinates()


@dataclass(frozen=True)
class Level:
    """The size of a term at the reference run, where it is not a parameter by itself: A N0^-alpha in A N^-alpha.

    Attributes
    ----------
    parameter : A.
    columns : none; the shift is never left out.
    others : the parameters that the rest of the term depends on.
    steps, leaf_names : the term as the steps of a trace, and the name of each of its leaves.
    """

    parameter: str
    columns: tuple[str, ...]
    others: tuple[str, ...]
    steps: tuple[Node, ...]
    leaf_names: tuple[tuple[int, str], ...]
    unit: float

    @property
    def needs(self) -> Mapping[str, str]:
        return dict.fromkeys(self.others, "natural")

    def shift(self, at: Point) -> Any:
        """Log of the term at the reference run for a parameter of one."""
        names = dict(self.leaf_names)

        def leaf(node: Node) -> Any:
            name = names[node.index]
            if name == self.parameter:
                return self.unit
            if node.op == "free":
                return at.natural(name)
            return at.reference(f"{name}0" if node.op == "column" else name)

        return np.log(evaluate(self.steps, leaf))


def evaluate(steps: Sequence[Node], leaf: Callable[[Node], Any]) -> Any:
    """The last of some steps, in order, with other values for its leaves: arrays, nodes, or PyTensor's variables."""
    values: dict[int, Any] = {}
    for node in steps:
        if node.op == "constant":
            values[node.index] = node.args[0]
        elif node.op in ("free", "column", "number"):
            values[node.index] = leaf(node)
        else:
            values[node.index] = _step(node.op, [values[a.index] for a in node.inputs])
    return values[steps[-1].index]


def _step(op: str, args: list[Any]) -> Any:
    if op in _BINARY:
        return getattr(operator, _BINARY[op])(*args)
    if op in ("lgamma", "erf"):
        return {"lgamma": lgamma, "erf": erf}[op](*args)
    return getattr(np, op)(*args)


class _Trace:
    """A formula on a tape of one run, and points at which to try it."""

    def __init__(self, formula: Callable, scales: Mapping[str, str]):
        parts = signature(formula)
        self.scales = scales
        self.tape = Tape(1)
        self.names: dict[int, str] = {}
        rng = np.random.default_rng(0)
        self.values: dict[str, Any] = {}
        leaves: dict[str, Node] = {}
        for at, name in enumerate(parts.parameters):
            leaves[name] = self.tape.free(at)
            self.values[name] = _tried(rng, scales[name])
        for name in parts.columns:
            leaves[name] = self.tape.column(np.ones(1))
        for name in parts.reference:
            leaves[name] = self.tape.number(1.0)
        sizes = {name: np.exp(rng.uniform(0.5, 2.5)) for name in parts.columns}
        self.values |= sizes
        self.values |= {name: self._at_reference(name, sizes) for name in parts.reference}
        self.columns = parts.columns
        self.names = {node.index: name for name, node in leaves.items()}
        self.parts = _parts(call(formula, leaves))

    @staticmethod
    def _at_reference(name: str, sizes: Mapping[str, float]) -> float:
        return sizes.get(name.removesuffix("_top").removesuffix("0"), 1.5)

    def value(self, part: Node, **other: Any) -> np.ndarray:
        """The part at every point, with some leaves at other values."""
        values = {**self.values, **other}
        with np.errstate(all="ignore"):
            value = evaluate(self._steps(part), lambda node: values[self.names[node.index]])
        return np.broadcast_to(np.asarray(value, dtype=float), POINTS)

    def _steps(self, part: Node) -> list[Node]:
        wanted = needed([part])
        return [node for node in self.tape.nodes if node.index in wanted]

    def leaves(self, part: Node) -> list[str]:
        """Names of the parameters and columns that a part depends on, in the formula's order."""
        return [self.names[node.index] for node in self._steps(part) if node.index in self.names]

    def parameters(self, part: Node) -> list[str]:
        return [name for name in self.leaves(part) if name in self.scales]

    def coordinates(self) -> Coordinates:
        """What was found; nothing where a part is not understood as a whole."""
        if not self.parts:
            return Coordinates()
        still = [part for part in self.parts if not set(self.leaves(part)) & set(self.columns)]
        moving = [part for part in self.parts if part not in still]
        floor = self._floor(still)
        sizes = [self._size(part) for part in moving]
        terms, slopes, levels = [], {}, []
        for part, size in zip(moving, sizes, strict=True):
            if size is None:
                continue
            columns = tuple(name for name in self.columns if name in self.leaves(part))
            terms.append(Term(size, columns))
            levels += self._level(part, size)
            exponent = self._exponent(part, columns)
            if exponent is not None:
                known = slopes.get(exponent, Slope(exponent, columns, ()))
                slopes[exponent] = Slope(exponent, known.columns, (*known.excesses, size))
        if len(terms) < len(moving) or len(still) > (
            floor is not None
        ):  # what is left out would be taken for the floor
            floor, terms = (None, []) if len(terms) < len(moving) else (None, terms)
        return Coordinates(floor, terms=tuple(terms), slopes=tuple(slopes.values()), levels=tuple(levels))

    def _floor(self, still: list[Node]) -> str | None:
        """The parameter that the only part without columns is."""
        if len(still) != 1:
            return None
        names = self.parameters(still[0])
        return names[0] if len(names) == 1 and np.array_equal(self.value(still[0]), self.values[names[0]]) else None

    def _size(self, part: Node) -> str | None:
        """The parameter that a part is in proportion to, and no other part depends on."""
        for name in self.parameters(part):
            if any(name in self.leaves(other) for other in self.parts if other is not part):
                continue
            now, scale = self.values[name], self.scales[name]
            if scale in ("log", "fixed"):
                ratio, wanted = self.value(part, **{name: 1.7 * now}) / self.value(part), 1.7
            elif scale == "real":
                ratio, wanted = self.value(part, **{name: now + 0.3}) / self.value(part), np.exp(0.3)
            else:
                continue
            if np.allclose(ratio, wanted, rtol=EXACT) and (self.value(part) > 0).all():
                return name
        return None

    def _exponent(self, part: Node, columns: tuple[str, ...]) -> str | None:
        """The positive parameter that the part's slope in each of its columns is in proportion to."""
        with np.errstate(all="ignore"):
            slopes = np.array([
                np.log(self.value(part, **{c: 1.3 * self.values[c]}) / self.value(part)) for c in columns
            ])  # fmt: skip
            for name in self.parameters(part):
                ratio = slopes / self.values[name]
                if self.scales[name] == "log" and np.allclose(ratio, ratio[:, :1], rtol=EXACT) and (ratio != 0).any():
                    return name
        return None

    def _level(self, part: Node, size: str) -> list[Level]:
        """The shift from a parameter to the term's size at the reference run; none where they are the same."""
        unit = 0.0 if self.scales[size] == "real" else 1.0
        if np.allclose(self.value(part, **{size: unit}), 1.0, rtol=EXACT):
            return []
        steps = self._steps(part)
        names = tuple((node.index, self.names[node.index]) for node in steps if node.index in self.names)
        others = tuple(name for name in self.parameters(part) if name != size)
        return [Level(size, (), others, tuple(steps), names, unit)]


def _tried(rng: np.random.Generator, scale: str) -> np.ndarray:
    """Values of a parameter at the points."""
    if scale == "odds":
        return rng.uniform(0.2, 0.8, POINTS)
    return rng.normal(0.0, 0.5, POINTS) if scale == "real" else np.exp(rng.normal(-0.7, 0.4, POINTS))


def _parts(node: Node) -> list[Node]:
    """The parts of a sum, products of sums multiplied out; none where parts are subtracted or too many."""
    parts = _expanded(node)
    return parts if parts is not None and len(parts) <= MOST_PARTS else []


def _expanded(node: Node) -> list[Node] | None:
    if node.op == "add":
        left, right = (_expanded(a) for a in node.inputs)
        return None if left is None or right is None else left + right
    if node.op == "multiply":
        left, right = (_expanded(a) for a in node.inputs)
        if left is None or right is None or len(left) == len(right) == 1 or len(left) * len(right) > MOST_PARTS:
            return [node]
        return [a * b for a in left for b in right]
    return [node]
