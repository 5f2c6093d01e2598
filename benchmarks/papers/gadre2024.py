"""Gadre et al. 2024: over-trained runs forecast from five small ones of each corpus."""

import numpy as np
from scipy.optimize import least_squares

import bayescale as bs
from bayescale.laws.gadre2024 import overtrained
from benchmarks.claims import Claim
from benchmarks.store import SEED, Store

SOURCE = "Gadre et al. 2024, Language models scale reliably with over-training, arXiv:2403.08540"
#: E of their least squares, and the tied exponent, by corpus.
PRINTED = {"rpj": ("1.8366", "0.27285"), "c4_original": ("1.5083", "0.24247"), "rw_original": ("1.7345", "0.25439")}
CORPUS = {"rpj": "RedPajama", "c4_original": "C4", "rw_original": "RefinedWeb"}


def claims(store: Store) -> list[Claim]:
    made = []
    for group, runs in bs.load("gadre2024").groupby("group"):
        small = runs[runs["paper_fit"].astype(bool)]
        post = store.fit(f"gadre2024-{group}", overtrained, small)
        draws = {name: post["posterior"][name].to_numpy().ravel() for name in ("E", "eta")}
        E, exponent = PRINTED[str(group)]
        where = {"where": "least squares on five runs, authors' notebook", "tag": "N"}
        name = CORPUS[str(group)]
        made += [
            Claim(quantity=f"{name}: E [nats/token]", published=E, here=draws["E"], **where),
            Claim(quantity=f"{name}: exponent", published=exponent, here=2 * draws["eta"], **where),
        ]
        large = runs[runs["N"] > 1e9]
        for size, low, high in (("1.4B", 1e9, 2e9), ("6.9B", 6e9, 8e9)):
            row = large[large["N"].between(low, high)].nlargest(1, "D")
            drawn = bs.predict(overtrained, post, row, seed=SEED)["loss"].to_numpy().ravel()
            made.append(
                Claim(
                    quantity=f"{name}: loss of {size} on {row['D'].iloc[0] / 1e9:.0f}B tokens, forecast from five runs",
                    published=f"{row['loss'].iloc[0]:.3f}",
                    here=drawn,
                    where="their evaluation on C4",
                    tag="N",
                )
            )
    return [*made, *_errors()]


def _errors() -> list[Claim]:
    """The paper's headline: relative errors of two forecasts by least squares on RedPajama's five runs."""
    runs = bs.load("gadre2024")
    runs = runs[runs["group"] == "rpj"]
    five = runs[runs["paper_fit"].astype(bool)]

    def predicted(p, table):
        E, log_a, log_b, eta = p
        C, M = 6.0 * table["N"] * table["D"], table["D"] / table["N"]
        return (E + (np.exp(log_a) * M**eta + np.exp(log_b) * M**-eta) * C**-eta).to_numpy()

    starts = [(1.5, a, a, eta) for eta in (0.1, 0.15, 0.2) for a in (3.0, 5.0, 7.0)]
    fits = [least_squares(lambda p: predicted(p, five) - five["loss"], p, xtol=1e-14, ftol=1e-14) for p in starts]
    best = min(fits, key=lambda fit: fit.cost).x
    made = []
    for published, low, high, words in (("0.71", 1e9, 2e9, "1.4B on 921B tokens"), ("0.73", 6e9, 8e9, "6.9B on 138B")):
        row = runs[runs["N"].between(low, high)].nlargest(1, "D")
        error = abs(float(predicted(best, row)[0] / row["loss"].iloc[0]) - 1.0)
        made.append(
            Claim(
                quantity=f"RedPajama: relative error of their least squares, {words} [%]",
                published=published,
                here=100.0 * error,
                where="Figure 1, abstract",
                tag="N",
            )
        )
    return made
