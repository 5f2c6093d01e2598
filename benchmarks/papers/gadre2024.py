"""Gadre et al. 2024: over-trained runs forecast from five small ones of each corpus."""

import bayescale as bs
from bayescale.laws import overtrained
from benchmarks.claims import Claim
from benchmarks.store import SEED, Store

SOURCE = "Gadre et al. 2024, Language models scale reliably with over-training, arXiv:2403.08540"
#: E of their least squares, and the tied exponent, by corpus.
PRINTED = {"rpj": ("1.8366", "0.27285"), "c4_original": ("1.5083", "0.24247"), "rw_original": ("1.7345", "0.25439")}
CORPUS = {"rpj": "RedPajama", "c4_original": "C4", "rw_original": "RefinedWeb"}


def claims(store: Store) -> list[Claim]:
    found = []
    for group, runs in bs.load("gadre2024").groupby("group"):
        small = runs[runs["paper_fit"].astype(bool)]
        post = store.fit(f"gadre2024-{group}", overtrained, small)
        draws = {name: post["posterior"][name].to_numpy().ravel() for name in ("E", "eta")}
        E, exponent = PRINTED[str(group)]
        where = {"where": "least squares on five runs, authors' notebook", "tag": "N"}
        name = CORPUS[str(group)]
        found += [
            Claim(quantity=f"{name}: E [nats/token]", published=E, here=draws["E"], **where),
            Claim(quantity=f"{name}: exponent", published=exponent, here=2 * draws["eta"], **where),
        ]
        large = runs[runs["N"] > 1e9]
        for size, low, high in (("1.4B", 1e9, 2e9), ("6.9B", 6e9, 8e9)):
            row = large[large["N"].between(low, high)].nlargest(1, "D")
            drawn = bs.predict(overtrained, post, row, seed=SEED)["loss"].to_numpy().ravel()
            found.append(
                Claim(
                    quantity=f"{name}: loss of {size} on {row['D'].iloc[0] / 1e9:.0f}B tokens, forecast from five runs",
                    published=f"{row['loss'].iloc[0]:.3f}",
                    here=drawn,
                    where="their evaluation on C4",
                    tag="N",
                )
            )
    return found
