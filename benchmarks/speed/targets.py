"""The targets of bayescale's speed, as ratios within one run of the benchmark."""

from collections.abc import Callable

from benchmarks import table
from benchmarks.speed.run import Measured

#: Effective sample size to which times are scaled.
ESS = 1000
_DEFINITIONS = f"""
Cold is a new process, from its start. Seconds to ESS {ESS} are the first fit's wall seconds if its smallest ESS
reaches {ESS}; else, with the sampler's own time s where it is reported, wall + s ({ESS} / ESS - 1), and without it,
wall * {ESS} / ESS. PyMC's s holds the warm-up, which more draws would not repeat, so its figure is a little too high.
Plain PyMC is `plain_pymc`, `pm.sample` as it is. Starts are whole processes, the best of five."""


def seconds_to_ess(result: dict) -> float:
    """Wall seconds of the first fit, if it had drawn until the smallest ESS is 1000."""
    first = result["first"]
    lacking = max(0.0, ESS / result["ess_min"] - 1)
    return first["wall"] + lacking * (first["wall"] if first.get("sampling") is None else first["sampling"])


def seconds_to_forecast(result: dict) -> float:
    return result["first"]["to_forecast"]


def seconds_per_effective_draw(result: dict) -> float:
    return result["again"]["wall"] / result["ess_min_again"]


#: What is compared, our contender, the peer, and by which factor ours shall be faster.
RATIOS: tuple[tuple[str, Callable[[dict], float], str, str, float], ...] = (
    ("Laplace, cold, to the forecast", seconds_to_forecast, "bayescale_laplace", "simple_scaling_laws", 2),
    (f"NUTS, cold, to ESS {ESS}", seconds_to_ess, "bayescale_nuts", "plain_pymc", 2),
    ("NUTS, again, for each effective draw", seconds_per_effective_draw, "bayescale_nuts", "plain_pymc", 30),
)
#: Command -> wall seconds that it may take.
LIMITS = {"import bayescale": 0.3, "bayescale --help": 0.5}


HEADER = ("target", "bayescale [s]", "peer [s]", "times faster", "wanted", "met")


def target_rows(measured: Measured) -> list[list]:
    """Rows of `HEADER`: each target, what was measured, and whether it is met."""
    rows = []
    for name, results in measured.results.items():
        for what, seconds, ours, theirs, wanted in RATIOS:
            mine, peer = (_apply(seconds, results.get(contender)) for contender in (ours, theirs))
            ratio = None if mine is None or peer is None else peer / mine
            met = None if ratio is None else ratio >= wanted
            rows.append([f"{what} ({name})", mine, f"{theirs}: {table.number(peer)}", ratio, f"≥ {wanted}", met])
    for what, limit in LIMITS.items():
        seconds = measured.starts.get(what)
        rows.append([f"`{what}`", seconds, None, None, f"< {limit} s", None if seconds is None else seconds < limit])
    return rows


def definitions(measured: Measured) -> str:
    """The section on what the targets mean."""
    return f"## What the targets mean\n{_DEFINITIONS}" if measured.results else ""


def _apply(seconds: Callable[[dict], float], result: dict | None) -> float | None:
    return None if result is None or "failed" in result else seconds(result)
