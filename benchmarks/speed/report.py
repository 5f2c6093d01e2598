"""The report of the speed benchmark: a list of sections, each a function from what was measured to Markdown."""

from collections.abc import Sequence

from benchmarks import table
from benchmarks.evidence import opening
from benchmarks.speed import engine_report
from benchmarks.speed.run import Measured
from benchmarks.speed.targets import HEADER as TARGETS
from benchmarks.speed.targets import definitions, target_rows

REFERENCE = "bayescale_nuts"
#: The command that writes the page, in an isolated environment with the peers.
COMMAND = "uv run --isolated --no-default-groups --group bench python -m benchmarks speed"
NOTE = "With `--raw FILE` the command keeps its measurements as JSON, and writes the page from them."
HEADER = (
    *("contender", "whole process [s]", "CPU [s]", "first fit to forecast [s]", "again [s]", "smallest ESS"),
    *("ESS/s cold", "ESS/s again", "R-hat", "mean off by [sd]"),
)
CACHES = {
    "warm": "Caches on disk are warm: each contender that keeps compiled code there was run once before, untimed.",
    "empty": "Caches on disk are empty: every contender compiles as on the first day.",
}


def write(path, measured: Measured) -> None:
    """Write the report.

    Parameters
    ----------
    path : the Markdown file.
    measured : Measured
    """
    parts = [section(measured) for section in SECTIONS]
    table.write(path, "Speed", [*first(measured), *parts])


def first(measured: Measured) -> list[str]:
    """The opening of the page: conclusion, the table of targets, command and measurement."""
    if not measured.results:
        return []
    rows = target_rows(measured)
    when = measured.machine.get("Measured", "unknown")
    return opening(conclusion(rows), table.table(TARGETS, rows), COMMAND, when, NOTE)


def conclusion(rows: Sequence[Sequence]) -> list[str]:
    """The conclusion in three sentences, from the rows of targets."""
    ratio = {row[0]: row[3] for row in rows if row[3] is not None}
    again = [value for what, value in ratio.items() if "effective draw" in what]
    cold = [value for what, value in ratio.items() if "ESS" in what]
    laplace = [value for what, value in ratio.items() if what.startswith("Laplace")]
    if not (again and cold and laplace):
        return ["Times of some contenders are missing, so no ratio is given."]
    return [
        f"From the start of a process, NUTS reaches an effective sample size of 1000 {min(cold):.2g} to "
        f"{max(cold):.2g} times faster than plain PyMC with the same law, on two tables.",
        f"In a running process an effective draw takes {min(again):.0f} to {max(again):.0f} times less time than in "
        "plain PyMC.",
        f"Laplace's method gives a forecast {min(laplace):.2g} to {max(laplace):.2g} times faster than "
        "simple-scaling-laws, from the start of a process.",
    ]


def setting(measured: Measured) -> str:
    """What was run, and on what."""
    return f"""## Setting

Every contender is a process of its own. It fits L = E + A N^-α + B D^-β to a table of runs, forecasts Chinchilla
(70B parameters, 1.4T tokens), and fits the same table once more. Times are wall seconds unless they are called CPU;
only ratios within one measurement can be compared. Use a plain install as in the command: the group `dev` has dask,
which xarray imports where it is installed.
{CACHES[measured.caches]}

{table.table(("machine", ""), measured.machine.items(), left=2)}"""


def comparison(measured: Measured) -> str:
    """One table for each table of runs."""
    if not measured.results:
        return ""
    parts = ["## Contenders", _LEGEND]
    for name, results in measured.results.items():
        rows = [_row(contender, result, results.get(REFERENCE, {})) for contender, result in results.items()]
        parts += [f"### {_TITLES[name]}", table.table(HEADER, rows)]
    return "\n\n".join(part.strip() for part in parts)


def agreement(result: dict, reference: dict) -> float | None:
    """How far the means of E, alpha_N, alpha_D are at most from the reference's, in its standard deviations."""
    if "posterior" not in result or "posterior" not in reference:
        return None
    pairs = [(result["posterior"][name], reference["posterior"][name]) for name in reference["posterior"]]
    return max(abs(mean - middle) / sd for (mean, _), (middle, sd) in pairs)


def _row(name: str, result: dict, reference: dict) -> list:
    if "failed" in result:
        return [name, result["wall"], result["cpu"], f"failed: {result['failed'][:80]}", *[None] * (len(HEADER) - 4)]
    first, again, ess, ess_again = (result[key] for key in ("first", "again", "ess_min", "ess_min_again"))
    rates = (None, None) if ess is None else (ess / first["wall"], ess_again / again["wall"])
    times = (result["wall"], result["cpu"], first["to_forecast"], again["wall"])
    return [name, *times, ess, *rates, result["rhat"] and f"{result['rhat']:.3f}", agreement(result, reference)]


_TITLES = {
    "simulated": "245 simulated runs of a known law, log-normal noise of 0.5 %",
    "besiroglu2024": "240 runs of Hoffmann et al. 2022, as Besiroglu et al. 2024 read them",
}
_LEGEND = """
The whole process holds both fits and the effective sample sizes. The first fit counts from the start of the process:
imports and compiling are in it. ESS is the bulk effective sample size, the smallest of E, α, β and σ; a bootstrap has
none. The last column is how far the means of E, α and β are at most from those of `bayescale_nuts`, in posterior
standard deviations; an estimate that is no posterior mean need not be at 0."""

SECTIONS = [setting, comparison, definitions, *engine_report.SECTIONS]
