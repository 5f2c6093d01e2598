"""Node: one step of a tape; Python's operators and NumPy's ufuncs of nodes record further steps."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from bayescale.autodiff.tape import Tape

#: Elementary steps of one argument. All but the last two are NumPy ufuncs of the same name.
UNARY = ("negative", "exp", "log", "log1p", "expm1", "sqrt", "tanh", "absolute", "sign", "lgamma", "erf")
#: Elementary steps of two arguments, NumPy ufuncs of the same name.
BINARY = ("add", "subtract", "multiply", "divide", "power")
_UFUNCS = {*UNARY[:9], *BINARY}


class Untraceable(TypeError):
    """A step that the tape does not support; the law is then left to PyMC."""


def _operator(op: str, reflected: bool = False):
    """A Python operator on nodes: one step, or one for each element if the other operand is an array."""

    def operate(self, other: Any) -> Any:
        pair = (other, self) if reflected else (self, other)
        return getattr(np, op)(*pair) if isinstance(other, np.ndarray) else self.tape.step(op, *pair)

    return operate


class Node:
    """One step of a tape.

    Attributes
    ----------
    tape : Tape
    op : str, name of the operation.
    args : tuple of its arguments: nodes, and integers such as a position in the data.
    per_run : bool, whether the value is one number for each run; else it is a scalar (or a vector of scalars).
    free : bool, whether the value depends on a free coordinate.
    index : int, position in the tape.
    """

    __slots__ = ("tape", "op", "args", "per_run", "free", "index")

    def __init__(self, tape: "Tape", op: str, args: tuple, per_run: bool, free: bool, index: int):
        self.tape, self.op, self.args, self.per_run, self.free, self.index = tape, op, args, per_run, free, index

    @property
    def inputs(self) -> "list[Node]":
        """The arguments that are nodes."""
        return [a for a in self.args if isinstance(a, Node)]

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if method != "__call__" or options:
            raise Untraceable(f"numpy.{ufunc.__name__} with {method} or options")
        if any(isinstance(value, np.ndarray) and value.ndim for value in inputs):  # arrays of nodes: element by element
            return ufunc(*(_boxed(value) if isinstance(value, Node) else value for value in inputs))
        if ufunc.__name__ == "square":
            return inputs[0] * inputs[0]
        if ufunc.__name__ not in _UFUNCS:
            raise Untraceable(f"numpy.{ufunc.__name__}")
        return self.tape.step(ufunc.__name__, *inputs)

    def __bool__(self):
        raise Untraceable("a formula that branches on a value")

    __add__, __radd__ = _operator("add"), _operator("add", reflected=True)
    __sub__, __rsub__ = _operator("subtract"), _operator("subtract", reflected=True)
    __mul__, __rmul__ = _operator("multiply"), _operator("multiply", reflected=True)
    __truediv__, __rtruediv__ = _operator("divide"), _operator("divide", reflected=True)
    __pow__, __rpow__ = _operator("power"), _operator("power", reflected=True)
    __neg__ = lambda self: self.tape.step("negative", self)  # noqa: E731
    __abs__ = lambda self: self.tape.step("absolute", self)  # noqa: E731


for _op in UNARY:  # a ufunc of an array of objects calls the method of its name on each element
    setattr(Node, _op, lambda self, op=_op: self.tape.step(op, self))


def _boxed(node: Node) -> np.ndarray:
    """The node as an array of no dimensions, so that NumPy broadcasts it."""
    box = np.empty((), dtype=object)
    box[()] = node
    return box
