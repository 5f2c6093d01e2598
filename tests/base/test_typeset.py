"""The text of laws as LaTeX and MathML."""

import math
import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

import bayescale as bs
from bayescale.base.typeset import lines
from bayescale.base.typeset.card import card
from bayescale.base.typeset.expression import expression, own_functions, statement, symbol
from bayescale.base.typeset.latex import Latex, escaped, power_of_ten
from bayescale.base.typeset.law_text import read
from bayescale.base.typeset.mathml import MathML
from tests.conftest import pooled

LAWS = bs.laws.names()
#: Laws whose formula has a loop, or another form of text.
WITHOUT_NOTATION = {"alabdulmohsin2022.M4_D", "alabdulmohsin2022.M4_N", "alabdulmohsin2022.M4_C"}
WITHOUT_NOTATION |= {"caballero2022.L_N", "caballero2022.L_D", "caballero2022.L_C"}


@pytest.mark.parametrize("name", LAWS)
def test_every_law_is_read_back(name):
    law = LAWS[name]
    parts = read(str(law))
    assert (parts.name, parts.source, parts.noise) == (law.name, law.source, law.noise.name)
    assert {**parts.priors, **parts.fixed} == {key: str(value) for key, value in law.all_priors.items()}
    assert parts.variate == law.noise.variate.name and parts.discrepancy == (law.discrepancy is not None)
    assert all(line.plain for line in lines.of_formula(parts, Latex())) == (name in WITHOUT_NOTATION)
    assert not any(line.plain for line in lines.of_priors(parts, Latex()))


@pytest.mark.parametrize("name", LAWS)
def test_the_card_is_well_formed_and_has_every_parameter(name):
    root = ET.fromstring(card(str(LAWS[name])))
    assert len(root.findall("tr")) == 3
    priors = root.findall("tr")[1]
    assert len(priors.findall("td/div")) == len(LAWS[name].all_priors)


def test_a_prior_with_hyperpriors_and_levels_is_written():
    law = pooled(centered=False)
    text = expression(read(str(law)).priors["alpha_N"], Latex())
    assert text is not None and r"\mathrm{Normal}" in text and r"\mathrm{family}" in text


@pytest.mark.parametrize("code, latex", [
    ("a - (b - c)", r"a - \left(b - c\right)"),
    ("a - (b + c)", r"a - \left(b + c\right)"),
    ("a + (b + c)", "a + b + c"),
    ("a * (b + c)", r"a\,\left(b + c\right)"),
    ("(a * b) ** c", r"\left(a\,b\right)^{c}"),
    ("(a / b) ** -c", r"\left(\frac{a}{b}\right)^{- c}"),
    ("a ** b ** c", "a^{b^{c}}"),
    ("(a ** b) ** c", r"\left(a^{b}\right)^{c}"),
    ("-a * b", r"- a\,b"),
    ("a + -b", r"a + \left(- b\right)"),
    ("np.exp(-a)", r"\exp\left(- a\right)"),
    ("np.sqrt(a)", r"\sqrt{a}"),
    ("abs(a)", r"\left|a\right|"),
    ("np.log1p(a)", r"\ln\left(1 + a\right)"),
    ("-4.605170185988091", "- 4.605"),
    ("1e-12", r"1 \times 10^{-12}"),
])  # fmt: skip
def test_brackets_are_where_the_code_has_them(code, latex):
    assert expression(code, Latex()) == latex


def test_what_has_no_notation_is_none():
    assert expression("a if b else c", Latex()) is None
    assert expression("a % b", Latex()) is None
    assert statement("for i in x: pass", Latex()) is None
    assert expression("not code at all (", Latex()) is None


def test_two_names_at_once_are_two_lines():
    assert statement("a, b = (c / d, 2)", Latex()) == [("a", r"\frac{c}{d}"), ("b", "2")]
    assert statement("a, b = c", Latex()) is None and statement("a[0] = c", Latex()) is None


def test_symbols_and_escapes():
    assert symbol("alpha_N", Latex()) == r"\alpha_{N}" and symbol("N0", Latex()) == "N_{0}"
    assert symbol("loss_min", Latex()) == r"L_{\min}" and symbol("tau_local", Latex()) == r"\tau_{\mathrm{local}}"
    assert symbol("omega", MathML()) == "<mi>ω</mi>"
    assert escaped("50 % of a_b & {c}") == r"50 \% of a\_b \& \{c\}"
    assert power_of_ten("1.2e21") == r"1.2 \times 10^{21}" and power_of_ten("2.188") == "2.188"
    assert own_functions("size = working(N / N0, e); b = np.log(size)") == ["working"]


def test_a_text_that_is_no_law_raises_and_its_card_is_the_text():
    with pytest.raises(ValueError, match="not the text of a law"):
        read("loss = E")
    assert card("a < b") == "<pre>a &lt; b</pre>"


def test_a_law_shows_itself():
    law = bs.laws.chinchilla
    assert repr(law) == (
        "Law(hoffmann2022.chinchilla: loss(N, D; E, excess_N, alpha_N, excess_D, alpha_D, sigma, nu), noise=student)"
    )
    assert "discrepancy=smooth and local" in repr(bs.laws.generalised) and len(repr(bs.laws.generalised)) < 200
    assert law._repr_html_() == card(str(law)) and "<math" in law._repr_html_()
    assert "<script" not in replace(law, name="<script>x", source="")._repr_html_()


def test_latex_means_the_same_as_the_code():
    """The LaTeX of a formula, read back as arithmetic, has the value of the formula."""
    code = "E + excess_N * (N / N0) ** -alpha_N - (P - Q) / R ** 2"
    values = {"E": 1.7, "excess_N": 0.4, "N": 5.0, "N0": 2.0, "alpha_N": 0.3, "P": 1.0, "Q": 4.0, "R": 1.5}
    text = expression(code, Latex()) or ""
    for name in sorted(values, key=len, reverse=True):
        text = text.replace(symbol(name, Latex()), f"({values[name]})")
    text = re.sub(r"\\left|\\right", "", text).replace(r"\,", "*")
    while r"\frac" in text:
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*(?:\^\{[^{}]*\})?[^{}]*)\}", r"((\1)/(\2))", text)
    text = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", text)
    assert math.isclose(eval(text), eval(code, dict(values)))
