"""Posterior of the intrinsic dimension of a sample."""

import warnings
from collections.abc import Iterable

import numpy as np
import xarray as xr

from bayescale.geometry import calibration, ratios

#: Fewest points: the estimate of 50 points has a standard deviation of 14 %.
FEWEST = 50
#: Share of points with r_k = r_2k above which the points lie on a lattice, whose distances say nothing of dimension.
#: Images of 8-bit pixels have a few such points.
TIED = 0.05


def dimension(
    points,
    *,
    neighbours: int | Iterable[int] = (1,),
    shapes: Iterable[str] = tuple(calibration.SHAPES),
    chains: int = 4,
    draws: int = 1000,
    seed: int | None = None,
) -> xr.Dataset:
    """Posterior of the intrinsic dimension of a sample, at one scale or several.

    The estimate compares the distances r_k and r_2k of each point to two of its neighbours: the ratio is near 1 in high
    dimensions. With k = 1 this is TwoNN (Facco et al. 2017, doi:10.1038/s41598-017-11873-y), with larger k Gride
    (Denti et al. 2022, arXiv:2104.13832), which looks at a coarser scale. Report a curve over k: real data have no
    single dimension.

    Parameters
    ----------
    points : array_like, shape (n, columns), n >= 50; continuous coordinates of one unit.
    neighbours : int or several, k. A smaller k sees finer details, and noise.
    shapes : any of ``"sphere"``, ``"cube"``, ``"torus"``. The estimate is wrong in high dimensions: of 1000 points of
        dimension 10 it is 9.2 on a sphere, 8.5 in a cube, and 11.9 on a torus. Calibration says which dimensions of
        these shapes, with n points, would give this estimate. The shape of the data is unknown, so that each shape
        gets an equal share of the draws. A shape takes about 42 neighbour searches of n points, which are kept for the
        next call. An empty tuple leaves ``dimension`` out.
    chains, draws : int. The draws are independent.
    seed : int, optional.

    Returns
    -------
    Dataset : dims (chain, draw, neighbours). ``dimension`` is the calibrated posterior, ``uncalibrated`` that of the
        likelihood, both under a prior that is flat in log d. Coordinate ``distance`` is the median of r_k [unit of the
        points].

    Notes
    -----
    Of samples of 1000 points, 257 of 280 intervals of 90 % contain the dimension: 131 of 140 on spheres and tori of
    dimension 2 to 20, and 126 of 140 on shapes that the calibration does not know. Swiss rolls have edges and an uneven
    density; 28 of 40 of their intervals contain it. From d = 10 on intervals are wide, because the shape matters more
    than the number of points (docs/explain/geometry.md).

    Raises
    ------
    TypeError
        If points are no numbers.
    ValueError
        If points have a NaN, duplicates, fewer than two columns, or fewer than 50 rows; if most distances are tied; if
        an argument is out of range.

    Warns
    -----
    UserWarning
        If the posterior reaches the largest dimension of the shapes, so that it has no upper end.

    Examples
    --------
    >>> import numpy as np
    >>> import bayescale as bs
    >>> points = np.random.default_rng(0).standard_normal((300, 3))
    >>> points /= np.linalg.norm(points, axis=1, keepdims=True)  # a sphere, of dimension 2
    >>> found = bs.dimension(points, seed=1)
    >>> low, high = found["dimension"].quantile([0.05, 0.95]).values
    >>> bool(1.7 < low < 2 < high < 2.4)
    True
    """
    ks, given = _checked_neighbours(neighbours), _checked_shapes(shapes)
    for name, value in (("chains", chains), ("draws", draws)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} is {value!r}; wanted a whole number from 1 on.")
    array = _checked_points(points, 2 * max(ks))
    log_ratios, near = calibration.log_ratios(array, ks)
    log_ratios = np.array([_untied(each, r, k) for each, r, k in zip(log_ratios, near, ks, strict=True)])
    rng = np.random.default_rng(seed)
    raw = [ratios.estimate(each, k) for each, k in zip(log_ratios, ks, strict=True)]
    shape, dims = (len(ks), chains, draws), ("neighbours", "chain", "draw")
    uncalibrated = [ratios.draw(each, k, chains * draws, rng) for each, k in zip(log_ratios, ks, strict=True)]
    found = {"uncalibrated": (dims, np.reshape(uncalibrated, shape))}
    if given:
        drawn = _calibrated(raw, len(array), ks, given, chains * draws, rng)
        found = {"dimension": (dims, drawn.reshape(shape))} | found
    coords = {"chain": range(chains), "draw": range(draws), "neighbours": list(ks)}
    result = xr.Dataset(found, coords | {"distance": ("neighbours", np.median(near, axis=1))})
    return result.transpose("chain", "draw", "neighbours").assign_attrs(points=len(array))


def _calibrated(
    raw: list[float], n: int, ks: tuple[int, ...], shapes: tuple[str, ...], size: int, rng: np.random.Generator
) -> np.ndarray:
    """Calibrated draws, shape (len(ks), size); a draw has one shape at all scales."""
    known_at = calibration.dimensions(min(raw), max(raw))
    found, whose, open_ended = np.empty((len(ks), size)), rng.permutation(np.arange(size) % len(shapes)), set()
    for number, shape in enumerate(shapes):
        known = {d: calibration.of_shape(shape, n, d, ks) for d in known_at}
        here = whose == number
        for at, (estimate, k) in enumerate(zip(raw, ks, strict=True)):
            own = {d: each[:, at] for d, each in known.items()}
            found[at, here], reaches = calibration.draw(estimate, own, int(here.sum()), rng)
            open_ended |= {k} if reaches else set()
    if open_ended:
        warnings.warn(
            f"At neighbours {sorted(open_ended)}, dimensions up to {max(known_at)} and beyond give such distances at "
            f"{n} points. Read the posterior as a lower bound; more points, or smaller neighbours, narrow it.",
            stacklevel=3,
        )
    return found


def _checked_shapes(shapes) -> tuple[str, ...]:
    """Names of shapes, as a tuple."""
    given = (shapes,) if isinstance(shapes, str) else tuple(shapes)
    if unknown := [each for each in given if each not in calibration.SHAPES]:
        raise ValueError(f"shapes has {unknown}; wanted any of {list(calibration.SHAPES)}, or () for no calibration.")
    return tuple(dict.fromkeys(given))


def _checked_neighbours(neighbours) -> tuple[int, ...]:
    """The numbers of neighbours, as a tuple."""
    given = tuple(neighbours) if isinstance(neighbours, Iterable) else (neighbours,)
    whole = all(isinstance(k, int | np.integer) and not isinstance(k, bool) and k >= 1 for k in given)
    if not given or not whole or len(set(given)) < len(given):
        raise ValueError(f"neighbours is {neighbours!r}; wanted different whole numbers from 1 on, such as (1, 4, 16).")
    return tuple(int(k) for k in given)


def _checked_points(points, furthest: int) -> np.ndarray:
    """The points as floats, of which `furthest` neighbours are needed."""
    try:
        array = np.asarray(points, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(
            f"points is a {type(points).__name__} that is no table of numbers; wanted (n, columns)."
        ) from None
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(
            f"points has the shape {array.shape}; wanted (n, columns) with two columns or more. "
            "One column has no dimension above 1 to find."
        )
    if not np.isfinite(array).all():
        bad = int((~np.isfinite(array)).any(axis=1).sum())
        raise ValueError(f"{bad} of the points have a NaN or an infinity; drop them: points[isfinite(points).all(1)].")
    needed = max(FEWEST, furthest + 1)
    if len(array) < needed:
        raise ValueError(f"There are {len(array)} points; wanted at least {needed} (50, and more than 2 neighbours).")
    if same := len(array) - len(np.unique(array, axis=0)):
        raise ValueError(
            f"{same} of the points repeat another, so their nearest distance is 0; drop them: "
            "numpy.unique(points, axis=0)."
        )
    return array


def _untied(log_ratios: np.ndarray, near: np.ndarray, k: int) -> np.ndarray:
    """Ratios without zeros: a few ties, as in rounded data, count as the smallest ratio."""
    if not (near > 0).all():
        raise ValueError("Some points are so close that their distance rounds to 0; rescale the points, or round them.")
    tied = log_ratios <= 0
    if tied.mean() > TIED:
        raise ValueError(
            f"At neighbours {k}, {tied.mean():.0%} of the points have r_{2 * k} = r_{k}: rounded coordinates, as on a "
            "lattice. Add noise as large as the rounding, or take larger neighbours."
        )
    return np.where(tied, log_ratios[~tied].min(), log_ratios)
