"""How posteriors are drawn. All sampling goes through `sample`."""

from typing import TYPE_CHECKING, Any

import xarray as xr

if TYPE_CHECKING:
    import pymc as pm

# Low-rank adaptation takes up the correlations that exponents, excesses and E have in every law; docs/decisions.md.
NUTPIE = {"adaptation": "low_rank", "target_accept": 0.95}
DEFAULTS: dict[str, Any] = {"nuts_sampler": "nutpie", "draws": 1000, "tune": 800, "chains": 4}


def sample(model: "pm.Model", seed: int, options: dict[str, Any]) -> xr.DataTree:
    """Draw from the posterior of `model` with `pm.sample`.

    Parameters
    ----------
    model : pymc.Model
    seed : int
    options : arguments of `pm.sample`; they go before our defaults.

    Raises
    ------
    ValueError
        For ``nuts_sampler="blackjax"``, which pymc 6.4 cannot drive.
    """
    import pymc as pm

    options = {**DEFAULTS, **options}
    if options["nuts_sampler"] == "blackjax":
        raise ValueError("nuts_sampler='blackjax' fails in pymc 6.4 (pymc issue 8367); use 'nutpie', 'pymc' or 'numpyro'.")
    if options["nuts_sampler"] == "nutpie":
        options["nuts"] = {**NUTPIE, **(options.get("nuts") or {})}
    with model:
        return pm.sample(random_seed=seed, **options)
