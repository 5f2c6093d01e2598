"""Porian et al. 2024: from Kaplan's exponent to Chinchilla's, one change after the other."""

import bayescale as bs
from benchmarks.claims import Claim
from benchmarks.papers._shared import isoflop, near_optimum
from benchmarks.store import Store

SOURCE = "Porian et al. 2024, Resolving Discrepancies in Compute-Optimal Scaling, arXiv:2406.19146"
#: Where we disagree: their optimum of a row interpolates all its runs, ours is of a parabola through the nearest.
ODD = ("as Kaplan et al.",)
#: Group of runs -> words, published exponent, its interval.
CHANGES = {
    "rw|base|long|kaplan|kaplan|train": ("as Kaplan et al.", "0.835", (0.824, 0.846)),
    "rw|base|long|kaplan|standard|val": ("last layer counted", "0.706", (0.691, 0.717)),
    "rw|base|short|kaplan|standard|val": ("shorter warm-up", "0.602", (0.591, 0.617)),
    "rw|base|short|chinchilla|standard|val": ("decay to the run's length", "0.571", (0.560, 0.589)),
    "rw|tuned|short|const|standard|val": ("tuned optimiser", "0.497", (0.491, 0.505)),
    "owt2|base|short|chinchilla|standard|val": ("OpenWebText2, decay to the run's length", "0.574", (0.542, 0.606)),
    "owt2|tuned|short|const|standard|val": ("OpenWebText2, tuned optimiser", "0.519", (0.493, 0.541)),
}


def claims(store: Store) -> list[Claim]:
    runs = bs.load("porian2024")
    made = []
    for group, (words, published, interval) in CHANGES.items():
        rows = near_optimum(runs[runs["group"] == group])
        (a,) = store.draws(f"porian2024-{group.replace('|', '-')}", isoflop, rows, "a")
        made.append(
            Claim(
                quantity=f"exponent of N_opt: {words}",
                published=published,
                here=a,
                where="Figure 1 and stored fits, bootstrap",
                tag="N",
                interval=interval,
                same_runs=True,
                expect="disagrees" if words in ODD else "agrees",
                note="They interpolate each row; ours is a parabola within a factor of 4." if words in ODD else "",
            )
        )
    return made
