"""Read, call, rename and print a formula.

Positional arguments are columns of `runs`, or reference values such as ``N0``; keyword-only arguments are parameters.
"""

import ast
import inspect
import re
import textwrap
import tokenize
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Signature:
    """The three kinds of arguments of a formula.

    Attributes
    ----------
    columns : positional arguments that are columns of `runs`.
    reference : positional arguments with one value for the whole table, such as ``N0`` and ``N_top`` (see
        `is_reference`).
    parameters : keyword-only arguments. Each needs a prior or a number.
    """

    columns: tuple[str, ...]
    reference: tuple[str, ...]
    parameters: tuple[str, ...]


@lru_cache(maxsize=256)
def signature(function: Callable) -> Signature:
    """Columns, reference values and parameters of `function`.

    Raises
    ------
    TypeError
        If it is not a function, or has ``*args``, ``**kwargs`` or default values: their role would be unclear.
    """
    if not callable(function):
        raise TypeError(f"formula is {function!r}; wanted a function, such as def formula(N, N0, *, E, alpha_N).")
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
    """Whether an argument has one value for the whole table.

    ``N0`` is the middle of the column N, ``N_top`` the N of the largest run, ``loss_min`` the smallest observed loss.
    `columns` are the names that may be columns; names in `KNOWN` need no such column.
    """
    base = name.removesuffix("_top") if name.endswith("_top") else name[:-1] if name.endswith("0") else ""
    return name == "loss_min" or (bool(base) and (base in columns or f"{base}0" in KNOWN))


#: Reference values that a function may take without their column: a derived constant needs N0 but not N.
KNOWN = ("N0", "D0", "C0", "S0", "U0")


def call(function: Callable, *sources: Mapping[str, Any]) -> Any:
    """Call `function`, taking each argument by name from the first of `sources` that has it.

    Raises
    ------
    ValueError
        If no source has an argument.
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


@dataclass(frozen=True)
class Renamed:
    """A formula under other argument names: a value, so that a law made by `Law.rename` pickles and compares by value.

    Attributes
    ----------
    function : the formula under its own argument names.
    arguments : the new name of each argument, in the order of the formula's signature.
    name : the new name of the formula, also its ``__name__``.
    text : the body in the new names, for `text`.
    """

    function: Callable
    arguments: tuple[str, ...]
    name: str
    text: str

    def __post_init__(self):
        old = inspect.signature(self.function).parameters.values()
        new = [argument.replace(name=name) for argument, name in zip(old, self.arguments, strict=True)]
        object.__setattr__(self, "__name__", self.name)
        object.__setattr__(self, "__signature__", inspect.Signature(new))

    def __reduce__(self):
        return Renamed, (self.function, self.arguments, self.name, self.text)

    def __call__(self, *columns, **parameters):
        new = inspect.signature(self).parameters.values()
        positional = [argument.name for argument in new if argument.kind is not argument.KEYWORD_ONLY]
        values = dict(zip(positional, columns, strict=True)) | parameters
        back = dict(zip(self.arguments, inspect.signature(self.function).parameters, strict=True))
        return call(self.function, {back[name]: value for name, value in values.items()})


def in_columns(columns: Mapping[str, str]) -> Callable[[str], str]:
    """How `Law.rename` changes a name: N, N0 and alpha_N become C, C0 and alpha_C for ``{"N": "C"}``."""

    def new(word: str) -> str:
        for old, other in columns.items():
            if word in (old, f"{old}0") or word.endswith(f"_{old}") or word.startswith(f"{old}_"):
                return re.sub(rf"(?<![^_]){old}(?=$|0$|_)", other, word)
        return word

    return new


def renamed(function: Callable, new: Callable[[str], str]) -> Renamed:
    """`function` with its name, its arguments and the words of its text replaced by ``new(word)``."""
    arguments = tuple(new(name) for name in inspect.signature(function).parameters)
    body = re.sub(r"\w+", lambda word: new(word[0]), text(function))
    return Renamed(function, arguments, new(function.__name__), body)


@lru_cache(maxsize=256)
def text(function: Callable) -> str:
    """The body of a formula as one line, stored with a posterior; its name and signature if it has no source.

    A callable with an attribute ``text`` (`Renamed`, a formula made by a function) says it itself.
    """
    if hasattr(function, "text"):
        return function.text  # type: ignore[attr-defined]
    try:
        node = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    except (OSError, TypeError, SyntaxError, IndexError, tokenize.TokenError):  # no file, or one that has changed
        return f"{function.__name__}{inspect.signature(function)}"
    if not isinstance(node, ast.FunctionDef):
        return f"{function.__name__}{inspect.signature(function)}"
    body = [
        ast.unparse(part)
        for part in node.body
        if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))
    ]
    return "; ".join(line.replace("return ", "loss = ", 1) if line.startswith("return ") else line for line in body)
