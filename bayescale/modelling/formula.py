"""How a formula is read, renamed and printed: positional = columns of `runs`, keyword-only = parameters."""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Signature:
    """The three kinds of arguments of a formula.

    Attributes
    ----------
    columns : names of columns of `runs` (positional arguments).
    reference : positional arguments that are numbers of the runs: ``N0`` and ``N_top`` beside a column ``N``.
    parameters : keyword-only arguments, each of which needs a prior or a number.
    """

    columns: tuple[str, ...]
    reference: tuple[str, ...]
    parameters: tuple[str, ...]


@lru_cache(maxsize=256)
def signature(function: Callable) -> Signature:
    """Read the columns, the reference values and the parameters of `function` from its signature.

    Raises
    ------
    TypeError
        If the function has ``*args``, ``**kwargs`` or default values, whose roles would be unclear.
    """
    positional, parameters = [], []
    for argument in inspect.signature(function).parameters.values():
        if argument.kind in (argument.VAR_POSITIONAL, argument.VAR_KEYWORD) or argument.default is not argument.empty:
            raise TypeError(
                f"{function.__name__} has the argument '{argument}'; a formula takes columns as plain positional "
                "arguments and parameters as keyword-only ones, without defaults: def f(N, N0, *, E, alpha_N)."
            )
        (parameters if argument.kind is argument.KEYWORD_ONLY else positional).append(argument.name)
    reference = [n for n in positional if is_reference(n, positional)]
    columns = [n for n in positional if n not in reference]
    return Signature(tuple(columns), tuple(reference), tuple(parameters))


def is_reference(name: str, columns: Sequence[str]) -> bool:
    """Whether an argument is a number of the runs: ``N0``, the middle of N; ``N_top``, the N of the largest run; or
    ``loss_min``, the smallest observed loss."""
    base = name.removesuffix("_top") if name.endswith("_top") else name[:-1] if name.endswith("0") else ""
    return name == "loss_min" or (bool(base) and (base in columns or f"{base}0" in KNOWN))


# Reference values that a formula may name without naming their column (a derived constant needs only N0).
KNOWN = ("N0", "D0", "C0", "S0", "U0")


def call(function: Callable, *sources: Mapping[str, Any]) -> Any:
    """Call `function` with every argument looked up by name in the first of `sources` that has it.

    Raises
    ------
    ValueError
        If an argument is in none of the sources.
    """
    parts = signature(function)

    def value(name: str) -> Any:
        for source in sources:
            if name in source:
                return source[name]
        known = sorted({str(key) for source in sources for key in source})
        raise ValueError(f"{function.__name__} needs '{name}', which is not among {known}.")

    order = [p.name for p in inspect.signature(function).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    return function(*(value(n) for n in order), **{n: value(n) for n in parts.parameters})


def renamed(function: Callable, new: Callable[[str], str]) -> Callable:
    """`function` under other argument names."""
    old = inspect.signature(function)
    back = {new(p): p for p in old.parameters}
    positional = [new(p.name) for p in old.parameters.values() if p.kind is not p.KEYWORD_ONLY]

    def wrapped(*columns, **parameters):
        values = dict(zip(positional, columns, strict=True)) | parameters
        return call(function, {back[name]: value for name, value in values.items()})

    wrapped.__name__ = new(function.__name__)
    wrapped.__signature__ = inspect.Signature([p.replace(name=new(p.name)) for p in old.parameters.values()])  # type: ignore[attr-defined]
    wrapped.text = re.sub(r"\w+", lambda word: new(word[0]), text(function))  # type: ignore[attr-defined]
    return wrapped


def text(function: Callable) -> str:
    """The body of a formula as text, for provenance; its signature where the source is not at hand."""
    if hasattr(function, "text"):
        return function.text  # type: ignore[attr-defined]
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError):
        return f"{function.__name__}{inspect.signature(function)}"
    if not isinstance(node, ast.FunctionDef):
        return f"{function.__name__}{inspect.signature(function)}"
    body = [
        ast.unparse(part)
        for part in node.body
        if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
    ]
    return "; ".join(line.replace("return ", "loss = ", 1) if line.startswith("return ") else line for line in body)
