"""Linear: how much runs narrow a target, by the best linear prediction of it from their losses.

It is exact where losses and target are jointly normal. Elsewhere it understates the reduction, because the posterior
mean predicts at least as well. Importance weights degenerate as runs are added; this estimate does not.
"""

from dataclasses import dataclass, replace

import numpy as np

from bayescale.frontiers.planning.joint import Joint

#: Draws by which the expected regret is averaged.
DRAWS = 512


@dataclass(frozen=True, eq=False)
class Linear:
    """Means and covariances of candidates and targets, given the runs chosen so far.

    Attributes
    ----------
    covariance : array of shape (place, place); places are the candidates, then the targets.
    noise : array of shape (candidate,), mean variance of the noise.
    mean : array of shape (target,).
    shift : array of shape (draw, target), how the runs chosen so far may move the means of the targets.
    z : array of shape (draw, run), standard normal draws for runs still to choose.
    """

    covariance: np.ndarray
    noise: np.ndarray
    mean: np.ndarray
    shift: np.ndarray
    z: np.ndarray

    @classmethod
    def of(cls, joint: Joint, most: int, rng: np.random.Generator) -> "Linear":
        """Before any run is chosen; for at most `most` of them."""
        both = np.hstack([joint.log_loss, joint.target])
        both = both - both.mean(0)
        covariance = both.T @ both / (len(both) - 1)
        n, m = joint.candidates, joint.target.shape[1]
        ones = np.ones((len(both), n))
        for squared, left in joint.parts:
            scale = np.hstack([ones, joint.gain])
            covariance += (squared[:, None] * scale).T @ scale / len(both) * left
        z = rng.standard_normal((DRAWS, most))
        return cls(covariance, joint.noise.mean(0), joint.target.mean(0), np.zeros((DRAWS, m)), z)

    @property
    def variances(self) -> np.ndarray:
        """Variances of the targets, of shape (target,)."""
        n = len(self.noise)
        return np.maximum(np.diag(self.covariance)[n:], 0.0)

    def gains(self) -> np.ndarray:
        """How far one standard deviation of each candidate's loss moves each target, of shape (candidate, target)."""
        n = len(self.noise)
        total = np.maximum(np.diag(self.covariance)[:n], 0.0) + self.noise
        return self.covariance[:n, n:] / np.sqrt(np.maximum(total, 1e-300))[:, None]

    def reductions(self, choose: bool) -> np.ndarray:
        """Reduction of the mean variance, or of the expected regret, by each candidate, of shape (candidate,)."""
        gains = self.gains()
        if not choose:
            return (gains**2).mean(1)
        now = (self.mean + self.shift).min(1).mean()
        moved = [(self.mean + self.shift + self.z[:, :1] * gain).min(1).mean() for gain in gains]
        return now - np.array(moved)

    def given(self, k: int) -> "Linear":
        """The same after candidate k."""
        column = self.covariance[:, k]
        total = max(column[k], 0.0) + self.noise[k]
        shift = self.shift + self.z[:, :1] * self.gains()[k]
        if total <= 0:
            return self
        covariance = self.covariance - np.outer(column, column) / total
        return replace(self, covariance=covariance, shift=shift, z=self.z[:, 1:])
