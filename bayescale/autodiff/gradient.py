"""Gradient: reverse-mode differentiation, recorded as further steps of the tape (Griewank & Walther 2008, ch. 3).

An adjoint is the derivative of the output by the value of a step. Adjoints are propagated from the output to the free
coordinates; each step contributes its vector-Jacobian product to the adjoints of its arguments.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from bayescale.autodiff.node import Node, Untraceable
from bayescale.autodiff.tape import Tape


def gradient(tape: Tape, output: Node, size: int) -> list[Node]:
    """Derivatives of `output`, a scalar, by the first `size` free coordinates.

    Raises
    ------
    Untraceable
        If a step has no derivative here, as log Gamma, which shape parameters of gamma families need.
    """
    parts: dict[int, list[Any]] = {output.index: [tape.as_node(1.0)]}
    for node in reversed(tape.nodes[: output.index + 1]):
        if node.index not in parts or not node.free or node.op == "free":
            continue
        if node.op in ("solve", "project"):
            contributions = _vector_vjp(tape, node, parts.pop(node.index))
        else:
            contributions = _vjp(tape, node, _total(tape, node, parts.pop(node.index)))
        for arg, part in contributions:
            if isinstance(part, tuple):  # (k, adjoint) of item k of a vector
                parts.setdefault(arg.index, []).append(part)
                continue
            if arg.free:
                # every run contributes the same to a scalar: count times, instead of a sum over the runs
                same = node.per_run and not arg.per_run and not part.per_run and node.op not in ("gather", "spread")
                parts.setdefault(arg.index, []).append(part * tape.count if same else part)
    zero = tape.as_node(0.0)
    coordinates = [tape.free(at) for at in range(size)]
    return [_total(tape, n, parts[n.index]) if n.index in parts else zero for n in coordinates]


def _total(tape: Tape, node: Node, parts: list[Node]) -> Node:
    """The adjoint of a step: the sum of its contributions, over the runs too if the step is a scalar."""
    zero = tape.as_node(0.0)
    if node.per_run:
        return sum(parts, zero)
    of_runs = [part for part in parts if part.per_run]
    rest = sum((part for part in parts if not part.per_run), zero)
    return rest + tape.sum(sum(of_runs, zero)) if of_runs else rest


def _vector_vjp(tape: Tape, node: Node, adjoints: list[tuple[int, Node]]) -> list[tuple[Node, Any]]:
    """Vector-Jacobian product of a vector step, from the adjoints of its items."""
    size = len(node.args) - 1 if node.op == "project" else len(node.args) // 2
    of_item = [tape.as_node(0.0)] * size
    for k, adjoint in adjoints:
        of_item[k] = of_item[k] + adjoint
    if node.op == "project":
        value, *columns = node.args
        return [(value, tape.spread(of_item, columns))]
    *parts, matrix = node.args
    back = tape.node("solve_back", (*parts, *of_item, matrix), per_run=False, free=True)
    return [(p, tape.node("item", (back, k), per_run=False, free=True)) for k, p in enumerate(parts)]


def _vjp(tape: Tape, node: Node, adjoint: Node) -> list[tuple[Node, Any]]:
    """Vector-Jacobian product of one step: each argument with its contribution."""
    if node.op == "gather":
        *elements, group = node.args
        back = tape.node("scatter", (adjoint, group, len(elements)), per_run=False, free=adjoint.free)
        return [(e, tape.node("item", (back, k), per_run=False, free=back.free)) for k, e in enumerate(elements)]
    if node.op == "item" and node.args[0].op == "evidence":  # its further items are its derivatives
        vector = node.args[0]
        slopes = [tape.node("item", (vector, k), per_run=False, free=True) for k in range(1, len(vector.args))]
        return [(arg, adjoint * slope) for arg, slope in zip(vector.args[:-1], slopes, strict=True)]
    if node.op == "spread":
        half = len(node.args) // 2
        return list(zip(node.args[:half], tape.project(adjoint, node.args[half:]), strict=True))
    if node.op == "item" and node.args[0].op in ("solve", "project"):
        return [(node.args[0], (node.args[1], adjoint))]
    if node.op == "sum":
        return [(node.args[0], adjoint)]
    if node.op not in _DERIVATIVES:
        raise Untraceable(f"the derivative of {node.op}")
    return list(zip(node.args, _DERIVATIVES[node.op](node, adjoint, *node.args), strict=True))


def _power(node, adjoint, base, exponent):
    by_exponent = adjoint * node * np.log(base) if exponent.free else 0.0 * adjoint
    return adjoint * exponent * base ** (exponent - 1.0), by_exponent


#: Elementary steps: (the step, its adjoint, *its arguments) -> the contribution to each argument.
_DERIVATIVES: dict[str, Callable[..., tuple]] = {
    "negative": lambda node, adj, a: (-adj,),
    "add": lambda node, adj, a, b: (adj, adj),
    "subtract": lambda node, adj, a, b: (adj, -adj),
    "multiply": lambda node, adj, a, b: (adj * b, adj * a),
    "divide": lambda node, adj, a, b: (adj / b, -(adj * node / b)),
    "power": _power,
    "exp": lambda node, adj, a: (adj * node,),
    "log": lambda node, adj, a: (adj / a,),
    "log1p": lambda node, adj, a: (adj / (1.0 + a),),
    "expm1": lambda node, adj, a: (adj * (node + 1.0),),
    "sqrt": lambda node, adj, a: (0.5 * adj / node,),
    "tanh": lambda node, adj, a: (adj * (1.0 - node * node),),
    "absolute": lambda node, adj, a: (adj * np.sign(a),),
    "sign": lambda node, adj, a: (0.0 * adj,),
    "erf": lambda node, adj, a: (adj * (2.0 / np.sqrt(np.pi)) * np.exp(-(a * a)),),
}
