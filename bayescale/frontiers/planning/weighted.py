"""Weighted: how much runs narrow a target, by nested Monte Carlo with importance weights on the posterior draws.

The outer loop takes some posterior draws as the truth and simulates the losses of the candidates. The inner loop weighs
all other draws by the density of these losses. What the fitted runs leave open of the discrepancy is normal given a
draw, and is conditioned on the losses exactly (Foster et al. 2019, arXiv:1903.05480, reviews such estimators).
"""

from dataclasses import dataclass, replace

import numpy as np

from bayescale.frontiers.planning.joint import Joint

#: Simulated truths.
TRUTHS = 64


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weights of the draws for each simulated truth, given the runs chosen so far.

    Attributes
    ----------
    joint : Joint
    truths : array of shape (truth,), the draw of each.
    noise : array of shape (truth, candidate), standard normal errors of the simulated losses.
    log_weights : array of shape (truth, draw); minus infinity at the truth itself.
    shift : array of shape (truth, draw, place), mean of what is left open, given the simulated losses; one place that
        is zero where nothing is.
    open : array of shape (draw, place), variance of what is left open.
    factors : arrays of shape (draw, place), one for each chosen run: its covariances over its standard deviation.
    """

    joint: Joint
    truths: np.ndarray
    noise: np.ndarray
    log_weights: np.ndarray
    shift: np.ndarray
    open: np.ndarray
    factors: tuple[np.ndarray, ...] = ()

    @classmethod
    def of(cls, joint: Joint, rng: np.random.Generator) -> "Weighted":
        """Before any run is chosen."""
        draws = len(joint.log_loss)
        truths = np.linspace(0, draws - 1, min(TRUTHS, draws)).round().astype(int)
        log_weights = np.zeros((len(truths), draws))
        log_weights[np.arange(len(truths)), truths] = -np.inf
        half = rng.standard_normal((len(truths) // 2, joint.candidates))  # in pairs of opposite sign
        noise = np.vstack([half, -half, rng.standard_normal((len(truths) % 2, joint.candidates))])
        places = joint.candidates + joint.target.shape[1] if joint.parts else 0
        shift = np.zeros((len(truths), draws, places))
        return cls(joint, truths, rng.permuted(noise, axis=0), log_weights, shift, joint.open_variance())

    def _factor(self, k: int) -> tuple[np.ndarray, np.ndarray]:
        """Covariances of what is left open with candidate k over the standard deviation of its loss, and that."""
        column = self.joint.open_column(k)
        for factor in self.factors:
            column = column - factor * factor[:, [k]]
        deviation = np.sqrt(np.maximum(self.open[:, k], 0.0) + self.joint.noise[:, k])
        return column / np.maximum(deviation, 1e-150)[:, None], deviation

    def _errors(self, k: int, deviation: np.ndarray) -> np.ndarray:
        """Standardised errors of each draw's prediction of the simulated losses of candidate k, (truth, draw)."""
        mean = self.joint.log_loss[:, k] + (self.shift[:, :, k] if self.joint.parts else 0.0)
        mean = np.broadcast_to(mean, self.log_weights.shape)
        own = np.arange(len(self.truths))
        loss = mean[own, self.truths] + deviation[self.truths] * self.noise[:, k]
        return (loss[:, None] - mean) / np.maximum(deviation, 1e-150)

    def _log_weights(self, errors: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        return self.log_weights - 0.5 * errors**2 - np.log(np.maximum(deviation, 1e-150))

    def given(self, k: int) -> "Weighted":
        """The same after candidate k."""
        factor, deviation = self._factor(k)
        errors = self._errors(k, deviation)
        shift = self.shift + errors[:, :, None] * factor if self.joint.parts else self.shift
        return replace(
            self,
            log_weights=self._log_weights(errors, deviation),
            shift=shift,
            open=np.maximum(self.open - factor**2, 0.0),
            factors=(*self.factors, factor),
        )

    def now(self) -> tuple[np.ndarray, np.ndarray, float]:
        """Means and variances of the targets for each truth, both (truth, target), and the effective sample size."""
        return self._moments(self.log_weights, 0.0, 0.0)

    def after(self, k: int) -> tuple[np.ndarray, np.ndarray, float]:
        """The same after candidate k."""
        factor, deviation = self._factor(k)
        errors = self._errors(k, deviation)
        factor = factor[:, self.joint.candidates :]
        return self._moments(self._log_weights(errors, deviation), errors[:, :, None] * factor, factor**2)

    def _moments(self, log_weights: np.ndarray, move, less) -> tuple[np.ndarray, np.ndarray, float]:
        """Moments of the targets whose open part has moved, and has a variance that is less by so much."""
        joint, n = self.joint, self.joint.candidates
        weights = np.exp(log_weights - log_weights.max(1, keepdims=True))
        weights /= weights.sum(1, keepdims=True)
        squares = (weights**2).sum(1)
        centre = joint.target.mean(0)
        value = (joint.target - centre)[None]
        within = np.zeros((1, joint.target.shape[1]))
        if joint.parts and joint.gain.any():
            value = value + joint.gain * (self.shift[:, :, n:] + move)
            within = weights @ (joint.gain**2 * np.maximum(self.open[:, n:] - less, 0.0))
        if len(value) == 1:
            mean, second = weights @ value[0], weights @ value[0] ** 2
        else:
            mean = np.einsum("js,jsm->jm", weights, value)
            second = np.einsum("js,jsm->jm", weights, value**2)
        unbiased = np.maximum(1.0 - squares, 1e-12)[:, None]
        return mean + centre, np.maximum(second - mean**2, 0.0) / unbiased + within, float(np.mean(1.0 / squares))
