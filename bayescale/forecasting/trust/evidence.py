"""Evidence: what a back-test says about a forecast, and whether it can reassure."""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from bayescale.forecasting.backtest import board
from bayescale.forecasting.scores import LEVELS
from bayescale.forecasting.trust.cuts import distinct

#: Fewest distinct sizes that can reassure. Runs of one size err together, so each size is one observation: if
#: intervals contain only half of the sizes, four of four are inside with probability 6 %.
FEWEST_SIZES = 4
#: A jump that is a smaller share of the forecast's, in log size, cannot reassure: errors of extrapolation grow faster
#: than the distance, and at half of it they are about a third.
SHARE_OF_JUMP = 0.5
#: A back-test whose 90 % intervals contained a smaller share of the larger runs is a sign of a bad forecast.
POOR = 0.7


@dataclass(frozen=True)
class Evidence:
    """A back-test of one forecaster; `str` gives it in sentences.

    Attributes
    ----------
    by : column of the cuts.
    cuts, failed, unconverged : numbers of cuts.
    runs : forecasts that were scored: runs held out, summed over cuts.
    sizes : distinct sizes of those runs, in `by`; for C also in N, whichever is fewer.
    jump : their size over the largest fitted one, median over the forecasts.
    times : farthest target over the largest run, if the back-test had ``towards=``; otherwise NaN.
    covered : probability of a central interval -> share of the runs inside.
    rmsle, width : root mean square error, and width of the 90 % interval [% of the loss].

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> tests = bs.backtest(bs.baselines.power_law, runs, cuts=[1.1e11], seed=1, progressbar=False)
    >>> found = bs.evidence(tests)
    >>> found.by, found.cuts, found.reassures
    ('C', 1, False)
    """

    by: str
    cuts: int
    failed: int
    unconverged: int
    runs: int
    sizes: int
    jump: float
    times: float
    covered: dict[float, float]
    rmsle: float
    width: float

    @property
    def poor(self) -> bool:
        """Whether the 90 % intervals contained too few runs, which is a sign of a bad forecast."""
        return self.covered[0.9] < POOR

    @property
    def gaps(self) -> tuple[str, ...]:
        """Why good scores would not reassure; empty if they do."""
        if not self.runs:
            return ("no cut has a forecast",)
        gaps = []
        if self.sizes < FEWEST_SIZES:
            number = "one distinct size" if self.sizes == 1 else f"{self.sizes} distinct sizes"
            gaps.append(f"it rests on {number} of {self.by}, and runs of one size err together")
        if self.times > 1 and np.log(self.jump) < SHARE_OF_JUMP * np.log(self.times):
            gaps.append(f"its runs are {self.jump:.2g} times the largest fitted, the forecast's {self.times:.2g} times")
        return tuple(gaps)

    @property
    def reassures(self) -> bool:
        """Whether the scores are good, on enough sizes and at a comparable jump."""
        return not self.poor and not self.gaps

    def __str__(self) -> str:
        if not self.runs:
            return f"back-test on the runs fitted, by {self.by}: no cut has a forecast, so it says nothing"
        inside = "/".join(f"{100 * share:.0f}" for share in self.covered.values())
        levels = "/".join(f"{100 * level:.0f}" for level in self.covered)
        bad = "".join(f", {count} {word}" for count, word in self._bad if count)
        text = (
            f"back-test on the runs fitted, {self.cuts} cuts by {self.by}{bad}: {inside} % of the larger runs inside "
            f"the {levels} % intervals, RMSLE {self.rmsle:.2g} % (distinct sizes held out: {self.sizes}; median "
            f"{self.jump:.2g} times the largest fitted)"
        )
        if self.gaps:
            worth = "It would not reassure even with better scores" if self.poor else "It does not reassure"
            text += f". {worth}: {'; '.join(self.gaps)}"
        return text

    @property
    def _bad(self) -> tuple[tuple[int, str], ...]:
        return (self.failed, "failed"), (self.unconverged, "unconverged")


def evidence(tests: xr.Dataset) -> Evidence:
    """Summarise a back-test of one forecaster, and say whether it can reassure.

    Parameters
    ----------
    tests : Dataset of `backtest`; of several forecasters, one: ``tests.sel(forecaster="chinchilla")``.

    Raises
    ------
    TypeError
        If `tests` is not the Dataset of `backtest`.
    ValueError
        If it is of several forecasters.

    Returns
    -------
    Evidence : numbers of cuts, runs and distinct sizes, coverage, errors, and whether they reassure.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> tests = bs.backtest(bs.baselines.power_law, runs, cuts=[1.1e11], seed=1, progressbar=False)
    >>> bs.evidence(tests).gaps  # why good scores would not reassure
    ('it rests on ... distinct sizes of C, and runs of one size err together',)
    """
    if not isinstance(tests, xr.Dataset) or not {"error", "ratio", "covered"} <= set(tests.data_vars):
        raise TypeError(f"tests is a {type(tests).__name__}; wanted the Dataset of bayescale.backtest.")
    if "forecaster" in tests.dims:
        names = tests["forecaster"].values.tolist()
        raise ValueError(f"The back-test is of {names}; select one: tests.sel(forecaster={names[0]!r}).")
    by = str(tests.attrs["by"])
    means = board(tests.drop_vars("forecaster", errors="ignore")).iloc[0]
    scored = tests["error"].notnull()
    of_run = scored.any("cut").to_numpy()
    counts = [distinct(tests[name].to_numpy()[of_run]) for name in {by, "N" if by == "C" else by} if name in tests]
    return Evidence(
        by=by,
        cuts=int(means["cuts"]),
        failed=int(means["failed"]),
        unconverged=int(means["unconverged"]),
        runs=int(scored.sum()),
        sizes=min(counts),
        jump=float(tests["ratio"].where(scored).median()),
        times=float(tests.attrs.get("times", np.nan)),
        covered={level: float(means[f"covered_{level}"]) for level in LEVELS},
        rmsle=float(means["rmsle"]),
        width=float(means["width"]),
    )
