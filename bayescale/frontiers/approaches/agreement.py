"""Agreement: whether several approaches find the same frontier."""

import json
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

#: Quantities that are compared -> the largest difference that counts as agreement unless the user says otherwise.
#: That of `a` is absolute; those of N and loss are ratios minus one.
WITHIN = {"a": 0.05, "N": 0.5, "loss": 0.01}
#: Approaches disagree if they agree with a smaller probability than this.
UNLIKELY = 0.05
#: Pairs of draws that are compared.
PAIRS = 4000


def agreement(
    found: Mapping[str, xr.Dataset], *, within: Mapping[str, float] | None = None, seed: int | None = 0
) -> pd.DataFrame:
    """Compare the frontiers that several approaches find, pair by pair.

    Parameters
    ----------
    found : mapping from a name to the Dataset of `bayescale.frontier` or `bayescale.optimal`, all at the same budgets.
    within : mapping, optional
        The difference up to which two approaches agree: ``a`` [1], ``N`` and ``loss`` (ratios minus one). By default
        0.05, 0.5 and 0.01.
    seed : int, of the pairs of draws.

    Returns
    -------
    DataFrame : a row for each pair of approaches, budget and quantity.

        - ``first``, ``second``: names; ``C`` [FLOP]; ``quantity``: a, N or loss;
        - ``first_median``, ``second_median``;
        - ``difference``, ``low``, ``high``: median and 90 % interval of second minus first (a), or of their log ratio;
        - ``agree``: probability that they differ by at most `within`;
        - ``inside``: whether the budget lies within the runs of both.

        ``attrs["sentences"]`` is a JSON list that says where they disagree and which to believe. The draws of two
        approaches are paired at random. Approaches fitted to the same runs share their errors, so that the interval of
        the difference is then somewhat too wide.

    Raises
    ------
    ValueError
        If there are fewer than two approaches, their budgets differ, or `within` names another quantity.

    Examples
    --------
    >>> import bayescale as bs
    >>> runs = bs.load("known_entropy").query("split == 'grid'")
    >>> C = [1e11, 1e12]
    >>> joint = bs.fit(bs.laws.chinchilla, runs, method="laplace", seed=1, progressbar=False)
    >>> found = {
    ...     "joint law": bs.frontier(bs.laws.chinchilla, joint, C),
    ...     "IsoFLOP": bs.optimal(bs.isoflop(runs, draws=250, seed=1), C),
    ... }
    >>> bs.agreement(found)["quantity"].unique().tolist()
    ['a', 'N', 'loss']
    """
    if not isinstance(found, Mapping) or len(found) < 2:
        raise ValueError("found has fewer than two approaches; wanted {'joint law': best, 'IsoFLOP': other}.")
    limits = {**WITHIN, **(within or {})}
    if unknown := sorted(set(limits) - set(WITHIN)):
        raise ValueError(f"within names {unknown}; wanted only {list(WITHIN)}.")
    budgets = next(iter(found.values()))["C"].to_numpy()
    for name, best in found.items():
        if best["C"].shape != budgets.shape or not np.allclose(best["C"], budgets, rtol=1e-6):
            raise ValueError(f"The budgets of '{name}' differ from those of '{next(iter(found))}'; use the same C.")
    rng, rows = np.random.default_rng(seed), []
    for first, second in combinations(found, 2):
        inside = _inside(found[first], budgets) & _inside(found[second], budgets)
        for quantity, limit in limits.items():
            if quantity in found[first] and quantity in found[second]:
                draws = [_draws(found[name], quantity, rng) for name in (first, second)]
                head = {"first": first, "second": second, "quantity": quantity}
                rows += [head | row for row in _rows(*draws, quantity, limit, budgets, inside)]
    table = pd.DataFrame(rows)
    table.attrs = {"within": dict(limits), "sentences": json.dumps(_sentences(table, found))}
    return table


def _draws(best: xr.Dataset, quantity: str, rng: np.random.Generator) -> np.ndarray:
    """Draws in random order, of shape (pair, C)."""
    values = best[quantity].transpose("chain", "draw", "C").to_numpy().reshape(-1, best.sizes["C"])
    return values[rng.integers(len(values), size=PAIRS)]


def _rows(one: np.ndarray, two: np.ndarray, quantity: str, limit: float, budgets, inside) -> list[dict[str, Any]]:
    """Rows of one pair and one quantity."""
    difference = two - one if quantity == "a" else np.log(two / one)
    most = limit if quantity == "a" else np.log1p(limit)
    low, middle, high = np.nanquantile(difference, [0.05, 0.5, 0.95], axis=0)
    return [
        {
            "C": budgets[i],
            "first_median": float(np.nanmedian(one[:, i])),
            "second_median": float(np.nanmedian(two[:, i])),
            "difference": middle[i],
            "low": low[i],
            "high": high[i],
            "agree": float(np.mean(abs(difference[:, i]) <= most)),
            "inside": bool(inside[i]),
        }
        for i in range(len(budgets))
    ]


def _inside(best: xr.Dataset, budgets: np.ndarray) -> np.ndarray:
    """Which budgets lie within the runs of an approach; all where its runs are not known."""
    if "beyond_C" not in best.coords:
        return np.ones(len(budgets), dtype=bool)
    return ~best["beyond_C"].to_numpy()


def _sentences(table: pd.DataFrame, found: Mapping[str, xr.Dataset]) -> list[str]:
    """Where pairs disagree, and which approach to believe."""
    said = []
    for (first, second), pair in table.groupby(["first", "second"], sort=False):
        off = pair[pair["agree"] < UNLIKELY]
        if off.empty:
            worst = pair.loc[pair["agree"].idxmin()]
            said.append(
                f"{first} and {second} are compatible: P(agree) is at least {worst['agree']:.2f} "
                f"(lowest for {worst['quantity']} at C = {worst['C']:.3g} FLOP)."
            )
            continue
        places = {name: ", ".join(f"{C:.3g}" for C in group["C"]) for name, group in off.groupby("quantity")}
        where = " and ".join(f"{name} at C = {at} FLOP" for name, at in places.items())
        said.append(f"{first} and {second} disagree on {where}. {_believe(off, first, second, found)}")
    return said


def _believe(off: pd.DataFrame, first: str, second: str, found: Mapping[str, xr.Dataset]) -> str:
    """Which of two approaches to believe where they disagree, and why."""
    if not off["inside"].any():
        return "All of these budgets lie beyond the runs, so the runs cannot decide between them."
    inside = f"Of these budgets, {_listed(off)} FLOP lie within the runs."
    valleys = [name for name in (first, second) if found[name].attrs.get("approach") == "isoflop"]
    if len(valleys) == 1:
        other = second if valleys[0] == first else first
        why = (
            "uses checkpoints, whose loss lies above that of runs that end there if the learning rate had not decayed"
            if found[other].attrs.get("approach") == "envelope"
            else "takes it from an assumption about all runs"
        )
        return f"{inside} Believe {valleys[0]} there: each budget's runs show the optimum directly, and {other} {why}."
    return f"{inside} At least one model is wrong there; check both against the runs."


def _listed(off: pd.DataFrame) -> str:
    """The budgets within the runs at which two approaches disagree."""
    budgets = sorted(set(off.loc[off["inside"], "C"]))
    return ", ".join(f"{C:.3g}" for C in budgets)
