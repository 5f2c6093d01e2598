"""Tables of docs/explain/geometry.md that are about trained networks, from the stored measurements."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

import bayescale as bs
from benchmarks.geometry import fits, networks, santa_fe
from benchmarks.table import number, table

#: Laws of networks on images, of each with its scatter between splits.
IMAGES = {
    "no floor": replace(fits.PLAIN, noise=fits.SCATTER, name="no floor"),
    "with a floor": replace(fits.LIMITED, noise=fits.SCATTER, name="with a floor"),
}
#: Santa Fe networks: floor and exponent free, scatter between networks unknown.
BITS = replace(fits.MEMORISER, noise=replace(bs.noises.lognormal, name="scatter"), name="bits")


def span(draws, digits: int = 3) -> str:
    """Median and central 90 % interval."""
    low, middle, high = (number(float(value), digits) for value in np.quantile(np.asarray(draws), fits.QUANTILES))
    return f"{middle} [{low}, {high}]"


@lru_cache(maxsize=1)
def exponents(stored: Path) -> pd.DataFrame:
    """Exponents of students: of each dimension alone, and pooled as c / d^p.

    Returns
    -------
    DataFrame, one row for each of limited and d, and for d = 0 the pooled c and p; cells are arrays of draws.
    """
    runs = pd.read_csv(stored / "networks.csv")
    runs = runs[runs["halved"] == 0].assign(size_=lambda t: np.where(t["limited"] == "N", t["N"], t["D"]))
    rows = []
    for limited, own in runs.groupby("limited", sort=False):
        pooled = fits.networks(own)
        c, p = np.exp(pooled["c_mu"]), pooled["p"]
        rows.append({"limited": limited, "d": 0, "c": c, "p": p, "teachers": pooled["c_sigma"]})
        for d, here in own.groupby("d"):
            alone = np.exp(fits.networks(here, fits.ALONE, "laplace")["c_mu"])
            rows.append({"limited": limited, "d": d, "alone": alone, "pooled": c / float(d) ** p})
    return pd.DataFrame(rows)


def halvings(stored: Path) -> pd.Series:
    """Median of error(half of the steps) / error(all), by limited and d, for the largest size."""
    runs = pd.read_csv(stored / "networks.csv")
    keys = ["limited", "d", "teacher", "size", "seed"]
    both = runs.pivot_table(index=keys, columns="halved", values="mse").dropna()
    return (both[1] / both[0]).groupby(["limited", "d"]).median()


def students(stored: Path) -> str:
    """Exponents of every dimension, P(alpha >= 4/d), and the check of convergence."""
    ratios, rows = halvings(stored), []
    ranges = {"N": np.ptp(np.log([networks.parameters(2, w) for w in networks.WIDTHS])), "D": np.log(32)}
    for _, row in exponents(stored).query("d > 0").iterrows():
        limited, d = row["limited"], int(row["d"])
        chances = [f"{float(bs.meets_bound(row[kind], float(d))):.2f}" for kind in ("alone", "pooled")]
        ratio = ratios[limited, d]
        said = f"{ratio:.2f}" + ("" if ratio < networks.CONVERGED else ", not converged")
        rows.append([
            limited, str(d), f"{4 / d:.3f}", span(row["alone"]), chances[0], span(row["pooled"]), chances[1], said,
            f"{np.log(ratio) / ranges[limited]:.2f}",
        ])  # fmt: skip
    head = ["limited by", "d", "4/d", "alpha, this d alone", "P(alpha >= 4/d)", "alpha = c/d^p, all d"]
    head += ["P(alpha >= 4/d)", "error at half of the steps / all", "effect on alpha"]
    return table(head, rows, left=2) + "\n" + _pooled(stored)


def _pooled(stored: Path) -> str:
    """c, p and the scatter of teachers, with all dimensions and with those that have converged."""
    runs = pd.read_csv(stored / "networks.csv")
    ratios, rows = halvings(stored), []
    for _, row in exponents(stored).query("d == 0").iterrows():
        rows.append([row["limited"], "all", span(row["c"]), span(row["p"]), span(row["teachers"], 2)])
        good = [d for d in networks.DIMENSIONS if ratios[row["limited"], d] < networks.CONVERGED]
        own = runs[(runs["limited"] == row["limited"]) & (runs["halved"] == 0) & runs["d"].isin(good)]
        if 2 <= len(good) < len(networks.DIMENSIONS):
            found = fits.networks(own.assign(size_=own["N"] if row["limited"] == "N" else own["D"]))
            c, p, s = span(np.exp(found["c_mu"])), span(found["p"]), span(found["c_sigma"], 2)
            rows.append([row["limited"], "converged: " + ", ".join(map(str, good)), c, p, s])
        elif len(good) < 2:
            rows.append([row["limited"], f"converged: {len(good)} of {len(networks.DIMENSIONS)}", "–", "–", "–"])
    return table(["limited by", "dimensions", "c", "p", "scatter of teachers (log)"], rows, left=2)


def figure_rows(stored: Path) -> pd.DataFrame:
    """Quantiles of the exponents, for the figure."""
    rows = []
    for _, row in exponents(stored).query("d > 0").iterrows():
        found = {"limited": row["limited"], "d": row["d"]}
        for kind in ("alone", "pooled"):
            values = np.quantile(np.asarray(row[kind]), fits.QUANTILES)
            found |= {f"{kind}_{round(100 * q):02d}": value for q, value in zip(fits.QUANTILES, values, strict=True)}
        rows.append(found)
    return pd.DataFrame(rows)


def images(stored: Path) -> str:
    """D exponents of networks on images, and the dimensions that they imply."""
    runs, measured = (pd.read_csv(stored / f"{name}.csv") for name in ("image_networks", "images"))
    rows = []
    for name, own in runs.groupby("data"):
        scales = measured[measured["data"] == name]
        near, far = (_dimension(scales[scales["neighbours"] == k].iloc[0]) for k in (1, 64))
        for label, law in IMAGES.items():
            post = fits.posterior(law, own[["D", "loss"]])
            alpha = post["alpha_D"]
            chances = [f"{float(bs.meets_bound(alpha, d)):.2f}" for d in (near, far)]
            floor = span(post["E"]) if "E" in post else "–"
            rows.append([name, label, span(alpha), floor, span(4 / alpha), span(near), span(far), *chances])
    head = ["images", "law", "alpha", "E [nats]", "4/alpha", "d at k = 1", "d at k = 64"]
    head += ["P(alpha >= 4/d), k = 1", "the same, k = 64"]
    return table(head, rows, left=2)


def _dimension(row: pd.Series) -> np.ndarray:
    """Draws of a dimension with the stored quantiles: log-normal, with another width on either side of the median."""
    z = np.random.default_rng(1).standard_normal(4000)
    low, middle, high = (np.log(row[f"dimension_{q}"]) for q in ("05", "50", "95"))
    return np.exp(middle + z / 1.645 * np.where(z < 0, middle - low, high - middle))


def bits(stored: Path) -> str:
    """Exponent and entropy of the Santa Fe process, from networks with up to 10,000 symbols."""
    runs = pd.read_csv(stored / "embedding.csv")
    entropy, rows = santa_fe.entropy(1.5), []
    half = runs[runs["D"] <= max(santa_fe.FITTED)]
    exact = half.groupby("D")["expected"].first()
    for label, own in {"networks": half, "exact sums": exact.rename("loss").reset_index()}.items():
        if label == "networks":
            post = fits.posterior(BITS, own[["D", "loss"]])
            rows.append([label, span(post["alpha_D"]), "0.333", span(post["E"], 4), f"{entropy:.4f}"])
        else:
            slope = -np.polyfit(np.log(own["D"]), np.log(own["loss"] - entropy), 1)[0]
            rows.append([label, f"{slope:.3f}", "0.333", "–", f"{entropy:.4f}"])
    ratio = (runs["loss"] - entropy) / (runs["expected"] - entropy)
    said = ", ".join(f"{own.median():.2f} at {D:,}" for D, own in ratio.groupby(runs["D"]))
    head = ["", "exponent in D", "truth", "entropy [nats]", "truth"]
    return table(head, rows) + f"\nLoss above the entropy, network over memoriser (median of six): {said} symbols.\n"


def memory(stored: Path) -> str:
    """Exponents of a language with power-law memory, and what its statistics predict."""
    from benchmarks.geometry.memory import predicted

    runs, rows = pd.read_csv(stored / "memory.csv"), []
    for s, own in runs.groupby("s"):
        beta, gamma = predicted(float(s))
        cell, limit = own.rename(columns={"se": "loss_se"})[["D", "loss", "loss_se"]], float(own["limit"].iloc[0])
        law = replace(fits.LIMITED, noise=replace(fits.ESTIMATED, priors={"sigma": 1e-6, "nu": 9.0}), name="memory")
        post = fits.posterior(law, cell)
        known = fits.posterior(replace(law, priors={**law.priors, "E": limit}), cell)
        low, high = np.quantile(np.asarray(post["E"]), [0.05, 0.95])
        rows.append([
            f"{s:g}", f"{beta:.2f}", f"{gamma:.2f}", f"{gamma / (2 * beta):.3f}", f"{(1 + 2 * s) / (2 + 2 * s):.3f}",
            span(post["alpha_D"]), "yes" if low <= limit <= high else "no", span(known["alpha_D"]),
        ])  # fmt: skip
    head = ["s", "beta", "gamma", "gamma / (2 beta)", "the same, n to infinity", "alpha", "limit inside 90 %"]
    return table([*head, "alpha, limit known"], rows)
