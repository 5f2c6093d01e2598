"""bayescale by the Laplace approximation, corrected by importance sampling."""

from functools import partial

from benchmarks.speed import _contender
from benchmarks.speed.bayescale_nuts import extras, fit, forecast, posterior

if __name__ == "__main__":
    _contender.main(partial(fit, method="laplace"), forecast, posterior, extras)
