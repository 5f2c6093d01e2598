"""forecasting.beats"""

import xarray as xr

from bayescale.modelling.draws import SAMPLE_DIMS


def beats(predicted: xr.Dataset) -> xr.DataArray:
    """Probability that a run ends with a smaller loss than another, noise of both included.

    Parameters
    ----------
    predicted : Dataset of `predict`. Runs predicted together err together, so predict them in one call.

    Returns
    -------
    DataArray : dims (run, other); 0.5 on the diagonal.
    """
    loss = predicted["loss"]
    other = loss.rename(run="other")
    wins = (loss < other).mean(SAMPLE_DIMS) + 0.5 * (loss == other).mean(SAMPLE_DIMS)
    return wins.rename("probability").transpose("run", "other")
