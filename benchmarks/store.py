"""Posteriors for the reproductions: fitted once, and kept outside the repository."""

import hashlib
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import platformdirs
import xarray as xr

import bayescale as bs
from bayescale.inference import storage as files
from bayescale.modelling.law import Law

SEED = 1
#: Options of a quick fit. 5000 draws for each of four chains, since a verdict depends on how many of them lie beyond a
#: published number: of 4000 in all, some twenty in a close case.
QUICK = {"method": "laplace", "draws": 5000}


class Store:
    """Fits on demand.

    Parameters
    ----------
    quick : bool
        Fit by the Laplace approximation, if it is accepted, and keep nothing.
    refit : bool
        Fit again what is kept.
    """

    def __init__(self, quick: bool = False, refit: bool = False):
        self.quick, self.refit = quick, refit
        cache = os.environ.get("BAYESCALE_CACHE") or platformdirs.user_cache_dir("bayescale")
        self.folder = Path(cache) / "posteriors"
        #: Name of each fit that was used -> its verdict.
        self.verdicts: dict[str, str] = {}
        #: Files that this store has written, which `refit` does not fit again.
        self.fitted: set[Path] = set()

    def fit(self, name: str, law: Law, runs: pd.DataFrame) -> xr.DataTree:
        """The posterior of a law on runs; its verdict is noted under `name`."""
        path = self._path(name, law, self._columns(law, runs))
        if self._kept(path):
            post = files.load(path)
        else:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # said below
                post = bs.fit(law, runs, **(QUICK if self.quick else {}), seed=SEED, progressbar=False)
            self._keep(post, path)
        self.verdicts[name] = str(post.attrs["verdict"])
        return post

    def each(self, name: str, law: Law, tables: Mapping[str, pd.DataFrame]) -> xr.DataTree:
        """The posteriors of a law on many tables, by Laplace if it is accepted; their diagnostics are noted."""
        parts = [self._columns(law, table).assign(table=key) for key, table in tables.items()]
        path = self._path(name, law, pd.concat(parts))
        if self._kept(path):
            many = xr.load_datatree(path, engine="h5netcdf")
        else:
            many = bs.fit_many(law, tables, method="laplace", seed=SEED, progressbar=False)
            many["posterior"] = xr.DataTree(many["posterior"].to_dataset().isel(draw=slice(None, None, 4)))
            self._keep(many, path)
        fits = many["fits"].to_dataset()
        laplace = int((fits["method"] == "laplace").sum())
        self.verdicts[name] = (
            f"{int(fits['converged'].sum())} of {fits.sizes['fit']} converged ({laplace} by Laplace), "
            + (f"largest R-hat {float(fits['rhat'].max()):.3f}, " if laplace < fits.sizes["fit"] else "")
            + f"smallest ESS {float(fits['ess'].min()):.0f}, "
            f"{int(fits['divergences'].sum())} divergences"
        )
        return many

    def draws(self, name: str, law: Law, runs: pd.DataFrame, *variables: str) -> list[np.ndarray]:
        """Draws of parameters and derived quantities, each of shape (draw,)."""
        posterior = self.fit(name, law, runs)["posterior"].to_dataset()
        return [posterior[variable].to_numpy().ravel() for variable in variables]

    def _kept(self, path: Path) -> bool:
        """Whether the posterior is read, not fitted."""
        return path.is_file() and not self.quick and (path in self.fitted or not self.refit)

    def _keep(self, post: xr.DataTree, path: Path) -> None:
        if not self.quick:
            files.save(post, path)
            self.fitted.add(path)

    def _path(self, name: str, law: Law, columns: pd.DataFrame) -> Path:
        """File of a posterior; its name depends on the law and the runs."""
        seen = hashlib.sha256(str(law).encode() + columns.to_csv(index=False).encode()).hexdigest()[:16]
        return self.folder / f"{name}-{seen}.nc"

    @staticmethod
    def _columns(law: Law, runs: pd.DataFrame) -> pd.DataFrame:
        return runs[[c for c in (*law.inputs, *law.groups, "loss") if c in runs]]
