"""The report of the speed benchmark: a list of sections, each a function from what was measured to Markdown."""

from benchmarks import table
from benchmarks.speed import engine_report
from benchmarks.speed.run import Measured
from benchmarks.speed.targets import targets

REFERENCE = "bayescale_nuts"
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
    table.write(path, "Speed", (section(measured) for section in SECTIONS))


def setting(measured: Measured) -> str:
    """What was run, and on what."""
    return f"""
Every contender is a process of its own that fits L = E + A N^-α + B D^-β to a table of runs, forecasts Chinchilla
(70B parameters, 1.4T tokens), and fits the same table once more. `uv run --isolated --no-default-groups --group bench
python -m benchmarks speed` writes this page; run it again for your machine. (A plain install: the group `dev` has dask,
and where that is, xarray imports it.) Times are wall seconds unless they are called CPU; only ratios within a run mean
anything.
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

SECTIONS = [setting, comparison, targets, *engine_report.SECTIONS]
