"""Probability that one new run ends below another."""

import xarray as xr

from bayescale.inference.door.posterior import check_predicted
from bayescale.modelling.draws import SAMPLE_DIMS


def beats(predicted: xr.Dataset) -> xr.DataArray:
    """Probability that each run ends with a smaller loss than each other run, with the noise of both.

    Parameters
    ----------
    predicted : Dataset of `predict`. Predict the runs in one call: their errors are then drawn jointly, as they are
        correlated.

    Returns
    -------
    DataArray : dims (run, other), the probability that ``run`` ends below ``other``; 0.5 on the diagonal.

    Raises
    ------
    TypeError
        If `predicted` is not a Dataset of `predict`.

    Examples
    --------
    >>> import bayescale as bs
    >>> from bayescale.laws import chinchilla
    >>> runs = bs.load("known_entropy")
    >>> post = bs.fit(chinchilla, runs.query("split == 'grid'"), method="laplace", seed=1)
    >>> drawn = bs.predict(chinchilla, post, runs.query("split == 'heldout'"), seed=1)
    >>> chance = bs.beats(drawn)
    >>> chance.shape, bool(chance[2, 0] > 0.9)  # the largest run ends below the smallest
    ((3, 3), True)
    """
    check_predicted(predicted)
    loss = predicted["loss"]
    other = loss.rename(run="other")
    wins = (loss < other).mean(SAMPLE_DIMS) + 0.5 * (loss == other).mean(SAMPLE_DIMS)
    return wins.rename("probability").transpose("run", "other")
