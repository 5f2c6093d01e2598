"""Hoffmann et al. 2022 (Chinchilla): three approaches, and what the third one's interval would take."""

import numpy as np

import bayescale as bs
from bayescale.laws import chinchilla
from benchmarks.claims import Claim
from benchmarks.papers._shared import chinchilla_runs, isoflop, near_optimum, slope, tokens_per_parameter
from benchmarks.store import Store

SOURCE = "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models, arXiv:2203.15556"
BOOTSTRAP = "Table 2, 10 to 90 % of bootstraps"
WRONG = "The published optimum was not reached; Besiroglu et al. 2024 found it, and an author confirmed it."


def claims(store: Store) -> list[Claim]:
    return [*_tables(), *_rows(store), *_parametric(store)]


def _tables() -> list[Claim]:
    one, rest = bs.load("hoffmann2022_table3"), bs.load("hoffmann2022_tableA3")
    printed = {
        "1": (one, "0.50", (0.488, 0.502), "0.50", (0.501, 0.512), "Table 3 and Table 2"),
        "2": (rest[rest["approach"] == "Approach 2"], "0.49", (0.462, 0.534), "0.51", (0.483, 0.529), "Tables A3, 2"),
        "3": (rest[rest["approach"] == "Approach 3"], "0.46", None, "0.54", None, "Tables A3, 2"),
    }
    made = []
    for name, (table, a, around_a, b, around_b, where) in printed.items():
        for letter, column, value, interval in (("a", "N", a, around_a), ("b", "D", b, around_b)):
            made.append(
                Claim(
                    quantity=f"approach {name}: {letter}, from its printed optima",
                    published=value,
                    here=slope(table["C"], table[column], seed=int(name)),
                    where=where,
                    tag="T",
                    interval=interval,
                    level=0.8,
                )
            )
    return made


def _rows(store: Store) -> list[Claim]:
    runs = bs.load("isoflop")
    runs = runs[(runs["group"] == "epochai_chinchilla__massivetext__chinchilla") & ~runs["outlier"].astype(bool)]
    (a,) = store.draws("hoffmann2022-rows", isoflop, near_optimum(runs), "a")
    return [
        Claim(
            quantity="approach 2: a, from the digitised rows of equal compute",
            published="0.49",
            here=a,
            where=BOOTSTRAP,
            tag="T",
            interval=(0.462, 0.534),
            level=0.8,
        )
    ]


def _parametric(store: Store) -> list[Claim]:
    runs = chinchilla_runs()
    names = ("E", "A", "B", "alpha_N", "alpha_D", "a")
    E, A, B, alpha, beta, a = store.draws("besiroglu2024", chinchilla, runs, *names)
    tokens = tokens_per_parameter(5.76e23, A, B, alpha, beta)
    width = np.quantile(a, 0.9) - np.quantile(a, 0.1)
    same = {"where": "Eq 10; TeX source", "tag": "N", "same_runs": True}
    return [
        Claim(
            quantity="approach 3: E [nats/token]", published="1.6934", here=E, expect="disagrees", note=WRONG, **same
        ),
        Claim(quantity="approach 3: A", published="406.4", here=A, **same),
        Claim(quantity="approach 3: B", published="410.7", here=B, expect="disagrees", note=WRONG, **same),
        Claim(quantity="approach 3: alpha", published="0.33917", here=alpha, **same),
        Claim(quantity="approach 3: beta", published="0.28491", here=beta, expect="disagrees", note=WRONG, **same),
        Claim(
            quantity="approach 3: a",
            published="0.46",
            here=a,
            where=BOOTSTRAP,
            tag="T",
            interval=(0.454, 0.455),
            level=0.8,
            same_runs=True,
            expect="disagrees",
            note=f"0.001 wide; ours {width:.3f} on 240 runs, so {240 * (width / 0.001) ** 2:,.0f} would be needed.",
        ),
        Claim(
            quantity="approach 3: tokens per parameter at 5.76e23 FLOP",
            published="58.9",
            here=tokens,
            where="Eq 4 with the TeX parameters",
            tag="C",
            expect="disagrees",
            note="Chinchilla itself was trained on 20, as approaches 1 and 2 and the corrected fit say.",
        ),
    ]
