"""Code generation: a tape as Python code, for many points at once (NumPy) or for one point in loops over runs (Numba).

The code contains no data, only positions in `Constants`. Laws of the same structure give the same code, which is
therefore the key of the cache of compiled functions.
"""

from collections.abc import Sequence
from copy import copy
from functools import cached_property

import numpy as np

from bayescale.autodiff import factored
from bayescale.autodiff.constants import Constants, evaluate
from bayescale.autodiff.node import BINARY, Node
from bayescale.autodiff.schedule import ELEMENTARY, REDUCTIONS, Loop, loops, rounds
from bayescale.autodiff.tape import Tape, needed

#: A scatter over at most this many groups has a scalar sum for each, which allows SIMD; over more, it adds to a vector.
MAX_SCALAR_SUMS = 16
#: Python operators of the binary steps.
_OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}


class Program:
    """Outputs of a tape as functions of the free coordinates.

    Parameters
    ----------
    tape : Tape
    outputs : nodes, scalars.

    Attributes
    ----------
    steps : list of Node, the steps that depend on a free coordinate, in an order of evaluation.
    constants : Constants, the data of the tape.
    """

    def __init__(self, tape: Tape, outputs: Sequence[Node]):
        self.tape, self.outputs = tape, list(outputs)
        wanted = needed(self.outputs)
        self.steps = [n for n in tape.nodes if n.index in wanted and n.free and n.op != "free"]
        leaves = [a for n in (*self.steps, *self.outputs) for a in n.inputs if not a.free and a.op != "constant"]
        leaves += [n for n in self.outputs if not n.free and n.op != "constant"]
        self._leaves = leaves = list({leaf.index: leaf for leaf in leaves}.values())
        self._names = {leaf.index: f"c[{k}]" for k, leaf in enumerate(n for n in leaves if not n.per_run)}
        self._names |= {leaf.index: f"r[{k}]" for k, leaf in enumerate(n for n in leaves if n.per_run)}
        wanted = needed(leaves)
        self._given = [n for n in self.tape.nodes if n.index in wanted]
        self.constants = self._constants()

    @property
    def size(self) -> int:
        """Number of steps."""
        return len(self.steps)

    def on(self, tape: Tape) -> "Program":
        """The same program on the data of another tape of the same structure."""
        other = copy(self)
        other.tape = tape
        other.constants = other._constants()
        return other

    @cached_property
    def round_of(self) -> dict[int, int]:
        """The round in which `scalar_code` evaluates each step, by the step's index."""
        return rounds(self.steps)

    @cached_property
    def loops(self) -> dict[int, Loop]:
        """The loops over the runs of `scalar_code`, by round."""
        return loops(self.steps, self.round_of)

    def _constants(self) -> Constants:
        values = evaluate(self._given, self.tape)
        n, leaves = self.tape.runs, self._leaves
        numbers = [float(values[leaf.index]) for leaf in leaves if not leaf.per_run]
        columns = [np.broadcast_to(values[leaf.index], (n,)) for leaf in leaves if leaf.per_run]
        groups = np.array(self.tape.groups, dtype=np.int64).reshape(len(self.tape.groups), n)
        matrices = np.array(self.tape.matrices) if self.tape.matrices else np.empty((0, 0, 0))
        return Constants(np.array(numbers), np.array(columns, dtype=float).reshape(len(columns), n), groups, matrices)

    def _name(self, node: Node) -> str:
        if node.op == "constant":
            return f"({node.args[0]!r})"
        if node.op == "free":
            return f"x[{node.args[0]}]"
        return self._names.get(node.index, f"v{node.index}")

    def _expression(self, node: Node) -> str:
        names = [self._name(a) for a in node.inputs]
        return f"{names[0]} {_OPERATORS[node.op]} {names[1]}" if node.op in BINARY else f"{node.op}({names[0]})"

    @cached_property
    def array_code(self) -> str:
        """Code of ``f(x, c, r, g, m)``, for NumPy: outputs at many points.

        x has shape (size, point, 1); c, r, g and m are the fields of `Constants`. Returns a list of arrays of shape
        (point, 1).
        """
        last: dict[int, int] = {}
        for node in self.steps:
            last |= {a.index: node.index for a in node.inputs}
        kept = {node.index for node in self.outputs}
        lines, new_factor = ["def f(x, c, r, g, m):"], factored.first_uses(self.steps)
        for node in self.steps:
            if name := new_factor.get(node.index):
                lines.append(f"    {name} = Factor([{self._listed(factored.amplitudes(node))}], m[{node.args[-1]}], x)")
            lines.append(f"    v{node.index} = {self._array_expression(node)}")
            dead = [a for a in node.inputs if last[a.index] == node.index and a.index not in kept]
            dead = [a for a in dead if a.per_run and a.free]
            lines += [f"    del v{a.index}" for a in {a.index: a for a in dead}.values()]  # large if points are many
        lines.append(f"    return [{', '.join(self._name(n) for n in self.outputs)}]")
        return "\n".join(lines)

    def _array_expression(self, node: Node) -> str:
        if node.op in factored.VECTORS:
            return f"{node.op}({factored.factor(node)}, [{self._listed(factored.vectors(node))}], x)"
        if node.op == "evidence":
            return f"evidence([{self._listed(node.args[:-1])}], m[{node.args[-1]}], x)"
        if node.op == "project":
            return f"project({self._name(node.args[0])}, r[{self._block(node.args[1:])}], x)"
        if node.op == "spread":
            half = len(node.args) // 2
            return f"spread([{self._listed(node.args[:half])}], r[{self._block(node.args[half:])}], x)"
        if node.op == "gather":
            return f"gather([{self._listed(node.args[:-1])}], g[{node.args[-1]}], x)"
        if node.op == "scatter":
            return f"scatter({self._name(node.args[0])}, g[{node.args[1]}], {node.args[2]})"
        if node.op == "item":
            return f"{self._name(node.args[0])}[{node.args[1]}]"
        if node.op == "sum":
            return f"total({self._name(node.args[0])}, r)"
        return self._expression(node)

    def _listed(self, nodes: Sequence[Node]) -> str:
        return ", ".join(map(self._name, nodes))

    def _block(self, columns: Sequence[Node]) -> str:
        """The slice of the columns of `project` or `spread`, which are neighbours in `Constants.columns`."""
        at = [int(self._names[column.index][2:-1]) for column in columns]
        assert at == list(range(at[0], at[0] + len(at)))
        return f"{at[0]} : {at[-1] + 1}"

    @cached_property
    def scalar_code(self) -> str:
        """Code of ``f(x, grad, c, r, g, m)``, for Numba: the first output at one point; the others are written to grad.

        x has shape (size,); c, r, g and m are the fields of `Constants`. The order of evaluation is that of
        `bayescale.autodiff.schedule`, with one function for each loop over the runs.
        """
        functions, lines, new_factor = [], ["def f(x, grad, c, r, g, m):"], factored.first_uses(self.steps)
        for k in range(max(self.round_of.values(), default=0) + 1):
            here = [n for n in self.steps if self.round_of[n.index] == k]
            for node in (n for n in here if not n.per_run and n.op not in REDUCTIONS):
                if name := new_factor.get(node.index):
                    lines += [f"    {line}" for line in self._filled(f"b{name}", factored.amplitudes(node))]
                    lines.append(f"    {name} = factor(b{name}, m[{node.args[-1]}])")
                lines += [f"    {line}" for line in self._scalar(node)]
            if k in self.loops:
                loop = self.loops[k]
                head, body = self._loop(f"round_{k}", loop)
                functions += [f"def {head}:", *body, ""]
                lines += [f"    {_array(n)} = np.empty(r.shape[1])" for n in loop.stored if n.op != "spread"]
                lines.append(f"    {returned} = {head}" if (returned := _returned(loop)) else f"    {head}")
        lines += [f"    grad[{k}] = {self._name(n)}" for k, n in enumerate(self.outputs[1:])]
        lines.append(f"    return {self._name(self.outputs[0])}")
        return "\n".join([*functions, *lines])

    def _scalar(self, node: Node) -> list[str]:
        """Lines that compute a scalar, or a vector of scalars."""
        if node.op == "item":
            return [f"v{node.index} = {self._name(node.args[0])}[{node.args[1]}]"]
        given, matrix = f"e{node.index}", node.args[-1]
        if node.op in factored.VECTORS:
            low = factored.factor(node)
            more = f", b{low}, m[{matrix}]" if node.op == "solve_back" else ""
            lines = self._filled(given, factored.vectors(node))
            return [*lines, f"v{node.index} = {node.op}({low}, {given}{more})"]
        if node.op == "evidence":
            return [*self._filled(given, node.args[:-1]), f"v{node.index} = evidence({given}, m[{matrix}])"]
        return [f"v{node.index} = {self._expression(node)}"]

    def _filled(self, name: str, parts: Sequence[Node]) -> list[str]:
        """Lines that fill an array with scalars."""
        return [f"{name} = np.empty({len(parts)})", *(f"{name}[{k}] = {self._name(p)}" for k, p in enumerate(parts))]

    def _loop(self, name: str, loop: Loop) -> tuple[str, list[str]]:
        """One loop over the runs as a function: its signature and the lines of its body."""
        used = (a for n in (*loop.steps, *loop.reductions) for a in n.inputs if not a.per_run)
        scalars = {a.index: self._name(a) for a in used}
        arrays = [_array(n) for n in (*loop.loaded, *(n for n in loop.stored if n.op != "spread"))]
        given = [name for name in scalars.values() if name.startswith("v")]
        head = f"{name}({', '.join(['x', 'c', 'r', 'g', *given, *arrays])})"
        # a loop that adds to a vector is not vectorised, and calls of libm compile faster
        prefix = "" if any(n.op == "scatter" and n.args[2] > MAX_SCALAR_SUMS for n in loop.reductions) else "loop_"
        parts = [self._reduction(node) for node in loop.reductions]
        before, added, after = ([line for part in parts for line in part[k]] for k in range(3))
        lines = [line for node in loop.steps for line in self._before(node)]
        lines += [*before, "for i in range(np.uint64(r.shape[1])):"]
        lines += [f"    v{n.index} = {_array(n)}[i]" for n in loop.loaded if n.op != "spread"]
        lines += [f"    v{n.index} = {self._loop_expression(n, prefix)}" for n in loop.steps if n.op != "spread"]
        lines += [f"    {_array(n)}[i] = v{n.index}" for n in loop.stored if n.op != "spread"]
        lines += [*(f"    {line}" for line in added), *after, f"return {_returned(loop)}"]
        return head, [f"    {line}" for line in lines]

    def _before(self, node: Node) -> list[str]:
        """Lines before the loop that a step in the loop needs."""
        if node.op == "gather":
            return self._filled(f"e{node.index}", node.args[:-1])
        if node.op == "spread":
            half = len(node.args) // 2
            numbers, block = f"e{node.index}", self._block(node.args[half:])
            return [*self._filled(numbers, node.args[:half]), f"s{node.index} = spread({numbers}, r[{block}])"]
        return []

    def _reduction(self, node: Node) -> tuple[list[str], list[str], list[str]]:
        """Lines of a reduction before the loop, in the loop, and after it."""
        value, name = self._row(node.args[0]), f"v{node.index}"
        if node.op == "sum":
            return [f"{name} = 0.0"], [f"{name} += {value}"], []
        if node.op == "project":
            end = f"{name} = projected(p{node.index}, r[{self._block(node.args[1:])}])"
            return [f"p{node.index} = np.empty(r.shape[1])"], [f"p{node.index}[i] = {value}"], [end]
        _, group, size = node.args
        if size > MAX_SCALAR_SUMS:
            return [f"{name} = np.zeros({size})"], [f"{name}[int(g[{group}, i])] += {value}"], []
        each = [f"{name}_{k}" for k in range(size)]
        add = [f"{part} += {value} if g[{group}, i] == {k}.0 else 0.0" for k, part in enumerate(each)]
        end = [f"{name}[{k}] = {part}" for k, part in enumerate(each)]
        return [f"{part} = 0.0" for part in each], add, [f"{name} = np.empty({size})", *end]

    def _row(self, node: Node) -> str:
        """The value of a step for run i, in a loop."""
        name = self._name(node)
        if node.op == "spread":
            return f"s{node.index}[i]"
        return f"{name[:-1]}, i]" if name.startswith("r[") else name

    def _loop_expression(self, node: Node, prefix: str) -> str:
        """A step in a loop; `prefix` is "loop_" if elementary functions come from `bayescale.autodiff.simd_math`."""
        if node.op == "gather":
            return f"e{node.index}[int(g[{node.args[-1]}, i])]"
        names = [self._row(a) for a in node.inputs]
        if node.op in BINARY and not (node.op == "power" and prefix):
            return f"{names[0]} {_OPERATORS[node.op]} {names[1]}"
        return f"{prefix if node.op in ELEMENTARY else ''}{node.op}({', '.join(names)})"


def _array(node: Node) -> str:
    """Name of the array of a step's values for all runs."""
    return f"{'s' if node.op == 'spread' else 'k'}{node.index}"


def _returned(loop: Loop) -> str:
    """What the function of a loop returns."""
    names = [f"v{n.index}" for n in loop.reductions] + [_array(n) for n in loop.stored if n.op == "spread"]
    return "".join(f"{name}, " for name in names).rstrip()
