"""Tape: what a formula does to numbers, written down step by step, and its exact gradient.

A formula is called once with nodes in place of numbers. What comes back is a graph of some fifty elementary steps, each
either one number or one number a run. Derivatives are taken on the graph in reverse (`bayescale.autodiff.gradient`), and
`bayescale.autodiff.codegen` turns the graph into code. Numbers that are data stay out of the graph: the same formula gives
the same graph, whatever the runs.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

UNARY = ("negative", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "absolute", "sign", "lgamma", "erf")
BINARY = ("add", "subtract", "multiply", "divide", "power")
_UFUNCS = {*UNARY[:9], *BINARY}


class Untraceable(TypeError):
    """A step that the tape cannot write down; the caller then leaves the work to PyMC."""


def _operator(op: str, turned: bool = False):
    """An operator of nodes: a step, or one for each element of an array."""

    def operate(self, other: Any) -> Any:
        pair = (other, self) if turned else (self, other)
        return getattr(np, op)(*pair) if isinstance(other, np.ndarray) else self.tape.step(op, *pair)

    return operate


class Node:
    """One step: the operation, what it works on, whether it is one number a run, and whether a parameter is in it."""

    __slots__ = ("tape", "op", "args", "per_run", "free", "at")

    def __init__(self, tape: "Tape", op: str, args: tuple, per_run: bool, free: bool, at: int):
        self.tape, self.op, self.args, self.per_run, self.free, self.at = tape, op, args, per_run, free, at

    @property
    def inputs(self) -> "list[Node]":
        """The nodes that it works on."""
        return [a for a in self.args if isinstance(a, Node)]

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or options:
            raise Untraceable(f"numpy.{ufunc.__name__} with {method} or options")
        if any(isinstance(value, np.ndarray) and value.ndim for value in inputs):  # arrays of nodes: one by one
            return ufunc(*(_boxed(value) if isinstance(value, Node) else value for value in inputs))
        if ufunc.__name__ == "square":
            return inputs[0] * inputs[0]
        if ufunc.__name__ not in _UFUNCS:
            raise Untraceable(f"numpy.{ufunc.__name__}")
        return self.tape.step(ufunc.__name__, *inputs)

    def __bool__(self):
        raise Untraceable("a formula that branches on a value")

    __add__, __radd__ = _operator("add"), _operator("add", turned=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", turned=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", turned=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", turned=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", turned=True)
    __neg__ = lambda self: self.tape.step("negative", self)  # noqa: E731
    __abs__ = lambda self: self.tape.step("absolute", self)  # noqa: E731


for _op in UNARY:  # NumPy calls the method of this name on each element of an array of objects
    setattr(Node, _op, lambda self, op=_op: self.tape.step(op, self))


def _boxed(node: Node) -> np.ndarray:
    box = np.empty((), dtype=object)
    box[()] = node
    return box


def lgamma(x):
    """log Gamma(x), of numbers, nodes or arrays of either."""
    return _special("lgamma", x)


def erf(x):
    """The error function, of numbers, nodes or arrays of either."""
    return _special("erf", x)


def _special(name: str, x):
    """A function that NumPy does not have: of a node a step, of an array of nodes one for each."""
    if isinstance(x, Node):
        return x.tape.step(name, x)
    if np.ndim(x) == 0:  # SciPy is a sixth of a second to import
        return getattr(math, name)(x)
    if np.asarray(x).dtype == object:
        return np.array([_special(name, one) for one in np.ravel(x)], dtype=object).reshape(np.shape(x))
    from scipy import special

    return {"lgamma": special.gammaln, "erf": special.erf}[name](x)


def _whole_power(base: Node, exponent: int) -> Node:
    """A power by products."""
    if exponent < 0:
        return 1.0 / _whole_power(base, -exponent)
    return base if exponent == 1 else base * _whole_power(base, exponent - 1)


def needed(outputs: Sequence[Node]) -> set[int]:
    """The steps that outputs need, the outputs with them."""
    found: set[int] = set()
    todo = list(outputs)
    while todo:
        node = todo.pop()
        if node.at not in found:
            found.add(node.at)
            todo += node.inputs
    return found


class Tape:
    """The graph, each step kept once, and the data that its leaves stand for.

    Attributes
    ----------
    nodes : list of Node, in the order of evaluation.
    numbers : list of float, the data that are one number.
    columns : list of arrays of shape (run,), the data that are one number a run.
    groups : list of integer arrays of shape (run,), which element of a vector belongs to which run.
    matrices : list of arrays of shape (element, element), data of `evidence`.
    count : Node, the number of runs.
    """

    def __init__(self, runs: int):
        self.nodes: list[Node] = []
        self.numbers: list[float] = []
        self.columns: list[np.ndarray] = []
        self.groups: list[np.ndarray] = []
        self.matrices: list[np.ndarray] = []
        self._known: dict[tuple, Node] = {}
        self.runs = runs
        self.count = self.number(runs)

    def free(self, at: int) -> Node:
        """The free coordinate number `at`."""
        return self.node("free", (at,), per_run=False, free=True)

    def number(self, value: float) -> Node:
        """A number that is data."""
        self.numbers.append(float(value))
        return self.node("number", (len(self.numbers) - 1,), per_run=False, free=False)

    def column(self, values: np.ndarray) -> Node:
        """One number a run that is data."""
        self.columns.append(np.asarray(values, dtype=float))
        return self.node("column", (len(self.columns) - 1,), per_run=True, free=False)

    def project(self, node: Node, columns: Sequence[Node]) -> list[Node]:
        """Sums over the runs of a value times each of some columns."""
        vector = self.node("project", (node, *columns), per_run=False, free=node.free)
        return [self.node("item", (vector, k), per_run=False, free=node.free) for k in range(len(columns))]

    def spread(self, numbers: Sequence[Node], columns: Sequence[Node]) -> Node:
        """For each run, the sum of some columns, each times a number."""
        numbers = tuple(self.as_node(value) for value in numbers)
        return self.node("spread", (*numbers, *columns), per_run=True, free=any(a.free for a in numbers))

    def group(self, index: np.ndarray) -> int:
        """Register which element of a vector belongs to which run; returns the number of the group."""
        self.groups.append(np.asarray(index, dtype=np.int64))
        return len(self.groups) - 1

    def gather(self, elements: Sequence[Node], group: int) -> Node:
        """The element of each run."""
        elements = tuple(self.as_node(e) for e in elements)
        return self.node("gather", (*elements, group), per_run=True, free=any(e.free for e in elements))

    def evidence(self, amplitudes: Sequence[Node], projections: Sequence[Any], gram: np.ndarray) -> Node:
        """What coefficients z ~ N(0, I) that are integrated out leave: (b u)' B^-1 (b u) / 2 - log|B| / 2.

        Parameters
        ----------
        amplitudes : nodes b, one for each coefficient.
        projections : nodes u, one for each coefficient.
        gram : array of shape (coefficient, coefficient), G in B = I + b G b.
        """
        self.matrices.append(np.asarray(gram, dtype=float))
        parts = (*(self.as_node(b) for b in amplitudes), *(self.as_node(u) for u in projections))
        vector = self.node("evidence", (*parts, len(self.matrices) - 1), per_run=False, free=True)
        return self.node("item", (vector, 0), per_run=False, free=True)

    def solve(self, amplitudes: Sequence[Node], right: Sequence[Node], gram: np.ndarray) -> list[Node]:
        """Elements of B^-1 right, with B as in `evidence`."""
        self.matrices.append(np.asarray(gram, dtype=float))
        parts = (*(self.as_node(b) for b in amplitudes), *(self.as_node(value) for value in right))
        vector = self.node("solve", (*parts, len(self.matrices) - 1), per_run=False, free=True)
        return [self.node("item", (vector, k), per_run=False, free=True) for k in range(len(gram))]

    def sum(self, node: Node) -> Node:
        """The sum over the runs."""
        if not node.per_run:
            return node * self.count
        return self.node("sum", (node,), per_run=False, free=node.free)

    def step(self, op: str, *inputs: Any) -> Node:
        """One elementary operation; what can be worked out on the spot, is."""
        args = tuple(self.as_node(value) for value in inputs)
        found = self._simpler(op, args)
        if found is not None:
            return found
        return self.node(op, args, per_run=any(a.per_run for a in args), free=any(a.free for a in args))

    def node(self, op: str, args: tuple, per_run: bool, free: bool) -> Node:
        """The node of a step, new or, if the same step was written down before, that one."""
        key = (op, *(a.at if isinstance(a, Node) else ("=", a) for a in args))
        if key not in self._known:
            self._known[key] = Node(self, op, args, per_run, free, len(self.nodes))
            self.nodes.append(self._known[key])
        return self._known[key]

    def as_node(self, value: Any) -> Node:
        """A number as a node: one that is the same for all data."""
        if isinstance(value, Node):
            return value
        if isinstance(value, np.ndarray) and value.ndim == 0:
            return self.as_node(value.item())
        if isinstance(value, int | float | np.integer | np.floating):
            return self.node("constant", (float(value),), per_run=False, free=False)
        raise Untraceable(f"a value of type {type(value).__name__}")

    def _simpler(self, op: str, args: tuple[Node, ...]) -> Node | None:
        literal = [a.args[0] if a.op == "constant" else None for a in args]
        if all(value is not None for value in literal) and op not in ("lgamma", "erf"):
            return self.as_node(float(getattr(np, op)(*literal)))
        if op == "negative" and args[0].op == "negative":
            return args[0].args[0]
        if op == "add" and 0.0 in literal:
            return args[1 - literal.index(0.0)]
        if op == "multiply" and 0.0 in literal:
            return self.as_node(0.0)
        if op == "multiply" and 1.0 in literal:
            return args[1 - literal.index(1.0)]
        if len(args) == 2 and op in ("subtract", "divide", "power") and literal[1] == {"subtract": 0.0}.get(op, 1.0):
            return args[0]
        if op == "power" and literal[1] in (-3.0, -2.0, -1.0, 2.0, 3.0):
            return _whole_power(args[0], int(literal[1]))
        if op == "power" and literal[1] == 0.5:
            return self.step("sqrt", args[0])
        if op == "power" and args[1].free:  # the logarithm, which derivatives need too, is then worked out once
            return self.step("exp", self.step("multiply", args[1], self.step("log", args[0])))
        return None
