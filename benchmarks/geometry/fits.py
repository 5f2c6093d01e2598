"""Posteriors of exponents from the stored tables, and the claims that they are compared with."""

import warnings
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws.henighan2020 import L_D
from bayescale.laws.hutter2021 import memoriser
from bayescale.laws.sharma2020 import L_N as by_dimension
from bayescale.laws.spigler2019 import matern

#: Exponent of kernel regression, and of random features: central 95 % is 0.1 to 2.4.
EXPONENT = bs.Prior("LogNormal", mu=-0.7, sigma=0.8)
#: Loss at the middle of the runs, relative to the smallest: central 95 % is 1 to 400 times.
LEVEL = bs.Prior("LogNormal", mu=3.0, sigma=1.5, unit="loss_min")
#: The ends of the central 90 % and the median.
QUANTILES = (0.05, 0.5, 0.95)


def power(D, D0, *, level, alpha_D):
    """A plain power law."""
    return level * (D / D0) ** -alpha_D


def corrected(D, D0, *, level, alpha_D, size, faster):
    """A power law times a correction that fades as a further power; alpha_D is the exponent at infinity."""
    x = D / D0
    return level * x**-alpha_D * np.exp(size * (x**-faster - 1))


PLAIN = bs.Law(power, {"level": LEVEL, "alpha_D": EXPONENT}, noise=bs.noises.lognormal, name="plain")
CORRECTED = bs.Law(
    corrected,
    {
        "level": LEVEL,
        "alpha_D": EXPONENT,
        # The correction at the middle run, of either sign: e^-1 to e^1 in the central 95 %.
        "size": bs.Prior("Normal", mu=0.0, sigma=0.5),
        # Between slowly fading, as n^-0.2, and as n^-1.4.
        "faster": bs.Prior("LogNormal", mu=-0.7, sigma=0.5),
    },
    noise=bs.noises.lognormal,
    name="corrected",
)
#: Loss above the limit at the middle run: central 95 % is 0.01 % to 250 % of the smallest loss.
EXCESS = bs.Prior("LogNormal", mu=-4.0, sigma=2.5, unit="loss_min")
#: Standard errors are known, and there is no other noise: 1e-6 is below all of them.
KNOWN = replace(bs.noises.per_run, priors={"sigma": 1e-6}, name="known")
#: The same with standard errors that were estimated from 16 data sets: Student-t with 15 degrees of freedom.
ESTIMATED = replace(KNOWN, variate=bs.noises.student.variate, priors={"sigma": 1e-6, "nu": 15.0}, name="estimated")
#: Random features: a power law above a limit, both free.
LIMITED = replace(L_D, priors={**L_D.priors, "excess_D": EXCESS, "alpha_D": EXPONENT}, noise=ESTIMATED, name="limited")
#: The memoriser of the Santa Fe process, exponent and floor free.
MEMORISER = replace(memoriser, priors={**memoriser.priors, "excess_D": EXCESS}, noise=KNOWN, name="memoriser")

#: Error of a network of the middle size, of each teacher: central 95 % is a half to 1e5 times the smallest error.
ERROR = bs.Prior("LogNormal", mu=5.0, sigma=3.0, unit="loss_min", dims="task")
#: Noise of networks: the log of the error scatters by 2 % to 100 %; Student-t, as a few networks fail to train.
SCATTER = replace(bs.noises.student, priors={"sigma": bs.Prior("LogNormal", mu=-2.0, sigma=1.0), "nu": 4.0})


def _of_teachers(mu: float, sigma: float) -> bs.Prior:
    """A positive quantity of each teacher: its median has the prior LogNormal(mu, sigma), teachers scatter by 20 %."""
    centre, spread = bs.Prior("Normal", mu=mu, sigma=sigma), bs.Prior("HalfNormal", sigma=0.2)
    return bs.Prior("LogNormal", mu=centre, sigma=spread, dims="task", centered=False)


#: Networks: alpha = c / d^p without a floor; c of each teacher, with a median as in `bayescale.laws.sharma2020`.
NETWORKS = replace(
    by_dimension,
    priors={**by_dimension.priors, "E": 0.0, "excess_N": ERROR, "c": _of_teachers(1.386, 0.5)},
    noise=SCATTER,
    name="networks",
)
#: The same for networks of one dimension: c is their exponent, with a central 95 % of 0.25 to 4.
ALONE = replace(NETWORKS, priors={**NETWORKS.priors, "c": _of_teachers(0.0, 0.7), "p": 0.0}, name="alone")


def intervals(law, tables: Mapping[str, pd.DataFrame], parameters: tuple[str, ...]) -> pd.DataFrame:
    """Quantiles of parameters, one row for each table.

    Returns
    -------
    DataFrame with the index of `tables`, and columns such as ``alpha_D_05``.
    """
    rows = {}
    for number, (name, table) in enumerate(tables.items()):
        draws = posterior(law, table, seed=number)
        rows[name] = {
            f"{each}_{round(100 * q):02d}": float(value)
            for each in parameters
            for q, value in zip(QUANTILES, draws[each].quantile(QUANTILES).values, strict=True)
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def posterior(law, table: pd.DataFrame, method: str = "laplace", seed: int = 1):
    """Draws, as a Dataset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of units: these are not runs of language models
        return bs.fit(law, table, method=method, seed=seed, progressbar=False)["posterior"].to_dataset()


def inside(found: pd.DataFrame, name: str, truth) -> pd.Series:
    """Whether the central 90 % interval of a quantity has the truth in it."""
    return (found[f"{name}_05"] <= truth) & (truth <= found[f"{name}_95"])


def pooled(runs: pd.DataFrame):
    """The law of Spigler et al. on runs of several dimensions: one smoothness, and a level for each dimension."""
    level = bs.Prior("LogNormal", mu=3.0, sigma=1.5, unit="loss_min", dims="task")
    law = replace(matern, priors={**matern.priors, "loss_D": level}, noise=bs.noises.lognormal, name="pooled")
    table = runs.rename(columns={"n": "D", "d": "dimension", "mse": "loss"})[["D", "dimension", "loss"]]
    return intervals(law, {"all": table.assign(task=table["dimension"].astype(str))}, ("smoothness_T",))


def networks(runs: pd.DataFrame, law=NETWORKS, method: str = "nuts"):
    """Draws of `c_mu`, the log of the median product c, and of p, from networks of several teachers.

    Parameters
    ----------
    runs : DataFrame with size_ (N or D), d, teacher and mse.
    """
    own = runs[["size_", "d", "teacher", "mse"]]
    table = own.rename(columns={"size_": "N", "d": "dimension", "mse": "loss"})
    table = table.assign(task=table["dimension"].astype(str) + "/" + table["teacher"].astype(str))
    return posterior(law, table[["N", "dimension", "task", "loss"]], method)
