"""Lines: a law as lines of mathematics, each with a left side, a sign and a right side."""

from typing import NamedTuple

from bayescale.base.typeset.expression import Notation, expression, statement, symbol
from bayescale.base.typeset.law_text import LawText

#: Variate -> how its distribution is written, as code.
_VARIATES = {"normal": "Normal(0, 1)", "student": "StudentT(nu)", "laplace": "Laplace(0, 1)"}


class Line(NamedTuple):
    """A line: ``left sign right``; `right` is code as it came if the notation cannot write it (`plain`)."""

    left: str
    sign: str
    right: str
    plain: bool = False


def of_formula(law: LawText, to: Notation) -> list[Line]:
    """The formula, a line for each statement; one plain line if a statement has no notation, as a loop has not."""
    found = [statement(code, to) for code in law.statements]
    if any(sides is None for sides in found):
        return [Line("", "", law.formula, plain=True)]
    return [Line(left, "=", right) for sides in found if sides is not None for left, right in sides]


def of_priors(law: LawText, to: Notation) -> list[Line]:
    """A line for each parameter: its prior, or its value if it is fixed."""
    given = [(name, "~", code) for name, code in law.priors.items()]
    given += [(name, "=", code) for name, code in law.fixed.items()]
    lines = []
    for name, sign, code in given:
        right = expression(code, to)
        lines.append(Line(symbol(name, to), sign, code if right is None else right, plain=right is None))
    return lines


def of_noise(law: LawText, to: Notation) -> list[Line]:
    """How an observed loss scatters about the law's: its logarithm, and the variate z."""
    delta = " + delta" if law.discrepancy else ""
    scale = expression(law.scale, to)
    shown = law.scale if scale is not None else "scale"
    right = expression(f"log(loss){delta} + ({shown}) * z", to) or ""
    variate = expression(_VARIATES.get(law.variate, law.variate), to) or ""
    left = to.join([to.words("ln"), symbol("loss_observed", to)])
    return [Line(left, "=", right), Line(symbol("z", to), "~", variate)]
