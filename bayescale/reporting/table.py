"""Table: parameters of a posterior as a LaTeX or Markdown table, with as many digits as they have."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from bayescale.base.typeset.expression import symbol
from bayescale.base.typeset.latex import Latex, escaped, power_of_ten
from bayescale.reporting import facts
from bayescale.reporting.summary import Row
from bayescale.reporting.summary import rows as rows_of


def table(post: xr.DataTree, *, form: str = "latex", prob: float = 0.9, parameters: Sequence[str] | None = None) -> str:
    """Median, interval, R-hat and ESS of each parameter, as a table for a paper.

    Digits end at the second digit of the interval's width, or at the first digit of the Monte Carlo error of median
    and ends if that is coarser.

    Parameters
    ----------
    post : DataTree of `fit`, or as read by `storage.load`.
    form : {"latex", "markdown"}
        "latex" is a ``tabular`` for the package booktabs.
    prob : float, probability of the central intervals.
    parameters : sequence of str, optional
        Names of parameters or derived quantities, in the order wanted. By default all, without the offsets by which
        non-centred parameters are sampled.

    Returns
    -------
    str : ESS is the smaller of bulk and tail; with importance sampling that of the weights, and then there is no R-hat.

    Raises
    ------
    TypeError, ValueError
        If `post` is not a posterior of `fit`, there is no such form or parameter, or `prob` is not between 0 and 1.

    See Also
    --------
    equation : the law as LaTeX.
    methods : the paragraph that says how the posterior was made.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> print(bs.table(post, form="markdown", parameters=["E"]).splitlines()[0])
    | Parameter | Unit | Median | 90 % interval | R-hat | ESS |
    """
    law = facts.law_of(post)
    if form not in ("latex", "markdown"):
        raise ValueError(f"form is {form!r}; wanted 'latex' or 'markdown'.")
    if not 0 < prob < 1:
        raise ValueError(f"prob is {prob!r}; wanted a probability between 0 and 1, such as 0.9.")
    chosen = _chosen(rows_of(post, prob), parameters)
    units = [facts.unit_of_parameter(post, law, row.name) for row in chosen]
    units = ["" if unit == "1" else unit for unit in units]
    per_cent = f"{100 * prob:g}"
    if form == "latex":
        return _latex(chosen, units, per_cent, f"{law.name}, {post['observed_data'].sizes['run']} runs")
    head = ["Parameter", "Unit", "Median", f"{per_cent} % interval", "R-hat", "ESS"]
    lines = [_line(head), _line(["---", "---", "---:", "---:", "---:", "---:"])]
    for row, unit in zip(chosen, units, strict=True):
        median, low, high = row.words()
        lines.append(_line([f"`{row.name}`", unit, median, f"[{low}, {high}]", *_checks(row)]))
    return "\n".join(lines)


def _chosen(rows: list[Row], parameters: Sequence[str] | None) -> list[Row]:
    """The rows of some parameters, with all their levels, in the order in which they were named."""
    names = list(dict.fromkeys(row.name.partition("[")[0] for row in rows))
    if parameters is None:
        inner = {name for name in names if name.removesuffix("_offset") in names and name.endswith("_offset")}
        return [row for row in rows if row.name.partition("[")[0] not in inner]
    unknown = [name for name in parameters if name not in (*names, *(row.name for row in rows))]
    if unknown:
        raise ValueError(f"parameters has {unknown}; this posterior has {names}.")
    return [row for name in parameters for row in rows if name in (row.name, row.name.partition("[")[0])]


def _checks(row: Row) -> list[str]:
    return ["" if np.isnan(row.rhat) else f"{row.rhat:.3f}", "" if np.isnan(row.ess) else f"{row.ess:.0f}"]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _latex(rows: list[Row], units: list[str], per_cent: str, title: str) -> str:
    lines = [
        f"% {title}; needs \\usepackage{{booktabs}}",
        r"\begin{tabular}{llrrrr}",
        r"\toprule",
        f"Parameter & Unit & Median & {per_cent}\\,\\% interval & $\\widehat{{R}}$ & ESS \\\\",
        r"\midrule",
    ]
    for row, unit in zip(rows, units, strict=True):
        median, low, high = (power_of_ten(each) for each in row.words())
        name, _, level = row.name.partition("[")
        label = f"${symbol(name, Latex())}$" + (f" ({escaped(level.rstrip(']'))})" if level else "")
        cells = [label, escaped(unit), f"${median}$", f"$[{low}, {high}]$", *_checks(row)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])
