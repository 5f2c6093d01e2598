"""Plain PyMC with the sampler of its own, `nuts_sampler="pymc"`."""

from functools import partial

from benchmarks.speed import _contender
from benchmarks.speed.plain_pymc import extras, fit, forecast, posterior

if __name__ == "__main__":
    _contender.main(partial(fit, nuts_sampler="pymc"), forecast, posterior, extras)
