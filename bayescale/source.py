"""Source: a tape as Python code, for arrays of points at once (NumPy) or for one point in a loop over runs (Numba).

What no parameter enters is worked out beforehand, once for each table: the *constants* of a tape, numbers and columns.
The code holds no data, so equal structures give equal code, and the code is the key under which it is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from bayescale.tape import BINARY, Node, Tape

_OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}


@dataclass(frozen=True)
class Constants:
    """What a tape needs beyond the free coordinates.

    Attributes
    ----------
    numbers : array of shape (number,).
    columns : array of shape (column, run).
    groups : integer array of shape (group, run).
    """

    numbers: np.ndarray
    columns: np.ndarray
    groups: np.ndarray

    def thinned(self, stride: int) -> "Constants":
        """Those of every stride-th run."""
        columns, groups = (np.ascontiguousarray(a[:, ::stride]) for a in (self.columns, self.groups))
        return Constants(self.numbers, columns, groups)


class Program:
    """Outputs of a tape as functions of the free coordinates.

    Parameters
    ----------
    tape : Tape
    outputs : nodes that are one number each.
    """

    def __init__(self, tape: Tape, outputs: Sequence[Node]):
        self.tape, self.outputs = tape, list(outputs)
        needed = _needed(self.outputs)
        self._steps = [n for n in tape.nodes if n.at in needed and n.free and n.op != "free"]
        leaves = [a for n in (*self._steps, *self.outputs) for a in _inputs(n) if not a.free and a.op != "constant"]
        leaves += [n for n in self.outputs if not n.free and n.op != "constant"]
        leaves = list({leaf.at: leaf for leaf in leaves}.values())
        self._names = {leaf.at: f"c[{k}]" for k, leaf in enumerate(n for n in leaves if not n.per_run)}
        self._names |= {leaf.at: f"r[{k}]" for k, leaf in enumerate(n for n in leaves if n.per_run)}
        self.constants = self._constants(leaves)

    def _constants(self, leaves: list[Node]) -> Constants:
        """Work out what no parameter enters."""
        values: dict[int, Any] = {}
        needed = _needed(leaves)
        for node in (n for n in self.tape.nodes if n.at in needed):
            values[node.at] = _evaluate(node, values, self.tape)
        n = self.tape.runs
        numbers = [float(values[leaf.at]) for leaf in leaves if not leaf.per_run]
        columns = [np.broadcast_to(values[leaf.at], (n,)) for leaf in leaves if leaf.per_run]
        groups = np.array(self.tape.groups, dtype=np.int64).reshape(len(self.tape.groups), n)
        return Constants(np.array(numbers), np.array(columns, dtype=float).reshape(len(columns), n), groups)

    def _name(self, node: Node) -> str:
        if node.op == "constant":
            return f"({node.args[0]!r})"
        if node.op == "free":
            return f"x[{node.args[0]}]"
        return self._names.get(node.at, f"v{node.at}")

    def _expression(self, node: Node) -> str:
        names = [self._name(a) for a in node.args if isinstance(a, Node)]
        return f"{names[0]} {_OPERATORS[node.op]} {names[1]}" if node.op in BINARY else f"{node.op}({names[0]})"

    @cached_property
    def for_arrays(self) -> str:
        """Code of ``f(x, c, r, g)``: x of shape (size, point, 1); a list of arrays of shape (point, 1)."""
        last: dict[int, int] = {}
        for node in self._steps:
            last |= {a.at: node.at for a in _inputs(node)}
        kept = {node.at for node in self.outputs}
        lines = ["def f(x, c, r, g):"]
        for node in self._steps:
            if node.op == "gather":
                *elements, group = node.args
                value = f"gather([{', '.join(map(self._name, elements))}], g[{group}], x)"
            elif node.op == "scatter":
                value = f"scatter({self._name(node.args[0])}, g[{node.args[1]}], {node.args[2]})"
            elif node.op == "item":
                value = f"{self._name(node.args[0])}[{node.args[1]}]"
            elif node.op == "sum":
                value = f"total({self._name(node.args[0])}, r)"
            else:
                value = self._expression(node)
            lines.append(f"    v{node.at} = {value}")
            dead = [a for a in _inputs(node) if last[a.at] == node.at and a.per_run and a.free and a.at not in kept]
            lines += [f"    del v{a.at}" for a in {a.at: a for a in dead}.values()]  # large where points are many
        lines.append(f"    return [{', '.join(self._name(n) for n in self.outputs)}]")
        return "\n".join(lines)

    @cached_property
    def for_one(self) -> str:
        """Code of ``f(x, grad, c, r, g)`` for one point: fills grad with all outputs but the first, which it returns.

        Numbers before the runs, one loop over the runs, numbers after them.
        """
        summed = [n for n in self._steps if n.op in ("sum", "scatter")]
        after = {n.at for n in summed}
        for node in self._steps:
            if node.at not in after and any(a.at in after for a in _inputs(node)):
                after.add(node.at)
        loop = [n for n in self._steps if n.per_run]
        before = [n for n in self._steps if not n.per_run and n.at not in after]
        lines = ["def f(x, grad, c, r, g):"]
        lines += [f"    v{n.at} = {self._expression(n)}" for n in before]
        for node in loop:
            if node.op == "gather":
                *elements, _ = node.args
                lines.append(f"    e{node.at} = np.empty({len(elements)})")
                lines += [f"    e{node.at}[{k}] = {self._name(e)}" for k, e in enumerate(elements)]
        lines += [f"    v{n.at} = 0.0" if n.op == "sum" else f"    v{n.at} = np.zeros({n.args[2]})" for n in summed]
        rows = [f"v{n.at} = {self._in_loop(n)}" for n in loop]
        for node in summed:
            at = f"[int(g[{node.args[1]}, i])]" if node.op == "scatter" else ""
            rows.append(f"v{node.at}{at} += {self._row(node.args[0])}")
        lines += ["    for i in range(r.shape[1]):", *(f"        {row}" for row in rows)] if rows else []
        for node in self._steps:
            if node.at in after and node.op not in ("sum", "scatter"):
                item = node.op == "item"
                value = f"{self._name(node.args[0])}[{node.args[1]}]" if item else self._expression(node)
                lines.append(f"    v{node.at} = {value}")
        lines += [f"    grad[{k}] = {self._name(n)}" for k, n in enumerate(self.outputs[1:])]
        lines.append(f"    return {self._name(self.outputs[0])}")
        return "\n".join(lines)

    def _row(self, node: Node) -> str:
        name = self._name(node)
        return f"{name[:-1]}, i]" if name.startswith("r[") else name

    def _in_loop(self, node: Node) -> str:
        if node.op == "gather":
            return f"e{node.at}[int(g[{node.args[-1]}, i])]"
        names = [self._row(a) for a in node.args if isinstance(a, Node)]
        return f"{names[0]} {_OPERATORS[node.op]} {names[1]}" if node.op in BINARY else f"{node.op}({names[0]})"


def _inputs(node: Node) -> list[Node]:
    return [a for a in node.args if isinstance(a, Node)]


def _needed(outputs: Sequence[Node]) -> set[int]:
    found: set[int] = set()
    todo = list(outputs)
    while todo:
        node = todo.pop()
        if node.at not in found:
            found.add(node.at)
            todo += _inputs(node)
    return found


def _evaluate(node: Node, values: dict[int, Any], tape: Tape) -> Any:
    if node.op == "constant":
        return node.args[0]
    if node.op == "number":
        return tape.numbers[node.args[0]]
    if node.op == "column":
        return tape.columns[node.args[0]]
    args = [values[a.at] for a in _inputs(node)]
    if node.op == "gather":
        return np.array(args)[tape.groups[node.args[-1]]]
    if node.op == "sum":
        return np.sum(args[0])
    if node.op == "scatter":
        return np.bincount(tape.groups[node.args[1]], np.broadcast_to(args[0], tape.runs), node.args[2])
    if node.op == "item":
        return args[0][node.args[1]]
    return NUMPY[node.op](*args)


def _absolute(x):
    return x * np.sign(x.real) if np.iscomplexobj(x) else np.abs(x)


def _special(name: str) -> Callable:
    def function(x):
        import scipy.special

        return getattr(scipy.special, name)(x)

    return function


def _gather(elements, index, x):
    return np.concatenate([np.broadcast_to(e, (x.shape[1], 1)) for e in elements], axis=-1)[:, index]


def _scatter(adjoint, index, size):
    adjoint = np.broadcast_to(adjoint, (*np.shape(adjoint)[:-1], len(index)))
    return [adjoint[:, index == k].sum(axis=-1, keepdims=True) for k in range(size)]


def _total(values, r):
    if values.shape[-1] != r.shape[1]:
        values = np.broadcast_to(values, (*values.shape[:-1], r.shape[1]))
    return values.sum(axis=-1, keepdims=True)


# A sign and an absolute value that leave an imaginary part alone: it carries a derivative (`bayescale.density`).
NUMPY: dict[str, Callable] = {
    **{name: getattr(np, name) for name in ("negative", "exp", "log", "log1p", "expm1", "sqrt", "tanh", *BINARY)},
    "absolute": _absolute,
    "sign": lambda x: np.sign(x.real),
    "lgamma": _special("gammaln"),
    "erf": _special("erf"),
    "gather": _gather,
    "scatter": _scatter,
    "total": _total,
}


@lru_cache(maxsize=256)
def compiled_for_arrays(code: str) -> Callable:
    """The function of `Program.for_arrays`; NumPy calls, nothing is compiled to machine code."""
    scope = dict(NUMPY)
    exec(code, scope)  # our own text, made from the tape
    return scope["f"]
