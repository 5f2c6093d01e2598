"""Expression: a formula or a prior, written as Python code, in a notation (LaTeX or MathML)."""

import ast
import re
from typing import Protocol

#: Letters that have a sign of their own.
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau phi chi psi omega"
).split()
#: Functions of NumPy that are not written by their name.
FUNCTIONS = {"log": "ln", "exp": "exp", "tanh": "tanh", "smaller": "min", "minimum": "min", "maximum": "max"}
#: How tightly parts bind: a part in a tighter place gets brackets.
SUM, PRODUCT, POWER, ATOM = range(4)
#: Significant digits of numbers in code, such as mu = log(0.01).
DIGITS = 4


class Notation(Protocol):
    """What a notation can write. Every method takes and returns text in the notation."""

    def letter(self, base: str, below: list[str]) -> str: ...  # noqa: D102

    def number(self, text: str) -> str: ...  # noqa: D102

    def words(self, text: str) -> str: ...  # noqa: D102

    def operator(self, sign: str) -> str: ...  # noqa: D102

    def fraction(self, above: str, below: str) -> str: ...  # noqa: D102

    def power(self, base: str, exponent: str) -> str: ...  # noqa: D102

    def root(self, inside: str) -> str: ...  # noqa: D102

    def brackets(self, inside: str, kind: str = "()") -> str: ...  # noqa: D102

    def join(self, parts: list[str]) -> str: ...  # noqa: D102


def symbol(name: str, to: Notation) -> str:
    """A name of code as a symbol: ``alpha_N`` is a Greek letter with an index, ``loss`` is L."""
    base, *below = name.split("_")
    if digits := re.fullmatch(r"([A-Za-z]+?)(\d+)", base):
        base, below = digits[1], [digits[2], *below]
    return to.letter("L" if base == "loss" else base, [part for part in below if part])


def statement(code: str, to: Notation) -> list[tuple[str, str]] | None:
    """The two sides of ``left = right``, or of each part of ``a, b = (x, y)``.

    None if the code is no such statement, or has parts with no notation.
    """
    try:
        (line,) = ast.parse(code).body
        if not isinstance(line, ast.Assign):
            return None
        target, value = line.targets[0], line.value
        pairs = [(target, value)]
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            pairs = list(zip(target.elts, value.elts, strict=True))
        if not all(isinstance(left, ast.Name) for left, _ in pairs):
            return None
        return [(symbol(left.id, to), _write(right, to)[0]) for left, right in pairs if isinstance(left, ast.Name)]
    except (SyntaxError, ValueError, KeyError):
        return None


def expression(code: str, to: Notation) -> str | None:
    """A value, such as a prior; None if it is no Python expression, or has parts with no notation."""
    try:
        return _write(ast.parse(code, mode="eval").body, to)[0]
    except (SyntaxError, ValueError, KeyError):
        return None


def own_functions(code: str) -> list[str]:
    """Names of functions that code calls and that are neither NumPy's nor known to `FUNCTIONS`."""
    try:
        calls = [node.func for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    except SyntaxError:
        return []
    names = [function.id for function in calls if isinstance(function, ast.Name)]
    return [name for name in dict.fromkeys(names) if name not in (*FUNCTIONS, "abs", "range")]


def _write(node: ast.expr, to: Notation) -> tuple[str, int]:
    """A part, and how tightly it binds."""
    if isinstance(node, ast.Name):
        return symbol(node.id, to), ATOM
    if isinstance(node, ast.Constant):
        return _constant(node.value, to)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return to.join([to.operator("-"), _inside(node.operand, PRODUCT, to)]), SUM
    if isinstance(node, ast.Call):
        return _call(node, to)
    if isinstance(node, ast.Tuple | ast.List):
        return _listed([_write(each, to)[0] for each in node.elts], to), ATOM
    if not isinstance(node, ast.BinOp):
        raise ValueError(f"there is no notation for {type(node).__name__}")
    return _operation(node, to)


def _operation(node: ast.BinOp, to: Notation) -> tuple[str, int]:
    left, right = node.left, node.right
    if isinstance(node.op, ast.Div):
        return to.fraction(_write(left, to)[0], _write(right, to)[0]), POWER
    if isinstance(node.op, ast.Pow):
        return to.power(_inside(left, ATOM, to), _write(right, to)[0]), POWER
    if isinstance(node.op, ast.Mult):
        if isinstance(left, ast.UnaryOp):  # -a * b: no brackets around -a
            return _write(ast.UnaryOp(left.op, ast.BinOp(left.operand, ast.Mult(), right)), to)
        return to.join([_inside(left, PRODUCT, to), to.operator("*"), _inside(right, PRODUCT, to)]), PRODUCT
    sign = {ast.Add: "+", ast.Sub: "-"}[type(node.op)]
    behind = _inside(right, PRODUCT if sign == "-" or _negative(right) else SUM, to)
    return to.join([_write(left, to)[0], to.operator(sign), behind]), SUM


def _negative(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp)


def _inside(node: ast.expr, level: int, to: Notation) -> str:
    """A part, in brackets if it binds less tightly than its place."""
    text, own = _write(node, to)
    return text if own >= level else to.brackets(text)


def _call(node: ast.Call, to: Notation) -> tuple[str, int]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    arguments = [_write(each, to)[0] for each in node.args]
    if name == "sqrt":
        return to.root(*arguments), ATOM
    if name in ("abs", "absolute"):
        return to.brackets(*arguments, "||"), ATOM
    if name in ("log1p", "expm1"):
        one = [to.number("1"), to.operator("+"), *arguments] if name == "log1p" else arguments
        text = to.join([to.words("ln" if name == "log1p" else "exp"), to.brackets(to.join(one))])
        return (text, ATOM) if name == "log1p" else (to.join([text, to.operator("-"), to.number("1")]), SUM)
    for key in node.keywords:
        arguments.append(to.join([symbol(key.arg or "", to), to.operator("="), _write(key.value, to)[0]]))
    return to.join([to.words(FUNCTIONS.get(name, name)), _listed(arguments, to)]), ATOM


def _listed(parts: list[str], to: Notation) -> str:
    between = [piece for part in parts for piece in (part, to.operator(","))][:-1]
    return to.brackets(to.join(between))


def _constant(value: object, to: Notation) -> tuple[str, int]:
    if isinstance(value, str | bool) or value is None:
        return to.words(str(value)), ATOM
    if not isinstance(value, int | float):
        raise ValueError(f"there is no notation for {value!r}")
    return to.number(f"{value:.{DIGITS}g}"), ATOM
