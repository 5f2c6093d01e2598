"""A tape as Python code for Numba: the log density at one point, in loops over the runs, and its gradient."""

from collections.abc import Mapping, Sequence

from bayescale.autodiff import factored
from bayescale.autodiff.naming import OPERATORS, Naming
from bayescale.autodiff.node import BINARY, Node
from bayescale.autodiff.schedule import ELEMENTARY, REDUCTIONS, Loop

#: A scatter over at most this many groups has a scalar sum for each, which allows SIMD; over more, it adds to a vector.
MAX_SCALAR_SUMS = 16


def scalar_code(
    steps: Sequence[Node],
    outputs: Sequence[Node],
    names: Naming,
    round_of: Mapping[int, int],
    loops: Mapping[int, Loop],
) -> str:
    """Code of ``f(x, grad, c, r, g, m)``, for Numba: the first output at one point; the others are written to grad.

    x has shape (size,); c, r, g and m are the fields of `Constants`. The order of evaluation is that of
    `bayescale.autodiff.schedule`, with one function for each loop over the runs.

    Parameters
    ----------
    steps, outputs : nodes, as in `Program`.
    names : how the code calls them.
    round_of : the round of each step, by its index.
    loops : the loops over the runs, by round.
    """
    functions, lines, new_factor = [], ["def f(x, grad, c, r, g, m):"], factored.first_uses(steps)
    for k in range(max(round_of.values(), default=0) + 1):
        here = [n for n in steps if round_of[n.index] == k]
        for node in (n for n in here if not n.per_run and n.op not in REDUCTIONS):
            if name := new_factor.get(node.index):
                lines += [f"    {line}" for line in _filled(names, f"b{name}", factored.amplitudes(node))]
                lines.append(f"    {name} = factor(b{name}, m[{node.args[-1]}])")
            lines += [f"    {line}" for line in _scalar(names, node)]
        if k in loops:
            loop = loops[k]
            head, body = _loop(names, f"round_{k}", loop)
            functions += [f"def {head}:", *body, ""]
            lines += [f"    {_array(n)} = np.empty(r.shape[1])" for n in loop.stored if n.op != "spread"]
            lines.append(f"    {returned} = {head}" if (returned := _returned(loop)) else f"    {head}")
    lines += [f"    grad[{k}] = {names.name(n)}" for k, n in enumerate(outputs[1:])]
    lines.append(f"    return {names.name(outputs[0])}")
    return "\n".join([*functions, *lines])


def _scalar(names: Naming, node: Node) -> list[str]:
    """Lines that compute a scalar, or a vector of scalars."""
    if node.op == "item":
        return [f"v{node.index} = {names.name(node.args[0])}[{node.args[1]}]"]
    given, matrix = f"e{node.index}", node.args[-1]
    if node.op in factored.VECTORS:
        low = factored.factor(node)
        more = f", b{low}, m[{matrix}]" if node.op == "solve_back" else ""
        lines = _filled(names, given, factored.vectors(node))
        return [*lines, f"v{node.index} = {node.op}({low}, {given}{more})"]
    if node.op == "evidence":
        return [*_filled(names, given, node.args[:-1]), f"v{node.index} = evidence({given}, m[{matrix}])"]
    return [f"v{node.index} = {names.expression(node)}"]


def _filled(names: Naming, name: str, parts: Sequence[Node]) -> list[str]:
    """Lines that fill an array with scalars."""
    return [f"{name} = np.empty({len(parts)})", *(f"{name}[{k}] = {names.name(p)}" for k, p in enumerate(parts))]


def _loop(names: Naming, name: str, loop: Loop) -> tuple[str, list[str]]:
    """One loop over the runs as a function: its signature and the lines of its body."""
    used = (a for n in (*loop.steps, *loop.reductions) for a in n.inputs if not a.per_run)
    scalars = {a.index: names.name(a) for a in used}
    arrays = [_array(n) for n in (*loop.loaded, *(n for n in loop.stored if n.op != "spread"))]
    given = [name for name in scalars.values() if name.startswith("v")]
    head = f"{name}({', '.join(['x', 'c', 'r', 'g', *given, *arrays])})"
    # a loop that adds to a vector is not vectorised, and calls of libm compile faster
    prefix = "" if any(n.op == "scatter" and n.args[2] > MAX_SCALAR_SUMS for n in loop.reductions) else "loop_"
    parts = [_reduction(names, node) for node in loop.reductions]
    before, added, after = ([line for part in parts for line in part[k]] for k in range(3))
    lines = [line for node in loop.steps for line in _before(names, node)]
    lines += [*before, "for i in range(np.uint64(r.shape[1])):"]
    lines += [f"    v{n.index} = {_array(n)}[i]" for n in loop.loaded if n.op != "spread"]
    lines += [f"    v{n.index} = {_loop_expression(names, n, prefix)}" for n in loop.steps if n.op != "spread"]
    lines += [f"    {_array(n)}[i] = v{n.index}" for n in loop.stored if n.op != "spread"]
    lines += [*(f"    {line}" for line in added), *after, f"return {_returned(loop)}"]
    return head, [f"    {line}" for line in lines]


def _before(names: Naming, node: Node) -> list[str]:
    """Lines before the loop that a step in the loop needs."""
    if node.op == "gather":
        return _filled(names, f"e{node.index}", node.args[:-1])
    if node.op == "spread":
        half = len(node.args) // 2
        numbers, block = f"e{node.index}", names.block(node.args[half:])
        return [*_filled(names, numbers, node.args[:half]), f"s{node.index} = spread({numbers}, r[{block}])"]
    return []


def _reduction(names: Naming, node: Node) -> tuple[list[str], list[str], list[str]]:
    """Lines of a reduction before the loop, in the loop, and after it."""
    value, name = _row(names, node.args[0]), f"v{node.index}"
    if node.op == "sum":
        return [f"{name} = 0.0"], [f"{name} += {value}"], []
    if node.op == "project":
        end = f"{name} = projected(p{node.index}, r[{names.block(node.args[1:])}])"
        return [f"p{node.index} = np.empty(r.shape[1])"], [f"p{node.index}[i] = {value}"], [end]
    _, group, size = node.args
    if size > MAX_SCALAR_SUMS:
        return [f"{name} = np.zeros({size})"], [f"{name}[int(g[{group}, i])] += {value}"], []
    each = [f"{name}_{k}" for k in range(size)]
    add = [f"{part} += {value} if g[{group}, i] == {k}.0 else 0.0" for k, part in enumerate(each)]
    end = [f"{name}[{k}] = {part}" for k, part in enumerate(each)]
    return [f"{part} = 0.0" for part in each], add, [f"{name} = np.empty({size})", *end]


def _row(names: Naming, node: Node) -> str:
    """The value of a step for run i, in a loop."""
    name = names.name(node)
    if node.op == "spread":
        return f"s{node.index}[i]"
    return f"{name[:-1]}, i]" if name.startswith("r[") else name


def _loop_expression(names: Naming, node: Node, prefix: str) -> str:
    """A step in a loop; `prefix` is "loop_" if elementary functions come from `bayescale.autodiff.simd_math`."""
    if node.op == "gather":
        return f"e{node.index}[int(g[{node.args[-1]}, i])]"
    rows = [_row(names, a) for a in node.inputs]
    if node.op in BINARY and not (node.op == "power" and prefix):
        return f"{rows[0]} {OPERATORS[node.op]} {rows[1]}"
    return f"{prefix if node.op in ELEMENTARY else ''}{node.op}({', '.join(rows)})"


def _array(node: Node) -> str:
    """Name of the array of a step's values for all runs."""
    return f"{'s' if node.op == 'spread' else 'k'}{node.index}"


def _returned(loop: Loop) -> str:
    """What the function of a loop returns."""
    names = [f"v{n.index}" for n in loop.reductions] + [_array(n) for n in loop.stored if n.op == "spread"]
    return "".join(f"{name}, " for name in names).rstrip()
