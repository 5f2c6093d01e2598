"""Where: conditions on the rows of a table, ``"C < 1e22 and split != 'heldout'"``.

A condition may come from somebody else, so its text is never run as Python. It is parsed, every part is checked against
a short list of what conditions need, and pandas is only handed the single operations: two columns to compare, a column
and a number to add. No engine of pandas or NumExpr sees the text, so their scopes and functions are out of reach.
"""

import ast
import operator
import re
import unicodedata
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from bayescale.data.values import check_kinds

#: Longest condition [characters]; a list of a few hundred names fits.
_LONGEST = 10_000
#: Deepest nesting: far more than people write, far less than Python's limit of recursion.
_DEEPEST = 50
#: Whole numbers beyond this are not exact as floats, and overflow the 64 bits of a column soon.
_EXACT = 2**53

_COMPARE: Mapping[type, Callable] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: Mapping[type, Callable] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_JOIN: Mapping[type, Callable] = {ast.And: operator.and_, ast.Or: operator.or_}
#: What is refused by name -> what to write instead.
_REFUSED: Mapping[type, str] = {
    ast.Attribute: "attributes and methods (.str, .isin) are not allowed; write name == 'a' or name in ['a', 'b']",
    ast.Call: "functions and methods are not allowed; write name == 'a' or name in ['a', 'b'], N == N for not missing",
    ast.Subscript: "square brackets after a name are not allowed; write `my column` in backticks",
    ast.NamedExpr: "':=' is not allowed; for equality write ==",
    ast.IfExp: "'if' is not allowed; write and, or, not",
    ast.Lambda: "functions are not allowed",
    ast.JoinedStr: "f-strings are not allowed; write plain text in quotes",
}
_WANTED = (
    "wanted comparisons of columns and constants, joined by and, or, not, such as \"C < 1e22 and split != 'test'\""
)
#: Text in quotes, a name in backticks, or a sign that is read otherwise than in Python.
_SIGNS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?P<name>[^`]*)`|(?P<sign>[&|@`])""", re.S)


def where(table: pd.DataFrame, condition: str) -> np.ndarray:
    """Which rows of a table meet a condition.

    Parameters
    ----------
    table : DataFrame
    condition : str. Columns by name (in backticks if the name is no Python name), numbers, text in quotes, True, False;
        ``< <= > >= == !=``, also chained; ``in`` and ``not in`` a list; ``and or not`` or ``& | ~``, which bind as
        loosely; ``+ - * / // % **``, computed with floats. A comparison with a missing value is false, but for ``!=``.

    Returns
    -------
    Array of bool, one for each row.

    Raises
    ------
    ValueError
        If the condition has anything else, names a column that is not there, or is not a condition on the rows.
    """
    try:
        columns, tree = _parsed(condition, table)
        with np.errstate(all="ignore"):
            result = _Rows(table.reset_index(drop=True), columns).value(tree, 0)
        if not isinstance(result, pd.Series):
            raise ValueError(f"it has the same value for every row; {_WANTED}")
        return _condition(result, "the whole").to_numpy(dtype=bool)
    except (ValueError, TypeError, ArithmeticError, NotImplementedError, RecursionError) as error:
        shown = condition if len(str(condition)) <= 200 else f"{condition[:200]}…"
        why = "a number in it is too large" if isinstance(error, OverflowError) else str(error)
        raise ValueError(
            f"The condition {shown!r} cannot be read: {why.rstrip('.')}. Columns: {list(table.columns)}."
        ) from None


def _parsed(condition: str, table: pd.DataFrame) -> tuple[dict[str, Any], ast.expr]:
    """Column of each name that may stand in a condition, and the condition's syntax tree."""
    if not isinstance(condition, str):
        raise TypeError(f"it is a {type(condition).__name__}; wanted text, such as 'C < 1e22'")
    if len(condition) > _LONGEST:
        raise ValueError(f"it has {len(condition)} characters; wanted at most {_LONGEST}. Select the rows beforehand")
    columns = {unicodedata.normalize("NFKC", name): name for name in table.columns if isinstance(name, str)}
    prefix = "_column"
    while any(prefix in name for name in (condition, *columns)):
        prefix += "_"

    def plain(match: re.Match) -> str:
        if match["sign"] == "@":
            raise ValueError("'@' (a variable of Python) is not allowed; write the value itself")
        if match["sign"] == "`":
            raise ValueError("a backtick has no partner; write `my column`")
        if match["sign"]:
            return {"&": " and ", "|": " or "}[match["sign"]]
        if match["name"] is None:
            return match[0]
        key = f"{prefix}{len(columns)}"
        columns[key] = match["name"]
        return f" {key} "

    text = _SIGNS.sub(plain, condition).strip()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)
            return columns, ast.parse(text, mode="eval").body
    except (RecursionError, MemoryError):
        raise ValueError(f"it is nested too deeply; wanted at most {_DEEPEST} levels") from None
    except (SyntaxError, ValueError) as error:
        cure = "; for equality write ==" if re.search(r"[^=!<>]=[^=]", text) else ""
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise ValueError(f"{reason}{cure}; {_WANTED}") from None


class _Rows:
    """The values of the parts of a condition: a column (Series), a number, text or a list of constants."""

    def __init__(self, table: pd.DataFrame, columns: Mapping[str, Any]):
        self.table, self.columns = table, columns

    def value(self, node: ast.expr, depth: int) -> Any:
        """The value of one part, `depth` levels below the whole."""
        if depth > _DEEPEST:
            raise ValueError(f"it is nested too deeply; wanted at most {_DEEPEST} levels")
        match node:
            case ast.Name():
                return self._column(node.id)
            case ast.Constant(value=bool() | int() | float() | str() as constant):
                return float(constant) if type(constant) is int and abs(constant) > _EXACT else constant
            case ast.List() | ast.Tuple() | ast.Set():
                return self._list(node, depth)
            case ast.BoolOp():
                parts = [self.value(part, depth + 1) for part in node.values]
                return self._joined(_JOIN[type(node.op)], parts, node.values)
            case ast.UnaryOp(op=ast.Not() | ast.Invert()):
                return ~_condition(self.value(node.operand, depth + 1), self._shown(node.operand))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                number = _number(self.value(node.operand, depth + 1), self._shown(node.operand))
                return -number if isinstance(node.op, ast.USub) else number
            case ast.BinOp() if type(node.op) in _ARITHMETIC:
                sides = [_number(self.value(side, depth + 1), self._shown(side)) for side in (node.left, node.right)]
                return _ARITHMETIC[type(node.op)](*sides)
            case ast.Compare():
                return self._compared(node, depth)
        raise ValueError(f"{_REFUSED.get(type(node), f'{self._shown(node)} is not allowed')}; {_WANTED}")

    def _column(self, name: str) -> pd.Series:
        if name not in self.columns or self.columns[name] not in self.table:
            raise ValueError(f"there is no column '{self.columns.get(name, name)}'; text needs quotes")
        column = self.table[self.columns[name]]
        if not isinstance(column, pd.Series):
            raise ValueError(f"the column '{name}' occurs more than once; keep one")
        return column

    def _list(self, node: ast.List | ast.Tuple | ast.Set, depth: int) -> list:
        items = [self.value(item, depth + 1) for item in node.elts]
        if any(isinstance(item, (pd.Series, list)) for item in items):
            raise ValueError("a list holds more than constants; wanted numbers or text in quotes, such as ['a', 'b']")
        return items

    def _joined(self, join: Callable, parts: list, nodes: list[ast.expr]) -> pd.Series:
        result, *rest = [_condition(part, self._shown(node)) for part, node in zip(parts, nodes, strict=True)]
        for part in rest:
            result = join(result, part)
        return result

    def _compared(self, node: ast.Compare, depth: int) -> Any:
        """A comparison, or several in a chain, each of which must hold."""
        values = [self.value(side, depth + 1) for side in (node.left, *node.comparators)]
        result: Any = None
        for left, sign, right in zip(values, node.ops, values[1:], strict=False):
            kept = _one(left, sign, right)
            result = kept if result is None else result & kept
        return result

    def _shown(self, node: ast.expr) -> str:
        """The text of a part, with the true names of its columns."""
        text = ast.unparse(node)
        for key, name in self.columns.items():
            text = text.replace(key, f"`{name}`") if key != name else text
        return f"'{text[:60]}'"


def _one(left: Any, sign: ast.cmpop, right: Any) -> Any:
    """One comparison; with a list, whether the left side is among its items."""
    among = isinstance(sign, (ast.In, ast.NotIn)) or isinstance(right, list) and isinstance(sign, (ast.Eq, ast.NotEq))
    if among:
        if not isinstance(left, pd.Series) or not isinstance(right, list):
            raise ValueError("'in' needs a column on its left and a list on its right: name in ['a', 'b']")
        for item in right:
            check_kinds(left, item)
        kept = left.isin(right)
        return ~kept if isinstance(sign, (ast.NotIn, ast.NotEq)) else kept
    if isinstance(left, list) or isinstance(right, list) or type(sign) not in _COMPARE:
        raise ValueError(f"a list stands only after in, not in, == and !=, and 'is' nowhere; {_WANTED}")
    if isinstance(sign, (ast.Eq, ast.NotEq)):
        check_kinds(left, right)
        check_kinds(right, left)
    return _COMPARE[type(sign)](left, right)


def _condition(value: Any, shown: str) -> pd.Series:
    """The value if it is true or false in each row; a missing value counts as false."""
    if isinstance(value, pd.Series) and pd.api.types.is_bool_dtype(value.dtype):
        return value.fillna(False).astype(bool)
    kind = f"of type {value.dtype}" if isinstance(value, pd.Series) else f"{value!r}"
    raise ValueError(f"{shown} is {kind}, neither true nor false in each row; compare it, as in C < 1e22")


def _number(value: Any, shown: str) -> Any:
    """The value as a float or a column of floats: whole numbers of 64 bits would overflow silently, as 6ND does."""
    if isinstance(value, pd.Series):
        if pd.api.types.is_numeric_dtype(value.dtype) and not pd.api.types.is_bool_dtype(value.dtype):
            return value.astype(float)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    kind = f"of type {value.dtype}" if isinstance(value, pd.Series) else f"{value!r}"
    raise ValueError(f"{shown} is {kind}; wanted numbers to compute with")
