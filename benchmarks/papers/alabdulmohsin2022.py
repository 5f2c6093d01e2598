"""Alabdulmohsin et al. 2022: 92 learning curves, their second part forecast from the first."""

import numpy as np

import bayescale as bs
from bayescale.laws import henighan2020, kaplan2020
from benchmarks.claims import Claim
from benchmarks.store import SEED, Store

SOURCE = "Alabdulmohsin et al. 2022, Revisiting Neural Scaling Laws in Language and Vision, arXiv:2209.06640"
#: Mean RMSLE of least squares in logs, on the same split: M1 (no floor), M2 (a floor).
PRINTED = {
    "IC": ("0.1046", "0.0725"),
    "NMT": ("0.2217", "0.0482"),
    "LM": ("0.0140", "0.0011"),
    "BB": ("0.0148", "0.0100"),
}
#: Where priors and Student-t noise make a difference.
BETTER = ("IC", "M2")
WHY = "Half the error of least squares; Lee et al. 2025 (arXiv:2505.23032) print 0.0415 for M4 and 0.0406 for BNSL."
LAWS = {"M1": kaplan2020.L_N, "M2": henighan2020.L_N}


def rmsle() -> dict[str, dict[str, np.ndarray]]:
    """Task -> law -> RMSLE of each curve's held-out part, by the median forecast."""
    curves = bs.load("alabdulmohsin2022").assign(N=lambda t: t["D"])
    found: dict[str, dict[str, np.ndarray]] = {}
    for task, part in curves.groupby("group"):
        groups = [group for _, group in part.groupby("run")]
        tables = {str(i): group for i, group in enumerate(groups)}
        known = {name: group[group["training"].astype(bool)][["N", "loss"]] for name, group in tables.items()}
        found[str(task)] = {}
        for law, model in LAWS.items():
            many = bs.fit_many(model, known, method="laplace", seed=SEED, progressbar=False)
            errors = []
            for i, group in enumerate(groups):
                test = group[~group["training"].astype(bool)]
                median = model(many.isel(fit=i), N=test["N"].to_numpy()).median(("chain", "draw"))
                errors.append(np.sqrt(np.mean((np.log(median) - np.log(test["loss"].to_numpy())) ** 2)))
            found[str(task)][law] = np.array(errors)
    return found


def claims(store: Store) -> list[Claim]:
    found = []
    rng = np.random.default_rng(0)
    for task, by in rmsle().items():
        for law, errors in by.items():
            again = rng.integers(len(errors), size=(4000, len(errors)))
            found.append(
                Claim(
                    quantity=f"{task}: mean RMSLE of {law} over {len(errors)} curves",
                    published=PRINTED[task][list(LAWS).index(law)],
                    here=errors[again].mean(axis=1),
                    where="least squares on the official split; ours resampled over curves",
                    tag="C",
                    expect="disagrees" if (task, law) == BETTER else "agrees",
                    note=WHY if (task, law) == BETTER else "",
                )
            )
    return found
