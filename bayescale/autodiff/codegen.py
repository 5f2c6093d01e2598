"""Source: a tape as Python code, for arrays of points at once (NumPy) or for one point in a loop over runs (Numba).

What no parameter enters is worked out beforehand, once for each table: the *constants* of a tape, numbers and columns.
The code holds no data, so equal structures give equal code, and the code is the key under which it is kept.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bayescale.autodiff.numpy_backend import ARRAYS
from bayescale.autodiff.schedule import ENDS, IN_LOOP, Loop, loops, rounds
from bayescale.autodiff.tape import BINARY, Node, Tape, needed

#: Steps of the coefficients of a discrepancy: vectors of numbers, whose items are taken one by one.
INTEGRALS = ("evidence", "solve", "solve_back")
#: More elements than this are added to a vector, run by run; fewer have a sum each, for several runs at once.
MOST_SUMS = 16
_OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}


@dataclass(frozen=True)
class Constants:
    """What a tape needs beyond the free coordinates.

    Attributes
    ----------
    numbers : array of shape (number,).
    columns : array of shape (column, run).
    groups : integer array of shape (group, run).
    matrices : array of shape (matrix, element, element).
    """

    numbers: np.ndarray
    columns: np.ndarray
    groups: np.ndarray
    matrices: np.ndarray

    def thinned(self, stride: int) -> "Constants":
        """Those of every stride-th run."""
        columns, groups = (np.ascontiguousarray(a[:, ::stride]) for a in (self.columns, self.groups))
        return Constants(self.numbers, columns, groups, self.matrices)


class Program:
    """Outputs of a tape as functions of the free coordinates.

    Parameters
    ----------
    tape : Tape
    outputs : nodes that are one number each.
    """

    def __init__(self, tape: Tape, outputs: Sequence[Node]):
        self.tape, self.outputs = tape, list(outputs)
        wanted = needed(self.outputs)
        self._steps = [n for n in tape.nodes if n.at in wanted and n.free and n.op != "free"]
        leaves = [a for n in (*self._steps, *self.outputs) for a in n.inputs if not a.free and a.op != "constant"]
        leaves += [n for n in self.outputs if not n.free and n.op != "constant"]
        self._leaves = leaves = list({leaf.at: leaf for leaf in leaves}.values())
        self._names = {leaf.at: f"c[{k}]" for k, leaf in enumerate(n for n in leaves if not n.per_run)}
        self._names |= {leaf.at: f"r[{k}]" for k, leaf in enumerate(n for n in leaves if n.per_run)}
        wanted = needed(leaves)
        self._known = [n for n in self.tape.nodes if n.at in wanted]
        self.constants = self._constants()

    @property
    def size(self) -> int:
        """Number of steps."""
        return len(self._steps)

    def on(self, tape: Tape) -> "Program":
        """The same program on the data of another tape of the same structure."""
        other = copy(self)
        other.tape = tape
        other.constants = other._constants()
        return other

    def _constants(self) -> Constants:
        """Work out what no parameter enters."""
        values: dict[int, Any] = {}
        for node in self._known:
            values[node.at] = _evaluate(node, values, self.tape)
        n, leaves = self.tape.runs, self._leaves
        numbers = [float(values[leaf.at]) for leaf in leaves if not leaf.per_run]
        columns = [np.broadcast_to(values[leaf.at], (n,)) for leaf in leaves if leaf.per_run]
        groups = np.array(self.tape.groups, dtype=np.int64).reshape(len(self.tape.groups), n)
        matrices = np.array(self.tape.matrices) if self.tape.matrices else np.empty((0, 0, 0))
        return Constants(np.array(numbers), np.array(columns, dtype=float).reshape(len(columns), n), groups, matrices)

    def _name(self, node: Node) -> str:
        if node.op == "constant":
            return f"({node.args[0]!r})"
        if node.op == "free":
            return f"x[{node.args[0]}]"
        return self._names.get(node.at, f"v{node.at}")

    def _expression(self, node: Node) -> str:
        names = [self._name(a) for a in node.inputs]
        return f"{names[0]} {_OPERATORS[node.op]} {names[1]}" if node.op in BINARY else f"{node.op}({names[0]})"

    @cached_property
    def for_arrays(self) -> str:
        """Code of ``f(x, c, r, g, m)``: x of shape (size, point, 1); a list of arrays of shape (point, 1)."""
        last: dict[int, int] = {}
        for node in self._steps:
            last |= {a.at: node.at for a in node.inputs}
        kept = {node.at for node in self.outputs}
        lines = ["def f(x, c, r, g, m):"]
        for node in self._steps:
            lines.append(f"    v{node.at} = {self._in_arrays(node)}")
            dead = [a for a in node.inputs if last[a.at] == node.at and a.per_run and a.free and a.at not in kept]
            lines += [f"    del v{a.at}" for a in {a.at: a for a in dead}.values()]  # large where points are many
        lines.append(f"    return [{', '.join(self._name(n) for n in self.outputs)}]")
        return "\n".join(lines)

    def _in_arrays(self, node: Node) -> str:
        if node.op in INTEGRALS:
            *parts, matrix = node.args
            return f"{node.op}([{', '.join(map(self._name, parts))}], m[{matrix}], x)"
        if node.op == "project":
            return f"project({self._name(node.args[0])}, r[{self._block(node.args[1:])}], x)"
        if node.op == "spread":
            half = len(node.args) // 2
            numbers = ", ".join(map(self._name, node.args[:half]))
            return f"spread([{numbers}], r[{self._block(node.args[half:])}], x)"
        if node.op == "gather":
            *elements, group = node.args
            return f"gather([{', '.join(map(self._name, elements))}], g[{group}], x)"
        if node.op == "scatter":
            return f"scatter({self._name(node.args[0])}, g[{node.args[1]}], {node.args[2]})"
        if node.op == "item":
            return f"{self._name(node.args[0])}[{node.args[1]}]"
        if node.op == "sum":
            return f"total({self._name(node.args[0])}, r)"
        return self._expression(node)

    def _block(self, columns: Sequence[Node]) -> str:
        """Where columns that are worked on together are kept, as a slice: they are named one after the other."""
        at = [int(self._names[column.at][2:-1]) for column in columns]
        assert at == list(range(at[0], at[0] + len(at)))
        return f"{at[0]} : {at[-1] + 1}"

    @cached_property
    def for_one(self) -> str:
        """Code of ``f(x, grad, c, r, g, m)`` for one point: fills grad with the other outputs, returns the first.

        Numbers, then a loop over the runs that adds up sums, then the numbers that need the sums; and so on, until
        no sum needs another. Each loop is a function.
        """
        functions, lines = [], ["def f(x, grad, c, r, g, m):"]
        round_of = rounds(self._steps)
        planned = loops(self._steps, round_of)
        for k in range(max(round_of.values(), default=0) + 1):
            here = [n for n in self._steps if round_of[n.at] == k]
            for node in (n for n in here if not n.per_run and n.op not in ENDS):
                lines += [f"    {line}" for line in self._number(node)]
            if k in planned:
                head, body = self._loop(f"round_{k}", planned[k])
                functions += [f"def {head}:", *body, ""]
                lines += [f"    {_array(n)} = np.empty(r.shape[1])" for n in planned[k].kept if n.op != "spread"]
                lines.append(f"    {returned} = {head}" if (returned := _returned(planned[k])) else f"    {head}")
        lines += [f"    grad[{k}] = {self._name(n)}" for k, n in enumerate(self.outputs[1:])]
        lines.append(f"    return {self._name(self.outputs[0])}")
        return "\n".join([*functions, *lines])

    def _number(self, node: Node) -> list[str]:
        if node.op == "item":
            return [f"v{node.at} = {self._name(node.args[0])}[{node.args[1]}]"]
        if node.op in INTEGRALS:
            *parts, matrix = node.args
            return [*self._filled(f"e{node.at}", parts), f"v{node.at} = {node.op}(e{node.at}, m[{matrix}])"]
        return [f"v{node.at} = {self._expression(node)}"]

    def _filled(self, name: str, parts: Sequence[Node]) -> list[str]:
        """An array of numbers."""
        return [f"{name} = np.empty({len(parts)})", *(f"{name}[{k}] = {self._name(p)}" for k, p in enumerate(parts))]

    def _loop(self, name: str, loop: Loop) -> tuple[str, list[str]]:
        """One loop over the runs as a function: its head and its body."""
        used = (a for n in (*loop.steps, *loop.sums) for a in n.inputs if not a.per_run)
        numbers = {a.at: self._name(a) for a in used}
        kept = [_array(n) for n in (*loop.given, *(n for n in loop.kept if n.op != "spread"))]
        head = f"{name}({', '.join(['x', 'c', 'r', 'g', *(v for v in numbers.values() if v.startswith('v')), *kept])})"
        prefix = "" if any(n.op == "scatter" and n.args[2] > MOST_SUMS for n in loop.sums) else "loop_"
        parts = [self._sum(node) for node in loop.sums]
        before, added, after = ([line for part in parts for line in part[k]] for k in range(3))
        lines = [line for node in loop.steps for line in self._before(node)]
        lines += [*before, "for i in range(np.uint64(r.shape[1])):"]
        lines += [f"    v{n.at} = {_array(n)}[i]" for n in loop.given if n.op != "spread"]
        lines += [f"    v{n.at} = {self._in_loop(n, prefix)}" for n in loop.steps if n.op != "spread"]
        lines += [f"    {_array(n)}[i] = v{n.at}" for n in loop.kept if n.op != "spread"]
        lines += [*(f"    {line}" for line in added), *after, f"return {_returned(loop)}"]
        return head, [f"    {line}" for line in lines]

    def _before(self, node: Node) -> list[str]:
        """What a step in a loop needs before it."""
        if node.op == "gather":
            return self._filled(f"e{node.at}", node.args[:-1])
        if node.op == "spread":
            half = len(node.args) // 2
            block = self._block(node.args[half:])
            return [*self._filled(f"e{node.at}", node.args[:half]), f"s{node.at} = spread(e{node.at}, r[{block}])"]
        return []

    def _sum(self, node: Node) -> tuple[list[str], list[str], list[str]]:
        """What a sum is before the loop, in it, and after it: elements are summed side by side if they are few."""
        value, name = self._row(node.args[0]), f"v{node.at}"
        if node.op == "sum":
            return [f"{name} = 0.0"], [f"{name} += {value}"], []
        if node.op == "project":
            end = f"{name} = projected(p{node.at}, r[{self._block(node.args[1:])}])"
            return [f"p{node.at} = np.empty(r.shape[1])"], [f"p{node.at}[i] = {value}"], [end]
        _, group, size = node.args
        if size > MOST_SUMS:
            return [f"{name} = np.zeros({size})"], [f"{name}[int(g[{group}, i])] += {value}"], []
        each = [f"{name}_{k}" for k in range(size)]
        add = [f"{one} += {value} if g[{group}, i] == {k}.0 else 0.0" for k, one in enumerate(each)]
        end = [f"{name}[{k}] = {one}" for k, one in enumerate(each)]
        return [f"{one} = 0.0" for one in each], add, [f"{name} = np.empty({size})", *end]

    def _row(self, node: Node) -> str:
        name = self._name(node)
        if node.op == "spread":
            return f"s{node.at}[i]"
        return f"{name[:-1]}, i]" if name.startswith("r[") else name

    def _in_loop(self, node: Node, prefix: str) -> str:
        if node.op == "gather":
            return f"e{node.at}[int(g[{node.args[-1]}, i])]"
        names = [self._row(a) for a in node.inputs]
        if node.op in BINARY and not (node.op == "power" and prefix):
            return f"{names[0]} {_OPERATORS[node.op]} {names[1]}"
        return f"{prefix if node.op in IN_LOOP else ''}{node.op}({', '.join(names)})"


def _array(node: Node) -> str:
    """The array of what a step is for each run."""
    return f"{'s' if node.op == 'spread' else 'k'}{node.at}"


def _returned(loop: Loop) -> str:
    names = [f"v{n.at}" for n in loop.sums] + [_array(n) for n in loop.kept if n.op == "spread"]
    return "".join(f"{name}, " for name in names).rstrip()


def _evaluate(node: Node, values: dict[int, Any], tape: Tape) -> Any:
    if node.op == "constant":
        return node.args[0]
    if node.op == "number":
        return tape.numbers[node.args[0]]
    if node.op == "column":
        return tape.columns[node.args[0]]
    args = [values[a.at] for a in node.inputs]
    if node.op == "gather":
        return np.array(args)[tape.groups[node.args[-1]]]
    if node.op == "sum":
        return np.sum(args[0])
    if node.op == "scatter":
        return np.bincount(tape.groups[node.args[1]], np.broadcast_to(args[0], tape.runs), node.args[2])
    if node.op == "item":
        return args[0][node.args[1]]
    return ARRAYS[node.op](*args)
