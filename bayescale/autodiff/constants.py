"""Constants: the parts of a tape that no free coordinate enters, evaluated once for each table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node
from bayescale.autodiff.numpy_backend import ARRAYS
from bayescale.autodiff.tape import Tape


@dataclass(frozen=True)
class Constants:
    """The data of a program: all that its code reads besides the free coordinates.

    Attributes
    ----------
    numbers : array of shape (number,), scalars.
    columns : array of shape (column, run), one number for each run.
    groups : integer array of shape (group, run), the group of each run.
    matrices : array of shape (matrix, coefficient, coefficient), of `Tape.evidence` and `Tape.solve`.
    """

    numbers: np.ndarray
    columns: np.ndarray
    groups: np.ndarray
    matrices: np.ndarray

    def thinned(self, stride: int) -> "Constants":
        """The data of every stride-th run."""
        columns, groups = (np.ascontiguousarray(a[:, ::stride]) for a in (self.columns, self.groups))
        return Constants(self.numbers, columns, groups, self.matrices)


def evaluate(nodes: Sequence[Node], tape: Tape) -> dict[int, Any]:
    """Values of steps that no free coordinate enters, on the data of a tape, by index.

    `tape` may be another tape than that of the nodes, if its structure is the same.
    """
    values: dict[int, Any] = {}
    for node in nodes:
        values[node.index] = _value(node, values, tape)
    return values


def _value(node: Node, values: Mapping[int, Any], tape: Tape) -> Any:
    if node.op == "constant":
        return node.args[0]
    if node.op == "number":
        return tape.numbers[node.args[0]]
    if node.op == "column":
        return tape.columns[node.args[0]]
    args = [values[a.index] for a in node.inputs]
    if node.op == "gather":
        return np.array(args)[tape.groups[node.args[-1]]]
    if node.op == "sum":
        return np.sum(args[0])
    if node.op == "scatter":
        return np.bincount(tape.groups[node.args[1]], np.broadcast_to(args[0], tape.runs), node.args[2])
    if node.op == "item":
        return args[0][node.args[1]]
    return ARRAYS[node.op](*args)
