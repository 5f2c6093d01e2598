"""Formulas of laws as LaTeX, from their text."""

import ast

#: Words of parameters that are Greek letters.
GREEK = {"alpha", "beta", "gamma", "delta", "eta", "kappa", "omega", "sigma", "tau", "nu"}
#: Functions that LaTeX has a name for.
NAMED = {"exp": r"\exp", "log": r"\log", "tanh": r"\tanh", "smaller": r"\min", "sqrt": r"\sqrt"}
#: How tightly operators bind.
BINDS = {ast.Add: 1, ast.Sub: 1, ast.Mult: 2, ast.Div: 4, ast.USub: 2, ast.Pow: 3}


def word(name: str) -> str:
    """A name as LaTeX: ``alpha_N`` is a Greek letter with an index, ``N0`` has the index 0."""
    head, _, index = name.partition("_")
    if not index and len(name) == 2 and name[1] == "0":
        head, index = name[0], "0"
    head = f"\\{head}" if head in GREEK else head if len(head) == 1 else rf"\mathrm{{{head}}}"
    index = index.replace("_", r"\,")
    return head + (f"_{{{index}}}" if len(index) == 1 else rf"_{{\mathrm{{{index}}}}}" if index else "")


def latex(node: ast.expr) -> str:
    """An expression as LaTeX.

    Raises
    ------
    ValueError
        If the expression has a part that LaTeX is not known for.
    """
    match node:
        case ast.Name(id=name):
            return word(name)
        case ast.Constant(value=int() | float() as value):
            return f"{value:g}"
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return "-" + _inside(operand, 2)
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return rf"\frac{{{latex(left)}}}{{{latex(right)}}}"
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            return rf"{_base(left)}^{{{latex(right)}}}"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return rf"{_inside(left, 2)} \, {_inside(right, 2)}"
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            sign = "+" if isinstance(op, ast.Add) else "-"
            return f"{latex(left)} {sign} {_inside(right, 1 if sign == '+' else 2)}"
        case ast.Call(func=function, args=arguments):
            return _call(function.attr if isinstance(function, ast.Attribute) else latex_name(function), arguments)
        case ast.Tuple(elts=parts):
            return r",\; ".join(latex(part) for part in parts)
    raise ValueError(f"There is no LaTeX for {ast.unparse(node)}.")


def latex_name(function: ast.expr) -> str:
    """The name of a function that is called by its name."""
    if isinstance(function, ast.Name):
        return function.id
    raise ValueError(f"There is no LaTeX for a call of {ast.unparse(function)}.")


def _call(name: str, arguments: list[ast.expr]) -> str:
    if name == "log1p":
        return rf"\log\left(1 + {latex(arguments[0])}\right)"
    if name == "expm1":
        return rf"\left(\exp\left({latex(arguments[0])}\right) - 1\right)"
    if name == "abs":
        return rf"\left|{latex(arguments[0])}\right|"
    said = NAMED.get(name, rf"\operatorname{{{name}}}".replace("_", r"\_"))
    return rf"{said}\left({', '.join(map(latex, arguments))}\right)"


def _base(node: ast.expr) -> str:
    return latex(node) if isinstance(node, ast.Name | ast.Constant) else rf"\left({latex(node)}\right)"


def _inside(node: ast.expr, least: int) -> str:
    """A part of an expression, in brackets where its operator binds less than `least`."""
    op = getattr(node, "op", None)
    binds = BINDS[type(op)] if op is not None else 9
    return latex(node) if binds >= least else rf"\left({latex(node)}\right)"


def lines(text: str) -> list[str]:
    """The statements ``name = expression`` of a formula's text, one LaTeX line each.

    Raises
    ------
    ValueError
        If a statement is something else, such as a loop.
    """
    try:
        body = ast.parse(text).body
    except SyntaxError:
        raise ValueError(f"There is no LaTeX for {text}.") from None
    found = []
    for node in body:
        if not isinstance(node, ast.Assign):
            raise ValueError(f"There is no LaTeX for {ast.unparse(node)}.")
        target = node.targets[0]
        left = "L" if isinstance(target, ast.Name) and target.id == "loss" else latex(target)
        found.append(f"{left} &= {latex(node.value)}")
    return found
