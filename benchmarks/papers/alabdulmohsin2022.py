"""Alabdulmohsin et al. 2022: 92 learning curves, their second part forecast from the first."""

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import alabdulmohsin2022, caballero2022, henighan2020, kaplan2020
from benchmarks.claims import Claim
from benchmarks.store import Store
from benchmarks.table import table

SOURCE = "Alabdulmohsin et al. 2022, Revisiting Neural Scaling Laws in Language and Vision, arXiv:2209.06640"
LAWS = {
    "M1": kaplan2020.L_N,
    "M2": henighan2020.L_N,
    "M3": alabdulmohsin2022.M3_N,
    "M4": alabdulmohsin2022.M4_N,
    "BNSL": caballero2022.L_N,
}
HERE = "least squares on the official split; ours resampled over curves"
THERE = "Lee et al. 2025, arXiv:2505.23032; ours resampled over curves"
#: Task, law, mean RMSLE that is printed, where, tag.
PRINTED = (
    ("IC", "M1", "0.1046", HERE, "C"),
    ("IC", "M2", "0.0725", HERE, "C"),
    ("IC", "M4", "0.0415", THERE, "S"),
    ("IC", "BNSL", "0.0406", THERE, "S"),
    ("NMT", "M1", "0.2217", HERE, "C"),
    ("NMT", "M2", "0.0482", HERE, "C"),
    ("LM", "M1", "0.0140", HERE, "C"),
    ("LM", "M2", "0.0011", HERE, "C"),
    ("BB", "M1", "0.0148", HERE, "C"),
    ("BB", "M2", "0.0100", HERE, "C"),
)
#: Of the image curves, laws with more parameters take minutes, so not in a quick run.
SLOW = ("M4", "BNSL")
#: Where priors and Student-t noise make a difference.
BETTER = {
    ("IC", "M2"): "Half the error of least squares.",
    ("IC", "BNSL"): "Seven tenths of theirs; their best method, a network, has 0.0280.",
}


def rmsle(store: Store, name: str, curves: pd.DataFrame) -> np.ndarray:
    """RMSLE of each curve's held-out part, by the median of its forecast from the first part."""
    law = LAWS[name]
    tables = {str(run): part for run, part in curves.groupby("run")}
    known = {run: part[part["training"].astype(bool)][["N", "loss"]] for run, part in tables.items()}
    many = store.each(f"alabdulmohsin2022-{curves['group'].iloc[0]}-{name}", law, known)
    errors = []
    for i, part in enumerate(tables.values()):
        test = part[~part["training"].astype(bool)]
        median = law(many.isel(fit=i), N=test["N"].to_numpy()).median(("chain", "draw"))
        errors.append(np.sqrt(np.mean((np.log(median) - np.log(test["loss"].to_numpy())) ** 2)))
    return np.array(errors)


def curves_by_task() -> dict[str, pd.DataFrame]:
    """The curves of each task; their one column, in whatever unit it is, is called N."""
    every = bs.load("alabdulmohsin2022").assign(N=lambda table: table["D"])
    return {str(task): part for task, part in every.groupby("group", sort=False)}


def beside(store: Store) -> str:
    """Every law on every curve, printed or not."""
    if store.quick:
        return ""
    rows = []
    for task, curves in curves_by_task().items():
        made = [rmsle(store, law, curves) for law in LAWS]
        rows.append([task, str(len(made[0])), *(errors.mean() for errors in made)])
    return "Mean RMSLE of the held-out part of all 92 curves:\n\n" + table(["task", "curves", *LAWS], rows)


def claims(store: Store) -> list[Claim]:
    curves = curves_by_task()
    rng = np.random.default_rng(0)
    made = []
    for task, law, published, where, tag in PRINTED:
        if store.quick and law in SLOW:
            continue
        errors = rmsle(store, law, curves[task])
        again = rng.integers(len(errors), size=(4000, len(errors)))
        made.append(
            Claim(
                quantity=f"{task}: mean RMSLE of {law} over {len(errors)} curves",
                published=published,
                here=errors[again].mean(axis=1),
                where=where,
                tag=tag,
                expect="disagrees" if (task, law) in BETTER else "agrees",
                note=BETTER.get((task, law), ""),
            )
        )
    return made
