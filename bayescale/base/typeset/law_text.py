"""LawText: the parts of a law's text, as a posterior stores it in ``attrs["law_text"]``."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

#: A line that gives a parameter its prior (~) or its value (=).
_PRIOR = re.compile(r"(\w+) ([~=]) (.+)", re.DOTALL)
#: The last line: log(loss) = log(mu) + scale * z, z ~ VARIATE, NOISE: SCALE.
_NOISE = re.compile(r"log\(loss\) = log\(mu\)( \+ delta)? \+ scale \* z, z ~ (\w+), (.+?): (.+)", re.DOTALL)


@dataclass(frozen=True)
class LawText:
    """The parts of a law's text.

    Attributes
    ----------
    name, source : of the law; the source is empty if the law has none.
    formula : the formula as Python code; statements are separated by "; ", and the last one starts with ``loss =``.
    priors : parameter -> text of its prior, for parameters that are inferred.
    fixed : parameter -> text of its value, for those that are not.
    noise : name of the noise.
    variate : name of the standard variate z in ``log(loss) = log(mu) + scale * z``.
    scale : code of the scale of the log loss.
    discrepancy : whether the law has one.
    """

    name: str
    source: str
    formula: str
    priors: Mapping[str, str]
    fixed: Mapping[str, str]
    noise: str
    variate: str
    scale: str
    discrepancy: bool

    @property
    def statements(self) -> list[str]:
        """The statements of the formula; a single one if it has loops, which do not split at semicolons."""
        return [self.formula] if "\n" in self.formula else self.formula.split("; ")


def read(text: str) -> LawText:
    """The parts of the text of a law.

    Raises
    ------
    ValueError
        If it is not the text of a law.
    """
    first, _, rest = text.partition("\n")
    head = re.fullmatch(r"(.+?)(?: \((.*)\))?", first.strip())
    body, mark, last = rest.rpartition("\nlog(loss) = ")
    noise = _NOISE.fullmatch(f"log(loss) = {last}")
    if head is None or not mark or noise is None:
        raise ValueError(
            f"{text[:60]!r} is not the text of a law; wanted str(law), or attrs['law_text'] of a posterior."
        )
    formula, priors = _split(body.split("\n"))
    delta, variate, name, scale = noise.groups()
    return LawText(
        head[1],
        head[2] or "",
        formula,
        {key: value for key, (sign, value) in priors.items() if sign == "~"},
        {key: value for key, (sign, value) in priors.items() if sign == "="},
        name,
        variate,
        re.sub(r"(^|; )loss = ", r"\1", scale),
        bool(delta),
    )


def _split(lines: list[str]) -> tuple[str, dict[str, tuple[str, str]]]:
    """The formula, which may have indented lines, and the sign and text of each prior, which may have several lines."""
    first = next((at for at, line in enumerate(lines) if at and not line.startswith(" ")), len(lines))
    priors: dict[str, tuple[str, str]] = {}
    name = ""
    for line in lines[first:]:
        if found := _PRIOR.fullmatch(line):
            name, sign, value = found.groups()
            priors[name] = (sign, value)
        elif name:
            priors[name] = (priors[name][0], f"{priors[name][1]} {line.strip()}")
    return "\n".join(lines[:first]), priors
