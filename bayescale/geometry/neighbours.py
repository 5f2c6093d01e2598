"""Distances from each point of a sample to its nearest neighbours."""

import numpy as np

#: Columns up to which a k-d tree is faster than all distances by matrix products.
TREE_COLUMNS = 10
#: Points whose distances to all others are held in memory at one time.
BLOCK = 512


def distances(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Sorted distances of each point to its nearest others.

    Parameters
    ----------
    points : array, shape (n, columns).
    neighbours : int below n.

    Returns
    -------
    array, shape (n, neighbours).
    """
    if points.shape[1] <= TREE_COLUMNS:
        from scipy.spatial import KDTree

        return np.asarray(KDTree(points).query(points, k=neighbours + 1)[0])[:, 1:]
    return _by_blocks(points, neighbours)


def _by_blocks(points: np.ndarray, neighbours: int) -> np.ndarray:
    """Candidates come from matrix products; their distances from differences, which keep all digits."""
    points = points - points.mean(axis=0)
    squares = np.einsum("ij,ij->i", points, points)
    found = np.empty((len(points), neighbours))
    for start in range(0, len(points), BLOCK):
        here = points[start : start + BLOCK]
        rows = np.arange(len(here))
        apart = squares - 2 * here @ points.T  # without the square of `here`, which does not change the order
        apart[rows, start + rows] = np.inf
        nearest = np.argpartition(apart, neighbours - 1, axis=1)[:, :neighbours]
        exact = np.linalg.norm(points[nearest] - here[:, None], axis=2)
        found[start : start + BLOCK] = np.sort(exact, axis=1)
    return found
