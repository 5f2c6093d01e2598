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
from bayescale.autodiff.naming import Naming
from bayescale.autodiff.node import Node
from bayescale.autodiff.scalar_code import scalar_code
from bayescale.autodiff.schedule import Loop, loops, rounds
from bayescale.autodiff.tape import Tape, needed


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
        self._names = Naming(leaves)
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

    @cached_property
    def array_code(self) -> str:
        """Code of ``f(x, c, r, g, m)``, for NumPy: outputs at many points."""
        return _array_code(self.steps, self.outputs, self._names)

    @cached_property
    def scalar_code(self) -> str:
        """Code of ``f(x, grad, c, r, g, m)``, for Numba: the first output at one point; the others go to grad."""
        return scalar_code(self.steps, self.outputs, self._names, self.round_of, self.loops)


def _array_code(steps: Sequence[Node], outputs: Sequence[Node], names: Naming) -> str:
    """Code of ``f(x, c, r, g, m)``, for NumPy: outputs at many points.

    x has shape (size, point, 1); c, r, g and m are the fields of `Constants`. Returns a list of arrays of shape
    (point, 1).
    """
    last: dict[int, int] = {}
    for node in steps:
        last |= {a.index: node.index for a in node.inputs}
    kept = {node.index for node in outputs}
    lines, new_factor = ["def f(x, c, r, g, m):"], factored.first_uses(steps)
    for node in steps:
        if name := new_factor.get(node.index):
            lines.append(f"    {name} = Factor([{names.listed(factored.amplitudes(node))}], m[{node.args[-1]}], x)")
        lines.append(f"    v{node.index} = {_expression(node, names)}")
        dead = [a for a in node.inputs if last[a.index] == node.index and a.index not in kept]
        dead = [a for a in dead if a.per_run and a.free]
        lines += [f"    del v{a.index}" for a in {a.index: a for a in dead}.values()]  # large if points are many
    lines.append(f"    return [{', '.join(names.name(n) for n in outputs)}]")
    return "\n".join(lines)


def _expression(node: Node, names: Naming) -> str:
    if node.op in factored.VECTORS:
        return f"{node.op}({factored.factor(node)}, [{names.listed(factored.vectors(node))}], x)"
    if node.op == "evidence":
        return f"evidence([{names.listed(node.args[:-1])}], m[{node.args[-1]}], x)"
    if node.op == "project":
        return f"project({names.name(node.args[0])}, r[{names.block(node.args[1:])}], x)"
    if node.op == "spread":
        half = len(node.args) // 2
        return f"spread([{names.listed(node.args[:half])}], r[{names.block(node.args[half:])}], x)"
    if node.op == "gather":
        return f"gather([{names.listed(node.args[:-1])}], g[{node.args[-1]}], x)"
    if node.op == "scatter":
        return f"scatter({names.name(node.args[0])}, g[{node.args[1]}], {node.args[2]})"
    if node.op == "item":
        return f"{names.name(node.args[0])}[{node.args[1]}]"
    if node.op == "sum":
        return f"total({names.name(node.args[0])}, r)"
    return names.expression(node)
