"""Factored: steps that solve equations with a matrix B = I + b G b. Steps with the same b and G share its factor."""

from collections.abc import Iterable

from bayescale.autodiff.node import Node

#: Vectors after the amplitudes b in the arguments of each step, all of the length of b. The position of G is last.
VECTORS = {"solve": 1, "solve_back": 2}


def amplitudes(node: Node) -> tuple[Node, ...]:
    """The amplitudes b of a step."""
    return node.args[: (len(node.args) - 1) // (1 + VECTORS[node.op])]


def vectors(node: Node) -> tuple[Node, ...]:
    """The elements of the vectors of a step: a right-hand side, and adjoints."""
    return node.args[len(amplitudes(node)) : -1]


def factor(node: Node) -> str:
    """Name of the factor of B."""
    return "_".join(["low", *(str(b.index) for b in dict.fromkeys(amplitudes(node))), str(node.args[-1])])


def first_uses(steps: Iterable[Node]) -> dict[int, str]:
    """Name of each factor by the index of the first step that needs it."""
    first: dict[str, int] = {}
    for node in steps:
        if node.op in VECTORS:
            first.setdefault(factor(node), node.index)
    return {index: name for name, index in first.items()}
