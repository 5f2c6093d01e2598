"""LaTeX: the notation of formulas in papers. Needs no package beyond amsmath."""

import re

from bayescale.base.typeset.expression import GREEK

#: Characters that LaTeX reads as commands -> how to write them.
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
#: Operators whose sign differs from that of the code.
_OPERATORS = {"*": r"\,", "~": r" \sim ", ",": ", ", "=": " = ", "+": " + ", "-": " - "}
#: Functions that LaTeX knows.
_FUNCTIONS = ("ln", "exp", "tanh", "min", "max")


def escaped(text: str) -> str:
    """Text outside of formulas, with the characters escaped that LaTeX reads as commands."""
    return "".join(_SPECIAL.get(sign, sign) for sign in text)


def power_of_ten(text: str) -> str:
    r"""A number such as ``1.2e21`` in mathematics: ``1.2 \times 10^{21}``; other text unchanged."""
    found = re.fullmatch(r"(-?[\d.]+)e([+-]?\d+)", text)
    return rf"{found[1]} \times 10^{{{int(found[2])}}}" if found else text


class Latex:
    """The notation; see `bayescale.base.typeset.expression.Notation`."""

    def letter(self, base: str, below: list[str]) -> str:
        """A symbol with its indices."""
        main = f"\\{base}" if base in GREEK else self.words(base)
        if not below:
            return main
        index = ", ".join(f"\\{part}" if part in GREEK else self.words(part) for part in below)
        return f"{main}_{{{index}}}"

    def number(self, text: str) -> str:
        """A number, with a power of ten where it has an exponent."""
        return power_of_ten(text)

    def words(self, text: str) -> str:
        """A name of several letters, upright; a single letter or a number as it is."""
        if text in _FUNCTIONS:
            return f"\\{text}"
        return text if len(text) == 1 or text.isdigit() else f"\\mathrm{{{escaped(text)}}}"

    def operator(self, sign: str) -> str:
        """An operator with its spaces."""
        return _OPERATORS.get(sign, sign)

    def fraction(self, above: str, below: str) -> str:
        """A fraction."""
        return f"\\frac{{{above}}}{{{below}}}"

    def power(self, base: str, exponent: str) -> str:
        """A power."""
        return f"{base}^{{{exponent.strip()}}}"

    def root(self, inside: str) -> str:
        """A square root."""
        return f"\\sqrt{{{inside}}}"

    def brackets(self, inside: str, kind: str = "()") -> str:
        """Something in brackets that grow with it."""
        return f"\\left{kind[0]}{inside}\\right{kind[1]}"

    def join(self, parts: list[str]) -> str:
        """Parts one after the other; a minus sign at the start has no space before it."""
        text = ""
        for part in parts:
            text += " " * bool(re.search(r"\\[A-Za-z]+$", text) and part[:1].isalpha()) + part
        return text.lstrip()
