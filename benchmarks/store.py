"""Posteriors that the reproductions need: fitted once, kept outside the repository, fitted again if asked."""

import hashlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import platformdirs
import xarray as xr

import bayescale as bs
from bayescale import files
from bayescale.law import Law

SEED = 1


class Store:
    """Fits on demand.

    Parameters
    ----------
    quick : bool
        By the Laplace approximation, where it holds, and nothing kept.
    refit : bool
        Fit again what is kept.
    """

    def __init__(self, quick: bool = False, refit: bool = False):
        self.quick, self.refit = quick, refit
        cache = os.environ.get("BAYESCALE_CACHE") or platformdirs.user_cache_dir("bayescale")
        self.folder = Path(cache) / "posteriors"
        #: What was used: name -> verdict of the fit.
        self.verdicts: dict[str, str] = {}

    def fit(self, name: str, law: Law, runs: pd.DataFrame) -> xr.DataTree:
        """The posterior of a law on runs; its verdict is noted under `name`."""
        columns = runs[[c for c in (*law.inputs, *law.groups, "loss") if c in runs]]
        seen = hashlib.sha256(str(law).encode() + columns.to_csv(index=False).encode()).hexdigest()[:16]
        path = self.folder / f"{name}-{seen}.nc"
        if path.is_file() and not (self.quick or self.refit):
            post = files.load(path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # said below
                post = bs.fit(law, runs, method="laplace" if self.quick else "nuts", seed=SEED, progressbar=False)
            if not self.quick:
                self.folder.mkdir(parents=True, exist_ok=True)
                files.save(post, path)
        self.verdicts[name] = str(post.attrs["verdict"])
        return post

    def array(self, name: str, compute: Callable[[], np.ndarray]) -> np.ndarray:
        """Numbers that take long: kept as posteriors are."""
        path = self.folder / f"{name}.npy"
        if path.is_file() and not (self.quick or self.refit):
            return np.load(path)
        found = np.asarray(compute())
        if not self.quick:
            self.folder.mkdir(parents=True, exist_ok=True)
            np.save(path, found)
        return found

    def draws(self, name: str, law: Law, runs: pd.DataFrame, *variables: str) -> list[np.ndarray]:
        """Draws of parameters and derived quantities, each of shape (draw,)."""
        posterior = self.fit(name, law, runs)["posterior"].to_dataset()
        return [posterior[variable].to_numpy().ravel() for variable in variables]
