"""The page of laws: LaTeX of formulas, and a section for each law."""

import ast
import sys
from pathlib import Path

import pytest

from bayescale import laws
from bayescale.laws import chinchilla

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_ext"))

import formulas  # noqa: E402
import laws as pages  # noqa: E402


@pytest.mark.parametrize(
    "text, wanted",
    [
        ("alpha_N", r"\alpha_{N}"),
        ("N0", "N_{0}"),
        ("N_top", r"N_{\mathrm{top}}"),
        ("a - (b - c)", r"a - \left(b - c\right)"),
        ("a * (b + c)", r"a \, \left(b + c\right)"),
        ("(N / N0) ** -alpha_N", r"\left(\frac{N}{N_{0}}\right)^{-\alpha_{N}}"),
        ("np.log1p(np.exp(x))", r"\log\left(1 + \exp\left(x\right)\right)"),
    ],
)
def test_expressions(text, wanted):
    assert formulas.latex(ast.parse(text, mode="eval").body) == wanted


def test_what_has_no_latex_is_an_error():
    for text in ("for i in x:\n    y = i", "loss = E + g(N) / g(N0), g = 1"):
        with pytest.raises(ValueError, match="no LaTeX"):
            formulas.lines(text)


def test_a_section_of_a_law():
    said = pages.section("hoffmann2022.chinchilla", chinchilla)
    for part in (chinchilla.source, r"L &= E + \mathrm{excess}_{N}", "`alpha_D` | `LogNormal(mu=-1.2, sigma=0.8)`"):
        assert part in said
    assert all(f"| `{name}`" in said for name in chinchilla.all_priors) and "`gamma`" in said


def test_the_page_has_every_law():
    said = pages.page()
    for name, law in laws.names().items():
        assert f"### `{name.partition('.')[2]}`" in said and f"Source: {law.source}." in said
    assert said.count("\n## `") + said.startswith("## `") == len({name.partition(".")[0] for name in laws.names()})
    marked = ["before\n<!-- laws -->\nafter"]
    pages.fill(None, "laws", marked)  # pyright: ignore[reportArgumentType]
    assert said in marked[0] and marked[0].endswith("after")
