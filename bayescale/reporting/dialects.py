"""Dialects: how a sentence writes numbers, names, formulas and citations, as plain text or as LaTeX."""

from collections.abc import Sequence
from typing import Any, Protocol

from bayescale.base.typeset.expression import symbol
from bayescale.base.typeset.latex import Latex, escaped, power_of_ten
from bayescale.base.typeset.law_text import LawText
from bayescale.base.typeset.lines import Line, of_formula, of_priors

#: Significant digits of sizes and losses in sentences.
DIGITS = 4


def short(value: float, digits: int = DIGITS) -> str:
    """A number with at most so many significant digits: ``49``, ``2.188``, ``7.2e10``.

    Examples
    --------
    >>> short(72_000_000_000.0), short(2.18812), short(12.0)
    ('7.2e10', '2.188', '12')
    """
    number = f"{value:.{digits}g}"
    mantissa, e, exponent = number.partition("e")
    if not e and abs(value) >= 1e4:  # 51300 is 5.13e4, so that all sizes are written in one way
        mantissa, e, exponent = f"{value:.{digits - 1}e}".partition("e")
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{int(exponent)}" if e else mantissa


class Dialect(Protocol):
    """What sentences ask of a dialect."""

    def words(self, text: str) -> str: ...  # noqa: D102

    def name(self, text: str) -> str: ...  # noqa: D102

    def number(self, value: float) -> str: ...  # noqa: D102

    def equals(self, name: str, value: float) -> str: ...  # noqa: D102

    def cite(self, words: str, keys: Sequence[str]) -> str: ...  # noqa: D102

    def formula(self, law: LawText) -> str: ...  # noqa: D102

    def priors(self, law: LawText) -> list[str]: ...  # noqa: D102


class Text:
    """Plain text: code as it is written, citations in words."""

    def words(self, text: str) -> str:
        """Text of the user's."""
        return text

    def name(self, text: str) -> str:
        """Name of a parameter or column."""
        return text

    def number(self, value: float) -> str:
        """A number, shortened."""
        return short(value)

    def equals(self, name: str, value: float) -> str:
        """``name = value``."""
        return f"{name} = {short(value)}"

    def cite(self, words: str, keys: Sequence[str]) -> str:
        """A citation after a space."""
        return f" ({words})" if words else ""

    def formula(self, law: LawText) -> str:
        """The formula as code."""
        return "; ".join(law.statements).replace("np.", "")

    def priors(self, law: LawText) -> list[str]:
        """``name ~ prior`` of each parameter, then ``name = value`` of fixed ones."""
        return [f"{n} ~ {p}" for n, p in law.priors.items()] + [f"{n} = {p}" for n, p in law.fixed.items()]


class Tex:
    """LaTeX: formulas in dollars, citations by ``\\citep`` (natbib) with the keys of `cite`."""

    def words(self, text: str) -> str:
        """Text of the user's, escaped."""
        return escaped(text)

    def name(self, text: str) -> str:
        """Name of a parameter or column, as a symbol."""
        return f"${symbol(text, Latex())}$"

    def number(self, value: float) -> str:
        """A number; one with an exponent is a formula."""
        text = short(value)
        return f"${power_of_ten(text)}$" if "e" in text else text

    def equals(self, name: str, value: float) -> str:
        """``name = value`` as a formula."""
        return f"${symbol(name, Latex())} = {power_of_ten(short(value))}$"

    def cite(self, words: str, keys: Sequence[str]) -> str:
        """A citation by key, after a space that does not break; the words if there is no key."""
        if keys:
            return f"~\\citep{{{','.join(keys)}}}"
        return f" ({escaped(words)})" if words else ""

    def formula(self, law: LawText) -> str:
        """The statements of the formula, each as a formula."""
        return ", ".join(self._line(line) for line in of_formula(law, Latex()))

    def priors(self, law: LawText) -> list[str]:
        """Each prior as a formula, with brackets of fixed size, at which a line of text may end."""
        lines = [self._line(line) for line in of_priors(law, Latex())]
        return [line.replace("\\left(", "(").replace("\\right)", ")") for line in lines]

    def _line(self, line: Line) -> str:
        left = f"{line.left} {'=' if line.sign == '=' else chr(92) + 'sim'}".strip()
        if line.plain:
            return (f"${left}$ " if line.left else "") + f"\\texttt{{{escaped(' '.join(line.right.split()))}}}"
        return f"${left} {line.right}$"


#: Name of a form -> dialect.
DIALECTS: dict[str, Any] = {"text": Text(), "latex": Tex()}


def dialect(form: str) -> Dialect:
    """The dialect of a form.

    Raises
    ------
    ValueError
        If there is no such form.
    """
    if form not in DIALECTS:
        raise ValueError(f"form is {form!r}; wanted one of {list(DIALECTS)}.")
    return DIALECTS[form]
