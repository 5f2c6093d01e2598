"""MathML: formulas in web pages and notebooks. Browsers and screen readers read it without scripts or fonts."""

from html import escape

from bayescale.base.typeset.expression import GREEK

#: First of the lower-case Greek letters in Unicode, which has a second sigma between rho and sigma.
_ALPHABET = dict(zip(GREEK, "αβγδεζηθικλμνξπρστφχψω", strict=True))
#: Operators whose sign differs from that of the code. U+2062 is a product that is not written.
_OPERATORS = {"*": "\u2062", "-": "−", "~": "∼"}


class MathML:
    """The notation; see `bayescale.base.typeset.expression.Notation`."""

    def letter(self, base: str, below: list[str]) -> str:
        """A symbol with its indices."""
        main = self.words(base)
        if not below:
            return main
        index = "<mo>,</mo>".join(self.number(part) if part.isdigit() else self.words(part) for part in below)
        return f"<msub>{main}<mrow>{index}</mrow></msub>"

    def number(self, text: str) -> str:
        """A number; the sign of a negative one is an operator."""
        if text.startswith("-"):
            return f"<mrow><mo>−</mo><mn>{escape(text[1:])}</mn></mrow>"
        return f"<mn>{escape(text)}</mn>"

    def words(self, text: str) -> str:
        """A name; browsers set one of several letters upright."""
        return f"<mi>{escape(_ALPHABET.get(text, text))}</mi>"

    def operator(self, sign: str) -> str:
        """An operator."""
        return f"<mo>{escape(_OPERATORS.get(sign, sign))}</mo>"

    def fraction(self, above: str, below: str) -> str:
        """A fraction."""
        return f"<mfrac><mrow>{above}</mrow><mrow>{below}</mrow></mfrac>"

    def power(self, base: str, exponent: str) -> str:
        """A power."""
        return f"<msup><mrow>{base}</mrow><mrow>{exponent}</mrow></msup>"

    def root(self, inside: str) -> str:
        """A square root."""
        return f"<msqrt>{inside}</msqrt>"

    def brackets(self, inside: str, kind: str = "()") -> str:
        """Something in brackets."""
        return f"<mrow><mo>{kind[0]}</mo>{inside}<mo>{kind[1]}</mo></mrow>"

    def join(self, parts: list[str]) -> str:
        """Parts one after the other."""
        return f"<mrow>{''.join(parts)}</mrow>"


def math(content: str, block: bool = False) -> str:
    """The element of a formula, inline or as a block of its own."""
    return f'<math display="{"block" if block else "inline"}">{content}</math>'
