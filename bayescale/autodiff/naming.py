"""Names of the steps of a tape in generated code: constants by position, coordinates ``x[k]``, other steps ``v17``."""

from collections.abc import Iterable, Sequence

from bayescale.autodiff.node import BINARY, Node

#: Python operators of the binary steps.
OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/", "power": "**"}


class Naming:
    """How generated code calls each step.

    Parameters
    ----------
    leaves : nodes that do not depend on a free coordinate: the numbers and columns of `Constants`, in its order.
    """

    def __init__(self, leaves: Iterable[Node]):
        leaves = list(leaves)
        self._names = {leaf.index: f"c[{k}]" for k, leaf in enumerate(n for n in leaves if not n.per_run)}
        self._names |= {leaf.index: f"r[{k}]" for k, leaf in enumerate(n for n in leaves if n.per_run)}

    def name(self, node: Node) -> str:
        """The value of a step."""
        if node.op == "constant":
            return f"({node.args[0]!r})"
        if node.op == "free":
            return f"x[{node.args[0]}]"
        return self._names.get(node.index, f"v{node.index}")

    def listed(self, nodes: Iterable[Node]) -> str:
        """The values of several steps, with commas between them."""
        return ", ".join(map(self.name, nodes))

    def expression(self, node: Node) -> str:
        """An elementary step as an expression of its inputs."""
        names = [self.name(a) for a in node.inputs]
        return f"{names[0]} {OPERATORS[node.op]} {names[1]}" if node.op in BINARY else f"{node.op}({names[0]})"

    def block(self, columns: Sequence[Node]) -> str:
        """The slice of the columns of `project` or `spread`, which are neighbours in `Constants.columns`."""
        at = [int(self._names[column.index][2:-1]) for column in columns]
        assert at == list(range(at[0], at[0] + len(at)))
        return f"{at[0]} : {at[-1] + 1}"
