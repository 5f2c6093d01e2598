"""Measurements of the engine itself, each a function that returns what JSON can hold."""

import ctypes
import time
import tracemalloc
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
from rich.progress import track

import bayescale as bs
from bayescale import laws
from bayescale.autodiff import numba_backend as native
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.log_density import LogDensity
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C, L_D, L_N
from benchmarks.speed import default, quality
from benchmarks.speed.tables import SIGMA, simulated

#: Sizes of the tables whose gradient is timed.
ROWS = (100, 1_000, 10_000, 100_000, 1_000_000)
QUIET = {"progressbar": False}
#: Differences up to this many standard errors count as chance.
CHANCE = 2.6
#: Probabilities of the quantiles that are compared.
TAILS = (0.05, 0.95)
#: Standard error of such a quantile of a normal density over that of its mean.
TAIL_ERROR = 2.11
#: Draws of Laplace for each of four chains, where it is compared with NUTS.
MANY = 4000
#: Draws of NUTS for each of four chains there. Its chains seldom reach the tails of small tables: with 4000 draws,
#: quantiles of cerebras_gpt differed by 0.2 standard deviations between seeds.
REFERENCE = 40_000


def curves() -> dict[str, Any]:
    """The 92 learning curves of Alabdulmohsin et al. 2022 (training part), M2 law, NUTS with its defaults."""
    table = bs.load("alabdulmohsin2022")
    table = table[table["training"] == 1]
    return _batch(L_D, {name: runs for name, runs in table.groupby("run")})


def calibration() -> dict[str, Any]:
    """200 simulated tables of 60 runs: the time of SBC, and Kolmogorov-Smirnov p-values of the ranks."""
    from scipy.stats import kstest

    runs = simulated(seed=1).iloc[:60]
    _warm(chinchilla, runs)
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = bs.sbc(chinchilla, runs, fits=200, seed=1, **QUIET)
    seconds = time.perf_counter() - began
    ranks = results["prior_sbc"].to_dataset()
    names = (*chinchilla.parameters, "sigma")
    p = {name: float(kstest(ranks[name].values.ravel(), "uniform").pvalue) for name in names}
    fits = results["fits"].to_dataset()
    return {"seconds": seconds, "converged": float(fits["converged"].mean()), "p": p}


def sampling() -> dict[str, Any]:
    """R-hat, ESS and divergences of simulated tables of every law."""
    return {name: quality.measure(name, each) for name, each in track(quality.LAWS.items(), "laws")}


def scale() -> dict[str, Any]:
    """Seconds and bytes of one gradient by rows, and seconds of NumPy's value of the same formula."""
    results = {}
    for rows in ROWS:
        runs = pd.concat([simulated(seed=k) for k in range(1 + rows // 245)]).iloc[:rows].reset_index(drop=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = check(chinchilla, runs)
        tracemalloc.start()
        density = LogDensity(Bound(chinchilla, table))
        data = native.packed(density.program.constants, np.zeros(density.size), np.eye(density.size))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        results[str(rows)] = {
            "gradient": _gradient_seconds(density, data),
            "numpy": _numpy_seconds(runs),
            "data_bytes": data.nbytes,
            "peak_bytes": peak,
        }
    return results


def laplace() -> dict[str, Any]:
    """Laplace against NUTS, data set by data set."""
    return {name: _agreement(law, tables) for name, law, tables in track(list(_data_sets()), "data sets")}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "curves": curves,
    "calibration": calibration,
    "scale": scale,
    "laplace": laplace,
    "sampling": sampling,
    "default": default.measure,
}


def _warm(law, runs) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        bs.fit(law, runs, seed=0, draws=10, tune=50, **QUIET)


def _batch(law, tables) -> dict[str, Any]:
    _warm(law, next(iter(tables.values())))
    began = time.perf_counter()
    fits = bs.fit_many(law, tables, seed=1, **QUIET)["fits"].to_dataset()
    return {
        "fits": fits.sizes["fit"],
        "seconds": time.perf_counter() - began,
        "rhat": float(fits["rhat"].max()),
        "ess": float(fits["ess"].min()),
        "diverging": int((fits["divergences"] > 0).sum()),
    }


def _gradient_seconds(density: LogDensity, data: np.ndarray) -> float:
    function = native.compiled(density.program.scalar_code).density.ctypes
    point = density.prior_points(np.random.default_rng(0), 1)[0]
    arrays = (point, np.empty(density.size), np.empty(1), data)
    pointers = [array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in arrays]
    return _best(lambda: function(density.size, *pointers))


def _numpy_seconds(runs: pd.DataFrame) -> float:
    """Seconds of the value of the log likelihood, without gradient, as it is written by hand."""
    N, D, y = (runs["N"] / 1e9).to_numpy(), (runs["D"] / 2e10).to_numpy(), np.log(runs["loss"]).to_numpy()

    def value():
        z = (y - np.log(1.8 + 0.4 * N**-0.34 + 0.3 * D**-0.37)) / SIGMA
        return -2.5 * np.log1p(z * z / 4).sum()

    return _best(value)


def _best(function: Callable[[], Any], budget: float = 0.5) -> float:
    """The shortest time [s] of as many calls as fit into `budget` seconds, at least three."""
    times, end = [], time.perf_counter() + budget
    while len(times) < 3 or time.perf_counter() < end:
        began = time.perf_counter()
        function()
        times.append(time.perf_counter() - began)
    return min(times)


def _agreement(law, tables) -> dict[str, Any]:
    """Differences of means and of 5 % and 95 % quantiles [sd of NUTS], each with what chance allows."""
    import arviz as az

    _warm(law, next(iter(tables.values())))
    means, ends, seconds, licensed = [], [], {"nuts": 0.0, "laplace": 0.0}, 0
    for runs in tables.values():
        posts = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for method, options in (("nuts", {"draws": REFERENCE, "tune": 1000}), ("laplace", {"draws": MANY})):
                began = time.perf_counter()
                posts[method] = bs.fit(law, runs, seed=1, method=method, **options, **QUIET)
                seconds[method] += time.perf_counter() - began
        if posts["laplace"].attrs["method"] != "laplace":
            continue
        licensed += 1
        for name in (n for n in law.all_priors if n in posts["nuts"]["posterior"]):
            x, y = (posts[method]["posterior"][name].to_numpy() for method in ("nuts", "laplace"))
            sd, own = x.std(), 1 / np.sqrt(posts["laplace"].attrs["importance_ess"])
            chance = CHANCE * np.hypot(az.mcse(x) / sd, own)
            means.append([abs(x.mean() - y.mean()) / sd, chance])
            for p in TAILS:
                chance = CHANCE * np.hypot(az.mcse(x, method="quantile", prob=p) / sd, TAIL_ERROR * own)
                ends.append([abs(np.quantile(x, p) - np.quantile(y, p)) / sd, chance])
    return {"fits": len(tables), "licensed": licensed, "means": means, "ends": ends, "seconds": seconds}


def _data_sets() -> Iterator[tuple[str, Any, dict[str, pd.DataFrame]]]:
    """Every bundled and every published table, with the law that its paper or its columns call for."""
    gpt3, gadre, muennighoff = bs.load("gpt3"), bs.load("gadre2024"), bs.load("muennighoff2023")
    besiroglu, clark, delphi = bs.load("besiroglu2024"), bs.load("clark2022"), bs.load("delphi")
    gemstones, curves_gpt3 = bs.load("gemstones2025"), bs.load("gpt3_curves")
    learning = bs.load("alabdulmohsin2022").query("training == 1")
    yield "gpt3", L_C, {"below 1e23": gpt3[gpt3["C"] < 1e23]}
    yield "cerebras_gpt", L_C, _groups(bs.load("cerebras_gpt"), "family")
    yield "pythia", L_N, {"all": bs.load("pythia")}
    yield "besiroglu2024", chinchilla, {"240": besiroglu[~besiroglu["excluded"]]}
    yield "gadre2024", laws.gadre2024.overtrained, _groups(gadre, "group")
    yield "porian2024", chinchilla, _groups(bs.load("porian2024"), "group")
    main = muennighoff[(muennighoff["variant"] == "main") & ~muennighoff["overfit"]]
    yield "muennighoff2023", laws.muennighoff2023.data_constrained, {"main, not overfitted": main}
    yield "gemstones2025", chinchilla, _groups(gemstones, "group")
    yield "clark2022", L_N, {"dense": clark[clark["group"] == "Dense"]}
    yield "alabdulmohsin2022", L_D, dict(list(_groups(learning, "run").items())[::3])
    yield "gpt3_curves", L_D, {name: runs.iloc[::10] for name, runs in _groups(curves_gpt3, "run").items()}
    yield "isoflop", chinchilla, _groups(bs.load("isoflop"), "group")
    yield "delphi", chinchilla, {"ladder": delphi[delphi["group"] == "isoflop"]}


def _groups(table: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    return {str(name): runs for name, runs in table.groupby(column) if len(runs) > 3}
