"""McLeish et al. 2025 (Gemstones): the additive law on checkpoints of 22 shapes."""

import bayescale as bs
from bayescale.laws import chinchilla
from benchmarks.claims import Claim
from benchmarks.store import Store

SOURCE = "McLeish et al. 2025, Gemstones, arXiv:2502.06857"
PRINTED = {"main_hot": ("0.2989", "0.6928", "2.152"), "main_cooldown": ("0.2970", "0.6904", "2.108")}


def claims(store: Store) -> list[Claim]:
    runs = bs.load("gemstones2025")
    made = []
    for group, (alpha, beta, E) in PRINTED.items():
        draws = store.draws(
            f"gemstones2025-{group}", chinchilla, runs[runs["group"] == group], "alpha_N", "alpha_D", "E"
        )
        where = {"where": "published fits, delta 0.0001", "tag": "N"}
        words = group.removeprefix("main_")
        made += [
            Claim(quantity=f"{words}: {name}", published=value, here=here, **where)
            for name, value, here in zip(("alpha", "beta", "E [nats/token]"), (alpha, beta, E), draws, strict=True)
        ]
    return made
