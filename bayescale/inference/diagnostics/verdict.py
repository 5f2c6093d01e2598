"""Verdict on a posterior: its numbers and lists, how they are stored, and the sentences made from them.

No other module puts a verdict into words.
"""

import json
import keyword
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import xarray as xr

from bayescale.inference.draws import MAX_RHAT
from bayescale.inference.laplace.psis import MAX_K, MIN_ESS

#: Whether a cure names arguments of `fit` or options of the command line.
Dialect = Literal["python", "shell"]
#: Largest number of runs that a sentence names. The others are counted.
MOST_NAMED = 6
#: Fields of `Verdict` that are stored as JSON, since netCDF attributes hold neither lists nor mappings.
LISTS = ("noise_free", "conflicts", "explanatory", "unidentified", "weak", "influential", "outliers", "stated_errors")
#: Kind of a sampling problem -> what is wrong.
FAILURES = {
    "rhat_infinite": "the chains have not converged: R-hat is infinite, as with a single chain or a missed mode",
    "divergent": "the chains have not converged: some transitions diverged",
    "unmixed": "the chains have not converged",
    "weights": "the importance weights are unreliable",
}
#: Kind of a sampling problem -> what to do about it, by dialect.
CURES: dict[str, dict[Dialect, str]] = {
    "rhat_infinite": {
        "python": "draw two or more chains (chains=) or try another seed (seed=)",
        "shell": "draw two or more chains (--chains) or try another seed (--seed)",
    },
    "divergent": {
        "python": "raise nuts={'target_accept': 0.99}, or use fewer parameters",
        "shell": "raise --target-accept to 0.99, or use fewer parameters",
    },
    "unmixed": {
        "python": "draw more (draws=, tune=), or use fewer parameters",
        "shell": "draw more (--draws, --tune), or use fewer parameters",
    },
    "weights": {"python": "sample by method='nuts'", "shell": "fit without --quick"},
}


class PosteriorWarning(RuntimeWarning):
    """Warning of `fit` about one problem of a posterior. If sampling failed, it names arguments of `fit` to change."""


@dataclass(frozen=True)
class Problem:
    """One thing that a user should know before using a posterior.

    Attributes
    ----------
    kind : str, a key of `CURES` if sampling failed; otherwise a member of `LISTS`.
    facts : list of parameters (for "conflicts" and "unidentified"), or mapping from run to number (for "influential"
        and "outliers"), from column to ``share`` and ``levels`` ("explanatory"), from "loss_se" to the ratio of scatter
        and stated error ("stated_errors"), or from "scale" to the scale of the log loss ("noise_free").
    also : parameters whose lack of identification may come from this problem; for "unidentified", those that are
        weakly identified.
    """

    kind: str
    facts: Sequence[str] | Mapping[str, Any] = field(default_factory=tuple)
    also: Sequence[str] = ()

    @property
    def of_sampling(self) -> bool:
        """Whether sampling failed; otherwise the problem lies in the data."""
        return self.kind in CURES


@dataclass(frozen=True)
class Verdict:
    """Diagnostics of a posterior; `str` gives them in one sentence.

    Attributes
    ----------
    rhat : float, largest R-hat of all parameters, over chains or over independent importance samples. NaN for the
        Laplace approximation; infinite for one chain, and for chains that miss a known mode.
    ess : float, smallest effective sample size, bulk or tail; with importance sampling at most that of the weights.
    divergences : int, divergent transitions after tuning.
    k : float, Pareto k of the importance weights; NaN for NUTS.
    unidentified, weak : lists of parameters that the data do not identify, or identify weakly
        (`bayescale.inference.diagnostics.identification`); None if not examined.
    influential : run whose Pareto k in leave-one-out cross-validation is above 0.7 -> that k; None if not examined.
    outliers : run far outside the noise -> residual in units of the noise's scale; None if not examined.
    explanatory : columns that the law does not use and that explain the residuals -> ``share`` of the residual
        variance, ``levels``; None if this was not examined.
    noise_free : ``scale`` of the log loss, if the runs have no noise; None if this was not examined.
    stated_errors : ``loss_se`` -> scatter about the law in units of the stated errors, if these are too large; None if
        this was not examined.
    conflicts : list of parameters whose posterior lies in the far tail of their prior; None if not examined.
    """

    rhat: float
    ess: float
    divergences: int
    k: float = np.nan
    unidentified: Sequence[str] | None = None
    weak: Sequence[str] | None = None
    influential: Mapping[str, float] | None = None
    outliers: Mapping[str, float] | None = None
    explanatory: Mapping[str, Mapping[str, Any]] | None = None
    noise_free: Mapping[str, float] | None = None
    stated_errors: Mapping[str, float] | None = None
    conflicts: Sequence[str] | None = None

    @classmethod
    def of(cls, post: xr.DataTree) -> "Verdict":
        """The verdict stored in the attributes of a posterior.

        Its lists are None if the posterior has no such attributes: those of `bayescale.inference.fit.draw`, and those
        stored by versions that wrote the lists as words only.

        Raises
        ------
        ValueError
            If there is no verdict, as in draws of `sample_prior`.
        """
        absent = [name for name in ("rhat", "ess", "divergences") if name not in post.attrs]
        if absent:
            raise ValueError(f"This posterior has no verdict: its attributes lack {absent}; wanted a posterior of fit.")
        lists = {name: json.loads(post.attrs[name]) for name in LISTS if name in post.attrs}
        k = float(post.attrs.get("pareto_k", np.nan))
        return cls(float(post.attrs["rhat"]), float(post.attrs["ess"]), int(post.attrs["divergences"]), k, **lists)

    def attrs(self) -> dict[str, Any]:
        """The verdict as attributes that netCDF can store. `Verdict.of` reads them."""
        stored: dict[str, Any] = {"verdict": str(self), "converged": int(self.converged)}
        stored |= {"rhat": self.rhat, "ess": self.ess, "divergences": self.divergences}
        if not np.isnan(self.k):
            stored["pareto_k"] = self.k
        return stored | {name: json.dumps(value) for name in LISTS if (value := getattr(self, name)) is not None}

    @property
    def converged(self) -> bool:
        """Whether the posterior can be used: by R-hat, ESS and divergences, or by Pareto k and ESS of weights."""
        if not np.isnan(self.k):
            return self.k <= MAX_K and self.ess >= MIN_ESS and not self.rhat > MAX_RHAT
        return self.rhat <= MAX_RHAT and self.ess >= MIN_ESS and self.divergences == 0

    def problems(self) -> list[Problem]:
        """What a user should know before using the posterior, the most serious first."""
        facts = {name: getattr(self, name) for name in LISTS if name != "weak"}  # that alone is no problem
        sampling = [] if self.converged else [Problem(self._failure())]
        if self.noise_free:  # no prior of the noise expects that
            facts["conflicts"] = None
        if self.explanatory:  # it inflates the noise, which is why parameters are not identified
            facts["unidentified"] = None
        also = {"explanatory": self.unidentified or (), "unidentified": self.weak or ()}
        return sampling + [Problem(name, value, also.get(name, ())) for name, value in facts.items() if value]

    def _failure(self) -> str:
        """Why sampling failed, a key of `CURES`."""
        if not np.isnan(self.k):
            return "weights"
        if np.isinf(self.rhat):
            return "rhat_infinite"
        return "divergent" if self.divergences else "unmixed"

    def __str__(self) -> str:
        if np.isnan(self.k):
            state = "converged" if self.converged else "NOT CONVERGED"
            line = f"{state}: R-hat {self.rhat:.3f}, ESS {self.ess:.0f}, {self.divergences} divergences"
        else:
            method = "Laplace approximation" if np.isnan(self.rhat) else "importance sampling"
            state = "accepted" if self.converged else "NOT ACCEPTED"
            line = f"{method} {state}: Pareto k {self.k:.2f}, importance ESS {self.ess:.0f}"
            line += "" if np.isnan(self.rhat) else f", R-hat {self.rhat:.3f}"
        if self.weak and not self.unidentified and not self.explanatory:
            line += f"; the data identify {', '.join(self.weak)} weakly"
        return "; ".join([line, *(render(problem) for problem in self.problems() if not problem.of_sampling)])


def render(problem: Problem, dialect: Dialect = "python") -> str:
    """A problem in words, with its cure as arguments of `fit` ("python") or options of the command line ("shell")."""
    if problem.of_sampling:
        return f"{FAILURES[problem.kind]}; {CURES[problem.kind][dialect]}"
    if problem.kind == "unidentified":
        weak = f"; they identify {', '.join(problem.also)} weakly" if problem.also else ""
        return f"the data do not identify {', '.join(problem.facts)} (intervals too wide, or as the prior's){weak}"
    if problem.kind in OF_TABLE:
        return OF_TABLE[problem.kind](problem, dialect)
    if problem.kind == "conflicts":
        return f"prior and data disagree on {', '.join(problem.facts)}: the posterior lies in the far tail of the prior"
    runs = dict(problem.facts)
    if problem.kind == "influential":
        return f"influential runs (Pareto k > {MAX_K}): {_listed(runs, '.2f')}"
    return f"runs far outside the noise (residual/scale): {_listed(runs, '+.1f')}"


def _of_columns(problem: Problem, dialect: Dialect) -> str:
    """Columns that explain the residuals, and how to group by them or filter."""
    facts = dict(problem.facts)
    shares = ", ".join(f"{name} ({100 * fact['share']:.0f} %)" for name, fact in facts.items())
    name, level = next((name, fact["levels"][0]) for name, fact in facts.items())
    plain = name.isidentifier() and not keyword.iskeyword(name)
    column = name if plain else f"`{name}`"
    text = json.dumps(level, ensure_ascii=False) if isinstance(level, str) else repr(level)  # in double quotes
    shell, python = f"--where {shlex.quote(f'{column} == {text}')}", f"runs.query({f'{column} == {level!r}'!r})"
    keep = shell if dialect == "shell" else python
    less = f"; until then the data do not identify {', '.join(problem.also)}" if problem.also else ""
    return (
        f"the residuals follow {'a column' if len(facts) == 1 else 'columns'} that the law does not use (share of "
        f"their variance): {shares}. Fit one level, {keep}, or give a parameter a value for each level (a prior with "
        f"dims='{name}'){less}"
    )


def _no_noise(problem: Problem, dialect: Dialect) -> str:
    scale = dict(problem.facts)["scale"]
    return (
        f"the runs have no noise (the law fits every loss to {scale:.1g} of its value): the estimates are exact, and "
        "the intervals show how the losses were rounded, not how real runs scatter"
    )


def _large_errors(problem: Problem, dialect: Dialect) -> str:
    ratio = dict(problem.facts)["loss_se"]
    return (
        f"the stated errors (loss_se) exceed the scatter of the runs, which is {ratio:.2g} of what they imply: they "
        "are too large, or common to all runs (one test set), and then shift E and no other parameter. A noise without "
        "loss_se (student) estimates the scatter"
    )


#: Kind of a problem of the table -> its words.
OF_TABLE = {"explanatory": _of_columns, "noise_free": _no_noise, "stated_errors": _large_errors}


def sentence(post: xr.DataTree) -> str:
    """The verdict on a stored posterior in one sentence; empty if it has none.

    A posterior stored with its sentence but without its lists, as by earlier versions, keeps its sentence.
    """
    return str(Verdict.of(post)) if "unidentified" in post.attrs else str(post.attrs.get("verdict", ""))


def _listed(runs: Mapping[str, float], form: str) -> str:
    """The first runs as ``run (value)``, and how many more there are."""
    named = [f"{run} ({value:{form}})" for run, value in list(runs.items())[:MOST_NAMED]]
    return ", ".join(named) + (f" and {len(runs) - MOST_NAMED} more" if len(runs) > MOST_NAMED else "")
