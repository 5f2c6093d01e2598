"""Equation: a law with its priors and its noise as LaTeX."""

import xarray as xr

from bayescale.base.typeset import lines
from bayescale.base.typeset.expression import own_functions
from bayescale.base.typeset.latex import Latex, escaped
from bayescale.base.typeset.law_text import read
from bayescale.modelling.law import Law
from bayescale.reporting.facts import law_of


def equation(law: Law | xr.DataTree, *, priors: bool = True) -> str:
    """The formula of a law, its priors and its noise as LaTeX.

    Parameters
    ----------
    law : Law, or the DataTree of `fit`, whose law is written.
    priors : bool, whether to write priors and noise too.

    Returns
    -------
    str : an ``align*`` for the package amsmath. Parts of a formula that have no notation, such as a loop, are written
        as code. A comment names functions that the law's file defines, which the paper must define too.

    Raises
    ------
    TypeError, ValueError
        If `law` is neither a Law nor a posterior of `fit`.

    See Also
    --------
    table : the parameters as LaTeX.

    Examples
    --------
    >>> import bayescale as bs
    >>> print(bs.equation(bs.laws.henighan2020.L_N, priors=False))
    % henighan2020.L_N (Henighan et al. 2020, Eq 1.1, arXiv:2010.14701)
    \\begin{align*}
    L &= E + \\mathrm{excess}_{N}\\,\\left(\\frac{N}{N_{0}}\\right)^{- \\alpha_{N}}
    \\end{align*}
    """
    if not isinstance(law, Law | xr.DataTree):
        raise TypeError(f"law is a {type(law).__name__}; wanted a Law, or a posterior of bayescale.fit.")
    parts, to = read(str(law)) if isinstance(law, Law) else law_of(law), Latex()
    written = lines.of_formula(parts, to)
    if priors:
        written += [*lines.of_priors(parts, to), *lines.of_noise(parts, to)]
    head = [f"% {parts.name}" + (f" ({parts.source})" if parts.source else "")]
    if own := own_functions(parts.formula):
        head.append(f"% Functions of the law's own file, to be defined in the paper: {', '.join(own)}.")
    body = " \\\\\n".join(_line(each) for each in written)
    return "\n".join([*head, r"\begin{align*}", body, r"\end{align*}"])


def _line(line: lines.Line) -> str:
    if not line.plain:
        return f"{line.left} &{'=' if line.sign == '=' else chr(92) + 'sim'} {line.right}"
    sign = {"": "", "=": "= ", "~": r"\sim "}[line.sign]
    code = [f"\\texttt{{{escaped(each)}}}" for each in line.right.splitlines()]
    return f"{line.left} &{sign}" + " \\\\\n&".join(f"\\text{{{each}}}" for each in code)
