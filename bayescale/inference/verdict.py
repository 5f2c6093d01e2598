"""Verdict on a posterior: numbers and lists, how they are stored, and the one place that puts them into words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import xarray as xr

from bayescale.inference.draws import MAX_RHAT
from bayescale.inference.laplace.psis import MAX_K, MIN_ESS

#: How a cure is worded: as arguments of `fit`, or as options of the command line.
Dialect = Literal["python", "shell"]
#: Runs that a sentence names; it counts the others.
NAMED = 6
#: Fields of `Verdict` that are stored as JSON, since attributes of netCDF are numbers and strings.
LISTS = ("conflicts", "unidentified", "influential", "outliers")
#: Kind of a sampling problem -> what is wrong.
WRONG = {
    "rhat_infinite": "the chains have not converged: R-hat is infinite, as with one chain or a missed mode",
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
    """Warning of `fit` about one problem of a posterior; its text has the cure as arguments of `fit`."""


@dataclass(frozen=True)
class Problem:
    """One thing to know before using a posterior.

    Attributes
    ----------
    kind : str, a key of `CURES` if the draws are at fault; otherwise a member of `LISTS`.
    facts : list of parameters (``conflicts``, ``unidentified``) or mapping from run to number (``influential``,
        ``outliers``).
    """

    kind: str
    facts: Sequence[str] | Mapping[str, float] = field(default_factory=tuple)

    @property
    def of_sampling(self) -> bool:
        """Whether the draws are at fault, not the data."""
        return self.kind in CURES


@dataclass(frozen=True)
class Verdict:
    """What was measured on a posterior; `str` gives one sentence.

    Attributes
    ----------
    rhat : float, largest R-hat of all parameters, over chains or over independent importance samples. NaN for the
        Laplace approximation; infinite for one chain, and for chains that miss a known mode.
    ess : float, smallest effective sample size, bulk or tail; with importance sampling at most that of the weights.
    divergences : int, divergent transitions after tuning.
    k : float, Pareto k of the importance weights; NaN for NUTS.
    unidentified : list of parameters whose posterior equals their prior; None if this was not examined.
    influential : runs whose Pareto k in leave-one-out is above 0.7 -> that k; None if this was not examined.
    outliers : runs far outside the noise -> residual in units of the noise's scale; None if this was not examined.
    conflicts : list of parameters whose posterior lies in the far tail of their prior; None if this was not examined.
    """

    rhat: float
    ess: float
    divergences: int
    k: float = np.nan
    unidentified: Sequence[str] | None = None
    influential: Mapping[str, float] | None = None
    outliers: Mapping[str, float] | None = None
    conflicts: Sequence[str] | None = None

    @classmethod
    def of(cls, post: xr.DataTree) -> "Verdict":
        """The verdict stored in the attributes of a posterior.

        Its lists are None for posteriors of `bayescale.inference.fit.draw`, and for posteriors that earlier versions
        stored, which held the lists as words only.

        Raises
        ------
        ValueError
            If the posterior has no verdict, as those of `sample_prior`.
        """
        absent = [name for name in ("rhat", "ess", "divergences") if name not in post.attrs]
        if absent:
            raise ValueError(f"This posterior has no verdict: its attributes lack {absent}; wanted a posterior of fit.")
        lists = {name: json.loads(post.attrs[name]) for name in LISTS if name in post.attrs}
        k = float(post.attrs.get("pareto_k", np.nan))
        return cls(float(post.attrs["rhat"]), float(post.attrs["ess"]), int(post.attrs["divergences"]), k, **lists)

    def attrs(self) -> dict[str, Any]:
        """The verdict as attributes that netCDF can store; `Verdict.of` reads them back."""
        stored: dict[str, Any] = {"verdict": str(self), "converged": int(self.converged)}
        stored |= {"rhat": self.rhat, "ess": self.ess, "divergences": self.divergences}
        if not np.isnan(self.k):
            stored["pareto_k"] = self.k
        return stored | {name: json.dumps(value) for name in LISTS if (value := getattr(self, name)) is not None}

    @property
    def converged(self) -> bool:
        """Whether R-hat, ESS and divergences, or Pareto k and ESS, allow the posterior to be used."""
        if not np.isnan(self.k):
            return self.k <= MAX_K and self.ess >= MIN_ESS and not self.rhat > MAX_RHAT
        return self.rhat <= MAX_RHAT and self.ess >= MIN_ESS and self.divergences == 0

    def problems(self) -> list[Problem]:
        """What a user should know before using the posterior, gravest first."""
        facts = {name: getattr(self, name) for name in LISTS}
        sampling = [] if self.converged else [Problem(self._failure())]
        return sampling + [Problem(name, value) for name, value in facts.items() if value]

    def _failure(self) -> str:
        """Kind of the sampling problem of a posterior that has not converged."""
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
        return "; ".join([line, *(render(problem) for problem in self.problems() if not problem.of_sampling)])


def render(problem: Problem, dialect: Dialect = "python") -> str:
    """A problem in words, with its cure as arguments of `fit` ("python") or as options ("shell")."""
    if problem.of_sampling:
        return f"{WRONG[problem.kind]}; {CURES[problem.kind][dialect]}"
    if problem.kind == "unidentified":
        return f"the data do not identify {', '.join(problem.facts)}: posterior and prior are the same"
    if problem.kind == "conflicts":
        return f"prior and data disagree on {', '.join(problem.facts)}: the posterior lies in the far tail of the prior"
    runs = dict(problem.facts)
    if problem.kind == "influential":
        return f"influential runs (Pareto k > {MAX_K}): {_listed(runs, '.2f')}"
    return f"runs far outside the noise (residual/scale): {_listed(runs, '+.1f')}"


def sentence(post: xr.DataTree) -> str:
    """The verdict on a stored posterior in one sentence; empty if it has none.

    Earlier versions stored the sentence without the lists; such a posterior keeps its sentence.
    """
    return str(Verdict.of(post)) if "unidentified" in post.attrs else str(post.attrs.get("verdict", ""))


def _listed(runs: Mapping[str, float], form: str) -> str:
    """``run (value)`` of the first runs, and how many more there are."""
    named = [f"{run} ({value:{form}})" for run, value in list(runs.items())[:NAMED]]
    return ", ".join(named) + (f" and {len(runs) - NAMED} more" if len(runs) > NAMED else "")
