"""Tables of docs/explain/geometry.md, from the stored measurements."""

from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.geometry import features, fits, santa_fe
from benchmarks.table import number, table

#: Largest n of the small samples and smallest n of the large ones.
SMALL, LARGE = 1024, 512


def span(row, name: str, digits: int = 3) -> str:
    """Median and central 90 % interval."""
    low, middle, high = (number(float(row[f"{name}_{q}"]), digits) for q in ("05", "50", "95"))
    return f"{middle} [{low}, {high}]"


def share(hits) -> str:
    """Hits of trials."""
    return f"{int(np.sum(hits))} of {len(hits)}"


def kernels(stored: Path) -> str:
    """Coverage of 2 nu / d, by law and range of n, for every cell that has all its runs."""
    runs = pd.read_csv(stored / "kernels.csv")
    every = {key: cell for key, cell in runs.groupby(["nu", "d", "draw"]) if cell["n"].max() == 4096}
    ranges = {f"n <= {SMALL}": lambda n: n <= SMALL, f"n >= {LARGE}": lambda n: n >= LARGE}
    found = {}
    for label, chosen in ranges.items():
        small = {
            key: cell[chosen(cell["n"])].rename(columns={"n": "D", "mse": "loss"})[["D", "loss"]]
            for key, cell in every.items()
        }
        for law in (fits.PLAIN, fits.CORRECTED):
            found[law.name, label] = fits.intervals(law, small, ("alpha_D",))
    index = pd.MultiIndex.from_tuples(list(every), names=["nu", "d", "draw"])
    truth = 2 * index.get_level_values("nu") / index.get_level_values("d")
    hits = pd.DataFrame(
        {key: fits.inside(each, "alpha_D", truth).to_numpy() for key, each in found.items()}, index=index
    )
    middle = pd.DataFrame({key: each["alpha_D_50"].to_numpy() for key, each in found.items()}, index=index)
    rows = []
    for (nu, d), cell in hits.groupby(["nu", "d"]):
        cells = [f"{middle.loc[cell.index, key].median():.3f}, {share(cell[key])}" for key in hits]
        rows.append([f"{nu:g}", str(d), f"{2 * nu / d:.3f}", *cells])
    rows.append(["all", "", "", *(share(hits[key]) for key in hits)])
    return (
        table(["nu", "d", "2 nu/d", *(f"{law}, {label}" for law, label in hits)], rows, left=2) + "\n" + _pooled(runs)
    )


def _pooled(runs: pd.DataFrame) -> str:
    """The smoothness that runs of all dimensions share."""
    said = []
    for nu, own in runs[runs["n"] >= LARGE].groupby("nu"):
        said.append(f"{span(fits.pooled(own).iloc[0], 'smoothness_T')} for nu = {nu:g}")
    return (
        f"One smoothness for all dimensions (`spigler2019.matern`, n >= {LARGE}, all tables at once): "
        f"{' and '.join(said)} (median and 90 % interval).\n"
    )


def random_features(stored: Path) -> str:
    """How often the exponent 1 and the limit lie in their intervals."""
    runs = pd.read_csv(stored / "features.csv")
    tables = {
        repeat: own.rename(columns={"error": "loss", "se": "loss_se"})[["D", "loss", "loss_se"]]
        for repeat, own in runs.groupby("repeat")
    }
    found = fits.intervals(fits.LIMITED, tables, ("alpha_D", "E"))
    limits = runs.groupby("repeat")["limit"].first()
    width = (found["alpha_D_95"] - found["alpha_D_05"]).median()
    rows = [
        [
            "exponent 1",
            share(fits.inside(found, "alpha_D", 1.0)),
            f"{found['alpha_D_50'].median():.3f}",
            f"{width:.3f}",
        ],
        [
            "limit",
            share(fits.inside(found, "E", limits)),
            f"{(found['E_50'] / limits).median():.5f} of the limit",
            f"{((found['E_95'] - found['E_05']) / limits).median():.5f} of it",
        ],
    ]
    head = ["quantity", "inside 90 %", "median of the medians", "median width"]
    return (
        table(head, rows)
        + f"\n{features.FEATURES} features, {min(features.SIZES):,} to {max(features.SIZES):,} data.\n"
    )


def memoriser(stored: Path) -> str:
    """Exponent and entropy of the Santa Fe process, from the smaller half of the runs."""
    runs = pd.read_csv(stored / "santa_fe.csv")
    runs = runs[runs["D"].isin(santa_fe.FITTED)]
    known = {(a, D): santa_fe.scatter(a, D) for a in santa_fe.POWERS for D in santa_fe.FITTED}
    runs = runs.assign(loss_se=[known[key] for key in zip(runs["a"], runs["D"], strict=True)])
    tables = {key: own[["D", "loss", "loss_se"]] for key, own in runs.groupby(["a", "draw"])}
    found = fits.intervals(fits.MEMORISER, tables, ("alpha_D", "E"))
    found.index = pd.MultiIndex.from_tuples(list(tables), names=["a", "draw"])
    rows = []
    for a, own in found.groupby("a"):
        exact = runs[(runs["a"] == a) & runs["expected"].notna()]
        excess = np.log(exact["expected"] - santa_fe.entropy(a))
        slope = -np.polyfit(np.log(exact["D"]), excess, 1)[0]
        truth, entropy = 1 - 1 / a, santa_fe.entropy(a)
        rows.append([
            f"{a:g}", f"{truth:.3f}", f"{slope:.3f}", f"{own['alpha_D_50'].median():.3f}",
            share(fits.inside(own, "alpha_D", truth)), f"{entropy:.4f}", f"{own['E_50'].median():.4f}",
            share(fits.inside(own, "E", entropy)),
        ])  # fmt: skip
    head = ["a", "1 - 1/a", "exact sums", "inferred", "inside 90 %", "entropy [nats]", "inferred [nats]", "inside 90 %"]
    return table(head, rows)


def manifolds(stored: Path) -> str:
    """Coverage of the intervals of `bayescale.dimension` where the dimension is known."""
    found = pd.read_csv(stored / "manifolds.csv")
    found = found.rename(columns={f"q{q}": f"d_{q}" for q in ("05", "50", "95")})
    found = found.rename(columns={f"{name}{q}": f"{name}_{q}" for name in ("raw", "sphere") for q in ("05", "95")})
    rows = []
    for (name, d), own in found.groupby(["manifold", "d"], sort=False):
        half = (own["q25"] <= d) & (d <= own["q75"])
        middle, width = own["d_50"].median(), (own["d_95"] - own["d_05"]).median()
        hits = [share(fits.inside(own, "d", d)), share(half)]
        hits += [share(fits.inside(own, kind, d)) for kind in ("sphere", "raw")]
        rows.append([name, str(d), f"{middle:.2f}", f"{width:.2f}", *hits])
    every = [fits.inside(found, "d", found["d"]), (found["q25"] <= found["d"]) & (found["d"] <= found["q75"])]
    every += [fits.inside(found, kind, found["d"]) for kind in ("sphere", "raw")]
    rows.append(["all", "", "", "", *map(share, every)])
    head = ["manifold", "d", "median", "width of 90 %", "inside 90 %", "inside 50 %"]
    head += ["calibrated on spheres alone, inside 90 %", "uncalibrated, inside 90 %"]
    return table(head, rows)


def peers(stored: Path) -> str:
    """Medians of estimates of other packages, of the same samples."""
    own = pd.read_csv(stored / "manifolds.csv").rename(columns={"q50": "bs.dimension"})
    others = pd.read_csv(stored / "peers.csv")
    wide = others.pivot_table(index=["manifold", "d", "sample"], columns="tool", values="estimate", sort=False)
    both = own.merge(wide.reset_index(), on=["manifold", "d", "sample"])
    tools = ["bs.dimension", *wide.columns]
    rows = []
    for (name, d), cell in both.groupby(["manifold", "d"], sort=False):
        rows.append([name, str(d), *(f"{cell[tool].median():.2f}" for tool in tools)])
    off = [np.sqrt(np.mean(np.log(both[tool] / both["d"]) ** 2)) for tool in tools]
    rows.append(["all: root mean squared error of log d", "", *(f"{each:.3f}" for each in off)])
    return table(["manifold", "d", *tools], rows, left=2)


def images(stored: Path) -> str:
    """Dimension of images against scale."""
    rows = [
        [row["data"], str(int(row["neighbours"])), number(row["distance"]), span(row, "dimension")]
        + [span(row, "uncalibrated")]
        for _, row in pd.read_csv(stored / "images.csv").iterrows()
    ]
    return table(["images", "neighbours k", "median of r_k [grey levels]", "dimension", "uncalibrated"], rows, left=2)
