"""Methods: the paragraph of a paper that says how a posterior was made."""

import json
from collections.abc import Iterable

import numpy as np
import xarray as xr

from bayescale.base.typeset.law_text import LawText
from bayescale.data.cost_ratio import CostRatio, between
from bayescale.inference.diagnostics.verdict import Verdict
from bayescale.inference.laplace.psis import MAX_K
from bayescale.reporting import facts
from bayescale.reporting.cite import keys_of_data, keys_of_law
from bayescale.reporting.dialects import Dialect, dialect

#: Variate -> its name in a sentence.
VARIATES = {
    "normal": "standard normal",
    "student": "Student-t with nu degrees of freedom",
    "laplace": "standard Laplace",
}


def methods(post: xr.DataTree, *, form: str = "text") -> str:
    """A paragraph for the methods section of a paper: law, data, priors, noise, sampler, checks and versions.

    Parameters
    ----------
    post : DataTree of `fit`, or as read by `storage.load`.
    form : {"text", "latex"}
        "latex" writes formulas as mathematics, and cites by ``\\citep`` with the keys of `cite`.

    Returns
    -------
    str : every number is the posterior's, with four significant digits.

    Raises
    ------
    TypeError, ValueError
        If `post` is not a posterior of `fit`, or there is no such form.

    See Also
    --------
    cite : the entries that the paragraph cites.
    table, equation : parameters and law for the paper.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> post = bs.fit(chinchilla, runs, method="laplace", seed=1)
    >>> bs.methods(post).startswith("We fitted the scaling law hoffmann2022.chinchilla (Hoffmann et al. 2022, Eq 10")
    True
    """
    to, law = dialect(form), facts.law_of(post)
    parts = (_law(post, law, to), _data(post, to), _priors(post, law, to), _noise(law, to))
    return " ".join(
        sentence for part in (*parts, _sampler(post, to), _checks(post, to), _software(post, to)) for sentence in part
    )


def _law(post: xr.DataTree, law: LawText, to: Dialect) -> Iterable[str]:
    rows, training = facts.counts(post)
    what = f"{rows} training runs" if rows == training else f"{rows} checkpoints of {training} training runs"
    name, source = str(post.attrs.get("data_name", "")), str(post.attrs.get("data_source", ""))
    of = f" of {to.words(name)}" if name else ""
    data = to.cite(source, keys_of_data(post))
    own = to.cite(law.source, keys_of_law(post))
    yield f"We fitted the scaling law {to.words(law.name)}{own}, {to.formula(law)}, to {what}{of}{data}."
    if levels := facts.groups(post):
        listed = "; ".join(f"{to.words(name)} ({to.words(', '.join(each))})" for name, each in levels.items())
        yield f"Parameters may differ between the levels of {listed}."


def _data(post: xr.DataTree, to: Dialect) -> Iterable[str]:
    spans = []
    for each in facts.ranges(post):
        unit = "" if each.unit == "1" else f" {to.words(each.unit)}"
        name = "the loss" if each.symbol == "loss" else to.name(each.symbol)
        reach = (
            f"from {to.number(each.low)} to {to.number(each.high)}" if each.values > 1 else f"at {to.number(each.low)}"
        )
        spans.append(f"{name} {reach}{unit}")
    yield f"Runs range in {_and(spans)}."
    ratio = CostRatio(**json.loads(post.attrs["cost_ratio"])) if "cost_ratio" in post.attrs else None
    if "C" not in post["constant_data"]:
        yield f"Compute {to.name('C')} is counted as 6{to.name('N')}{to.name('D')}."
    if ratio is not None and ratio.differs:
        yield f"The table's own compute is {between(ratio)} times 6{to.name('N')}{to.name('D')}."


def _priors(post: xr.DataTree, law: LawText, to: Dialect) -> Iterable[str]:
    reference = {name: value for name, value in json.loads(post.attrs["reference"]).items() if name != "loss_min"}
    known = _and([to.equals(name, value) for name, value in reference.items() if np.isscalar(value)])
    if known:
        yield f"The reference run has {known}."
    smallest = float(post["observed_data"]["loss"].min())
    unit = to.words(facts.unit_of(post, "loss"))
    used = any("loss_min" in prior for prior in law.priors.values())
    scale = f", where {to.equals('loss_min', smallest)} {unit} is the smallest observed loss" if used else ""
    yield f"Priors were {_and(to.priors(law), '; ')}{scale}."


def _noise(law: LawText, to: Dialect) -> Iterable[str]:
    variate = VARIATES.get(law.variate, law.variate).replace("nu ", f"{to.name('nu')} ")
    delta = f" plus {to.name('delta')}" if law.discrepancy else ""
    scale = to.words(law.scale) if law.scale not in law.priors else to.name(law.scale)
    z = to.name("z")
    yield f"The log of an observed loss is that of the law{delta} plus {scale} times {z}, where {z} is {variate}."
    if law.discrepancy:
        names = _and([to.name(name) for name in (*law.priors, *law.fixed) if name.startswith("tau")])
        delta = to.name("delta")
        yield f"The discrepancy {delta}, the error of the law, is a Gaussian process with the amplitudes {names}."


def _sampler(post: xr.DataTree, to: Dialect) -> Iterable[str]:
    sizes, seed = post["posterior"].sizes, post.attrs.get("seed")
    if post.attrs.get("method") == "laplace":
        cited, total = to.cite("Vehtari et al. 2024", ["vehtari2024"]), sizes["chain"] * sizes["draw"]
        yield (
            "The posterior was approximated by importance sampling from a proposal that starts at the Laplace "
            f"approximation, with Pareto-smoothed weights{cited}, and resampled to {total} draws (seed {seed})."
        )
        return
    drawn = f"{sizes['chain']} chains of {sizes['draw']} draws"
    known = facts.settings(post)
    tune = f" after {known['tune']} tuning steps each" if "tune" in known else ""
    accept = f", target acceptance {known['target_accept']:g}" if "target_accept" in known else ""
    cited = to.cite("Hoffman and Gelman 2014", ["hoffman2014"])
    made = to.words(facts.library(post)) or "PyMC"
    yield f"We drew {drawn}{tune} with the No-U-Turn sampler{cited} of {made} (seed {seed}{accept})."


def _checks(post: xr.DataTree, to: Dialect) -> Iterable[str]:
    verdict = Verdict.of(post)
    if not np.isnan(verdict.k):
        yield f"The Pareto k of the weights is {verdict.k:.2f} and their effective sample size {verdict.ess:.0f}."
    if not np.isnan(verdict.rhat):
        cited = to.cite("Vehtari et al. 2021", ["vehtari2021"])
        size = "" if not np.isnan(verdict.k) else f", the smallest effective sample size {verdict.ess:.0f}"
        count = "" if not np.isnan(verdict.k) else f", and {_diverged(verdict.divergences)} diverged"
        yield f"The largest R-hat{cited} is {verdict.rhat:.3f}{size}{count}."
    if not verdict.converged:
        yield "By these numbers the posterior has not converged."
    yield from _of_runs(verdict, to)


def _of_runs(verdict: Verdict, to: Dialect) -> Iterable[str]:
    """What the checks of single runs, parameters and priors found."""
    if verdict.influential is not None:
        found = [f"{to.words(run)} ({k:.2f})" for run, k in verdict.influential.items()]
        which = f"Runs with a Pareto k above {MAX_K}" if found else f"no run has a Pareto k above {MAX_K}"
        tail = f": {_and(found)}" if found else ""
        yield f"In leave-one-out cross-validation, {which[0].lower()}{which[1:]}{tail}."
    if verdict.outliers:
        found = [f"{to.words(run)} ({z:+.1f})" for run, z in verdict.outliers.items()]
        yield f"Runs far outside the noise (residual over scale): {_and(found)}."
    if verdict.unidentified:
        yield f"The data do not identify {_and([to.name(name) for name in verdict.unidentified])}."
    if verdict.weak:
        yield f"The data identify {_and([to.name(name) for name in verdict.weak])} only weakly."
    if verdict.conflicts:
        names = _and([to.name(name) for name in verdict.conflicts])
        yield f"The posterior lies in the far tail of the prior of {names}."
    if verdict.explanatory:
        per_cent = to.words(" %")
        found = [f"{to.words(name)} ({100 * v['share']:.0f}{per_cent})" for name, v in verdict.explanatory.items()]
        yield f"Columns that the law does not use explain part of the residual variance: {_and(found)}."


def _software(post: xr.DataTree, to: Dialect) -> Iterable[str]:
    names = {"bayescale": "bayescale", "pymc": "PyMC", "nutpie": "nutpie", "arviz": "ArviZ", "numpy": "NumPy"}
    keys = {"bayescale": "bayescale", "pymc": "pymc2023", "arviz": "arviz2019"}
    used = [
        f"{names.get(name, name)} {number}" + (to.cite("", [keys[name]]) if name in keys else "")
        for name, number in facts.versions(post).items()
    ]
    yield f"Software: {_and(used)}."


def _and(parts: list[str], comma: str = ", ") -> str:
    """``a, b and c``."""
    return f"{comma.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else "".join(parts)


def _diverged(count: int) -> str:
    """``no transition``, ``1 transition``, ``2 transitions``."""
    return f"{count or 'no'} transition{'s' if count > 1 else ''}"
