"""bayescale by NUTS, with every default."""

import numpy as np
import pandas as pd

import bayescale as bs
from bayescale.laws import chinchilla
from benchmarks.speed import _contender


def fit(runs: np.ndarray, seed: int, **options):
    return bs.fit(chinchilla, pd.DataFrame(runs), seed=seed, progressbar=False, **options)


def forecast(fitted) -> np.ndarray:
    return chinchilla(fitted, **_contender.AT).to_numpy()


def posterior(fitted) -> dict[str, np.ndarray]:
    return {name: fitted["posterior"][name].to_numpy() for name in _contender.SAMPLED}


def extras(fitted) -> dict[str, float]:
    """Draws chosen by importance weights repeat; the effective number of proposals bounds what they are worth."""
    limit = fitted.attrs.get("importance_ess")
    return {} if limit is None else {"ess_limit": float(limit)}


if __name__ == "__main__":
    _contender.main(fit, forecast, posterior, extras)
