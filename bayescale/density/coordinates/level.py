"""Level: the size of a term at the reference run, for laws in which no parameter is that size."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node
from bayescale.autodiff.tape import erf, lgamma
from bayescale.modelling.coordinates import Point

_OPERATORS = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
}
_SPECIAL = {"lgamma": lgamma, "erf": erf}


@dataclass(frozen=True)
class Level:
    """The shear from the factor of a term to the size of the term at the reference run: from A to A N0^-alpha.

    It is a `bayescale.modelling.coordinates.Shear`.

    Attributes
    ----------
    parameter : the factor, A; or its logarithm.
    columns : empty, so that constant columns do not switch the shear off.
    others : the other parameters of the term.
    steps : the term as steps of a tape, in order of evaluation; the last one is the term.
    leaf_names : (index, name) of each parameter, column and reference value among the steps.
    unit : the value of `parameter` at which the factor is one: 1, or 0 if the parameter is a logarithm.
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
        """Log of the term at the reference run, if its factor were one."""
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
    """Evaluate steps of a tape with other values for its leaves.

    Parameters
    ----------
    steps : in order of evaluation.
    leaf : from a parameter, a column or a datum of the tape to its value: an array, a node, a variable of PyTensor.

    Returns
    -------
    The value of the last step.
    """
    values: dict[int, Any] = {}
    for node in steps:
        if node.op == "constant":
            values[node.index] = node.args[0]
        elif node.op in ("free", "column", "number"):
            values[node.index] = leaf(node)
        else:
            function = _OPERATORS.get(node.op) or _SPECIAL.get(node.op) or getattr(np, node.op)
            values[node.index] = function(*(values[each.index] for each in node.inputs))
    return values[steps[-1].index]
