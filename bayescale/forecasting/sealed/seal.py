"""Seal: write a forecast of new runs to a file that can be published before they end."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from bayescale.forecasting.predict import predict
from bayescale.forecasting.sealed.document import FORMAT, digest, save
from bayescale.inference.diagnostics.verdict import sentence
from bayescale.modelling.draws import SAMPLE_DIMS
from bayescale.modelling.law import Law

#: Probabilities of the quantiles that are sealed: each percent, and the ends of the 95 % and 99 % intervals.
PROBABILITIES = tuple(sorted({*(k / 100 for k in range(1, 100)), 0.005, 0.025, 0.975, 0.995}))


def seal(
    law: Law, post: xr.DataTree, runs: pd.DataFrame, file: str | Path | None = None, *, seed: int | None = None
) -> dict[str, Any]:
    """Seal a forecast: quantiles of new runs' losses, what they are made from, and a digest, in one JSON file.

    Parameters
    ----------
    law : Law that `post` was fitted with.
    post : DataTree of `fit`.
    runs : DataFrame with the law's columns, one row a run.
    file : str or Path, optional, of the file to write. An existing file is never overwritten.
    seed : int, optional, of the noise and of the discrepancy beyond the fitted runs.

    Returns
    -------
    dict : what the file has.

        - ``runs``: for each run ``at``, its columns, and ``quantiles`` of its loss with noise, in ``unit``, at the
          ``probabilities``;
        - ``law``: its name, text and noise; ``data``: the number of fitted runs and the SHA-256 of their columns;
          ``fit``: method, verdict and time of the fit; ``versions``; ``seed``;
        - ``created``, UTC time of the forecast; ``sha256``, the digest of everything else.

    Raises
    ------
    TypeError, ValueError
        As in `predict`.
    FileExistsError
        If there is a file of that name.
    FileNotFoundError, OSError
        If the file cannot be written.

    See Also
    --------
    score_seal : score the file when the losses are known.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1, progressbar=False)
    >>> sealed = bs.seal(chinchilla, post, runs.query("split == 'heldout'"), seed=1)
    >>> len(sealed["runs"]), len(sealed["sha256"])
    (3, 64)
    """
    drawn = predict(law, post, runs, seed=seed)["loss"]
    values = drawn.quantile(PROBABILITIES, SAMPLE_DIMS).transpose("run", "quantile").to_numpy()
    if not np.isfinite(values).all():
        raise ValueError("Quantiles of the forecast are not finite, so they cannot be sealed; check the runs' sizes.")
    attrs = post.attrs
    document: dict[str, Any] = {
        "format": FORMAT,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "law": {"name": law.name, "text": str(law), "noise": law.noise.name},
        "data": {"runs": int(attrs.get("runs", 0)), "sha256": str(attrs.get("data_sha256", ""))},
        "fit": {"method": str(attrs.get("method", "nuts")), "verdict": sentence(post), "created": attrs.get("created")},
        "versions": _versions(attrs),
        "seed": seed if seed is None else int(seed),
        "unit": str(attrs.get("loss_unit", "nats/token")),
        "probabilities": list(PROBABILITIES),
        "runs": [
            {"at": {name: _plain(drawn[name].to_numpy()[i]) for name in _columns(drawn)}, "quantiles": row.tolist()}
            for i, row in enumerate(values)
        ],
    }
    document["sha256"] = digest(document)
    if file is not None:
        save(file, document)
    return document


def _columns(drawn: xr.DataArray) -> list[str]:
    """Columns of the runs that the law used."""
    return [str(name) for name, values in drawn.coords.items() if values.dims == ("run",) and name != "run"]


def _plain(value: Any) -> Any:
    """A value as JSON has it."""
    value = value.item() if isinstance(value, np.generic) else value
    return value if isinstance(value, int | float | str | bool) else str(value)


def _versions(attrs: dict) -> dict[str, str]:
    """Versions at the time of the fit, as the posterior has them, and that of the package at this time."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        here = {"bayescale": version("bayescale")}
    except PackageNotFoundError:
        here = {}
    fitted = json.loads(attrs.get("versions", "{}"))
    return {**here, **{f"{name} of the fit": str(number) for name, number in fitted.items()}}
