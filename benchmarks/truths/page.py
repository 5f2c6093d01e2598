"""The sections of a page on simulated truths, conclusion first."""

from collections.abc import Sequence

import pandas as pd

from benchmarks.evidence import opening
from benchmarks.table import table
from benchmarks.truths import designs, report
from benchmarks.truths.measure import ADDITIVE, DEFAULT
from benchmarks.truths.truths import TRUTHS

#: The truth on which the conclusion compares the default with the additive law.
PLAIN = "additive"


def first(records: Sequence[dict], command: str, measured: str, note: str = "") -> list[str]:
    """The opening of the page: conclusion, one table, command and measurement."""
    found = report.frame(records)
    return opening(conclusion(found), headline(found), command, measured, note)


def headline(found: pd.DataFrame) -> str:
    """By truth: the lowest coverage of 90 % intervals over the targets of each law, and the default's bias far out."""
    every, rows = report.means(found), []
    for truth in found["truth"].unique():
        cells = []
        for name in (DEFAULT, ADDITIVE):
            own = every.xs(name, level="forecaster").loc[truth]
            low = own.loc[own["inside_0.9"].idxmin()]
            cells.append(f"{low['inside_0.9']:.2f} ± {low['inside_0.9_se']:.2f}")
        far = every.xs(DEFAULT, level="forecaster").loc[(truth, str(designs.DISTANCES[-1]))]
        rows.append([truth, *cells, f"{far['bias']:.1f} ± {far['bias_se']:.1f}"])
    last = f"bias of the default at {designs.DISTANCES[-1]:,}× [%]"
    return table(["truth", "inside 90 %, worst target: default", "the same: additive law", last], rows)


def sections(records: Sequence[dict]) -> list[str]:
    """Targets, how the sweeps are made, every score, coverage by design, and how the fits went."""
    found = report.frame(records)
    sweeps = int(found.groupby("truth")["seed"].nunique().min())
    return [
        f"## Targets\n\n{UNKNOWABLE}",
        report.targets_table(found),
        f"## The sweeps\n\n{about(sweeps)}",
        table(["truth", "loss"], [[name, truth.words] for name, truth in TRUTHS.items()], left=2),
        f"## Scores\n\n{MEANING}",
        report.main_table(found),
        "## Coverage by design\n\n90 % intervals of the default, over all four targets.",
        report.design_table(found),
        report.notes(records),
    ]


def conclusion(found: pd.DataFrame) -> list[str]:
    """What the tables say of the default, in three sentences made of their numbers."""
    every = report.means(found)
    said = []
    for name in (DEFAULT, ADDITIVE):
        lowest = every.xs(name, level="forecaster")["inside_0.9"].drop(report.UNKNOWABLE, level="truth")
        worst = lowest.groupby("truth", sort=False).min().to_dict()
        good = sum(share >= report.INSIDE for share in worst.values())
        last = min(worst, key=lambda truth: worst[truth])
        said.append(
            f"90 % intervals of the {name}{' law' if name == ADDITIVE else ''} contain at least "
            f"{100 * report.INSIDE:.0f} % of new runs at every target on {good} of {len(worst)} truths, not counting "
            f"the unknowable break; the lowest share is {100 * worst[last]:.0f} % ({last})."
        )
    own, right = (every.xs(name, level="forecaster").loc[PLAIN] for name in (DEFAULT, ADDITIVE))
    said.append(
        f"Where the truth is additive, the median of the default is off by {_listed(own['bias'], '+.1f')} % at 10, 100 "
        "and 1,000 times the largest fitted compute (a minus sign: too low), that of the additive law by "
        f"{_listed(right['bias'], '+.1f')} %, and the default's intervals are {_listed(own['relative'], '.1f')} times "
        "as wide."
    )
    return said


def _listed(values: pd.Series, form: str) -> str:
    """The values at 10, 100 and 1,000 times the compute, by commas."""
    return ", ".join(format(values.loc[str(times)], form) for times in designs.DISTANCES)


#: Said of the break wherever its scores are shown.
UNKNOWABLE = (
    "A break beyond the fitted runs cannot be forecast: with and without the break, the expected losses of the fitted "
    "runs agree to .1 %. So coverage has no target on that truth."
)
#: What the columns of the main table mean.
MEANING = (
    "Mean ± Monte Carlo standard error over sweeps, in % of the loss. Bias: median forecast less expected loss. "
    "Coverage and CRPS: of new runs, with errors of their own. Width / additive's: geometric mean over sweeps. The "
    "additive law on its own truth shows what a correct law reaches. Sweeps of one seed share their random numbers, so "
    "errors of rows are correlated."
)


def about(sweeps: int) -> str:
    """How the sweeps are made."""
    (few, many), (short, long) = designs.RUNS, designs.SPAN
    times = ", ".join(f"{distance:,}" for distance in designs.DISTANCES)
    return (
        f"There are {sweeps} sweeps of each truth. Each has {few} to {many} runs over {short:g} to {long:g} decades of "
        "compute, in turn of three designs. A grid has 5 to 8 sizes, each at 5 to 8 numbers of tokens. IsoFLOP "
        "profiles have 5 to 7 budgets of 5 to 9 sizes; neighbouring budgets share sizes. A ladder has 4 to 7 sizes, "
        f"each at 5 to 12 numbers of tokens per parameter, and spans {designs.LADDER:g} decades or more.\n\n"
        f"Four runs are forecast. Three have {designs.RATIO:g} tokens per parameter, at {times} times the largest "
        f"fitted compute. One ('{designs.LARGER}') has the largest fitted compute and {designs.TIMES_N:g} times the "
        "largest fitted N.\n\n"
        "Exponents, floors and shares are drawn for each sweep from ranges of published values (sources in "
        "`benchmarks/truths/truths.py`). Noise is Student-t with 4 degrees of freedom; the table gives its scale. "
        "Sweeps of one seed share their design, parameters and random numbers between truths."
    )
