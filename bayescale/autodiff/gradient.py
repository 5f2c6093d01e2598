"""Reverse: the exact gradient of a tape's output, as further steps of the tape (Griewank & Walther 2008, ch. 3)."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bayescale.autodiff.tape import Node, Tape, Untraceable


def gradient(tape: Tape, output: Node, size: int) -> list[Node]:
    """Derivatives of `output` (one number) by the first `size` free coordinates.

    Raises
    ------
    Untraceable
        Where a step has no derivative here: the shape parameters of the gamma function's families.
    """
    parts: dict[int, list[Any]] = {output.at: [tape.as_node(1.0)]}
    for node in reversed(tape.nodes[: output.at + 1]):
        if node.at not in parts or not node.free or node.op == "free":
            continue
        if node.op in ("solve", "project"):
            back = _vector_back(tape, node, parts.pop(node.at))
        else:
            back = _back(tape, node, _total(tape, node, parts.pop(node.at)))
        for arg, part in back:
            if isinstance(part, tuple):  # the adjoint of one item
                parts.setdefault(arg.at, []).append(part)
                continue
            if arg.free:
                once = node.per_run and not arg.per_run and not part.per_run and node.op not in ("gather", "spread")
                parts.setdefault(arg.at, []).append(part * tape.count if once else part)
    zero = tape.as_node(0.0)
    found = [tape.free(at) for at in range(size)]
    return [_total(tape, n, parts[n.at]) if n.at in parts else zero for n in found]


def _total(tape: Tape, node: Node, parts: list[Node]) -> Node:
    """Sum of the contributions; those of a run are summed over the runs if the node is one number."""
    zero = tape.as_node(0.0)
    if node.per_run:
        return sum(parts, zero)
    of_runs = [part for part in parts if part.per_run]
    rest = sum((part for part in parts if not part.per_run), zero)
    return rest + tape.sum(sum(of_runs, zero)) if of_runs else rest


def _vector_back(tape: Tape, node: Node, adjoints: list[tuple[int, Node]]) -> list[tuple[Node, Any]]:
    """What a vector hands back, from the adjoints of its items."""
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


def _back(tape: Tape, node: Node, adjoint: Node) -> list[tuple[Node, Any]]:
    """What a step hands back to each of its arguments."""
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
