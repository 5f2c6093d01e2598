"""Tape: the graph of elementary steps that a formula applies to its arguments.

A formula is called once with nodes in place of numbers, which records some fifty steps. The value of a step is either a
scalar or one number for each run. `bayescale.autodiff.gradient` differentiates the graph in reverse mode, and
`bayescale.autodiff.codegen` turns it into code. Data are referred to by position and are not part of the graph, so a
formula gives the same graph for any table of runs.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node, Untraceable


def lgamma(x):
    """log Gamma(x), of numbers, nodes or arrays of either."""
    return _special("lgamma", x)


def erf(x):
    """The error function, of numbers, nodes or arrays of either."""
    return _special("erf", x)


def _special(name: str, x):
    """A function that NumPy lacks, of a number, a node, or an array of either."""
    if isinstance(x, Node):
        return x.tape.step(name, x)
    if np.ndim(x) == 0:  # without SciPy, whose import takes a sixth of a second
        return getattr(math, name)(x)
    if np.asarray(x).dtype == object:
        return np.array([_special(name, element) for element in np.ravel(x)], dtype=object).reshape(np.shape(x))
    from scipy import special

    return {"lgamma": special.gammaln, "erf": special.erf}[name](x)


def _integer_power(base: Node, exponent: int) -> Node:
    """A power with a nonzero integer exponent, as products."""
    if exponent < 0:
        return 1.0 / _integer_power(base, -exponent)
    return base if exponent == 1 else base * _integer_power(base, exponent - 1)


def needed(outputs: Sequence[Node]) -> set[int]:
    """Indices of the steps that outputs depend on, the outputs included."""
    indices: set[int] = set()
    pending = list(outputs)
    while pending:
        node = pending.pop()
        if node.index not in indices:
            indices.add(node.index)
            pending += node.inputs
    return indices


class Tape:
    """A graph without duplicate steps, and the data that its leaves refer to.

    Parameters
    ----------
    runs : int, number of runs.

    Attributes
    ----------
    nodes : list of Node, in an order of evaluation.
    numbers : list of float, scalar data.
    columns : list of arrays of shape (run,), data of each run.
    groups : list of integer arrays of shape (run,), the group that each run belongs to.
    matrices : list of arrays of shape (coefficient, coefficient), data of `evidence` and `solve`.
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
        """The free coordinate at position `at`."""
        return self.node("free", (at,), per_run=False, free=True)

    def number(self, value: float) -> Node:
        """A scalar of the data."""
        self.numbers.append(float(value))
        return self.node("number", (len(self.numbers) - 1,), per_run=False, free=False)

    def column(self, values: np.ndarray) -> Node:
        """A column of the data, of shape (run,)."""
        self.columns.append(np.asarray(values, dtype=float))
        return self.node("column", (len(self.columns) - 1,), per_run=True, free=False)

    def project(self, node: Node, columns: Sequence[Node]) -> list[Node]:
        """For each column, the sum over the runs of the column times `node`."""
        vector = self.node("project", (node, *columns), per_run=False, free=node.free)
        return [self.node("item", (vector, k), per_run=False, free=node.free) for k in range(len(columns))]

    def spread(self, numbers: Sequence[Node], columns: Sequence[Node]) -> Node:
        """For each run, the sum of the columns times their `numbers`."""
        numbers = tuple(self.as_node(value) for value in numbers)
        return self.node("spread", (*numbers, *columns), per_run=True, free=any(a.free for a in numbers))

    def group(self, index: np.ndarray) -> int:
        """Store the group of each run; returns the position in `groups`."""
        self.groups.append(np.asarray(index, dtype=np.int64))
        return len(self.groups) - 1

    def gather(self, elements: Sequence[Node], group: int) -> Node:
        """For each run, the element that belongs to its group."""
        elements = tuple(self.as_node(e) for e in elements)
        return self.node("gather", (*elements, group), per_run=True, free=any(e.free for e in elements))

    def evidence(self, amplitudes: Sequence[Node], projections: Sequence[Any], gram: np.ndarray) -> Node:
        """Log of the integral over coefficients z ~ N(0, I): (b u)' B^-1 (b u) / 2 - log|B| / 2.

        Parameters
        ----------
        amplitudes : nodes b, one for each coefficient.
        projections : nodes u, projections of the residuals on the basis, one for each coefficient.
        gram : array of shape (coefficient, coefficient), G in B = I + b G b.
        """
        parts = (*(self.as_node(b) for b in amplitudes), *(self.as_node(u) for u in projections))
        vector = self.node("evidence", (*parts, self._matrix(gram)), per_run=False, free=True)
        return self.node("item", (vector, 0), per_run=False, free=True)

    def solve(self, amplitudes: Sequence[Node], right: Sequence[Node], gram: np.ndarray) -> list[Node]:
        """Elements of the solution x of B x = right, with B as in `evidence`."""
        parts = (*(self.as_node(b) for b in amplitudes), *(self.as_node(value) for value in right))
        vector = self.node("solve", (*parts, self._matrix(gram)), per_run=False, free=True)
        return [self.node("item", (vector, k), per_run=False, free=True) for k in range(len(gram))]

    def _matrix(self, matrix: np.ndarray) -> int:
        """Store a matrix; returns its position in `matrices`. The same array is stored once."""
        for place, stored in enumerate(self.matrices):
            if stored is matrix:
                return place
        self.matrices.append(np.asarray(matrix, dtype=float))
        return len(self.matrices) - 1

    def sum(self, node: Node) -> Node:
        """The sum over the runs."""
        if not node.per_run:
            return node * self.count
        return self.node("sum", (node,), per_run=False, free=node.free)

    def step(self, op: str, *inputs: Any) -> Node:
        """An elementary operation, simplified if possible."""
        args = tuple(self.as_node(value) for value in inputs)
        simplified = self._simplified(op, args)
        if simplified is not None:
            return simplified
        return self.node(op, args, per_run=any(a.per_run for a in args), free=any(a.free for a in args))

    def node(self, op: str, args: tuple, per_run: bool, free: bool) -> Node:
        """The node of a step; an equal step is recorded once."""
        key = (op, *(a.index if isinstance(a, Node) else ("=", a) for a in args))
        if key not in self._known:
            self._known[key] = Node(self, op, args, per_run, free, len(self.nodes))
            self.nodes.append(self._known[key])
        return self._known[key]

    def as_node(self, value: Any) -> Node:
        """A number as a node: a constant of the formula, the same for all data."""
        if isinstance(value, Node):
            return value
        if isinstance(value, np.ndarray) and value.ndim == 0:
            return self.as_node(value.item())
        if isinstance(value, int | float | np.integer | np.floating):
            return self.node("constant", (float(value),), per_run=False, free=False)
        raise Untraceable(f"a value of type {type(value).__name__}")

    def _simplified(self, op: str, args: tuple[Node, ...]) -> Node | None:
        """A cheaper node of the same value; None if there is no rule."""
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
            return _integer_power(args[0], int(literal[1]))
        if op == "power" and literal[1] == 0.5:
            return self.step("sqrt", args[0])
        if op == "power" and args[1].free:  # shares the logarithm with the derivative
            return self.step("exp", self.step("multiply", args[1], self.step("log", args[0])))
        return None
