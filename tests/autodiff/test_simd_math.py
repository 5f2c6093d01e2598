"""Elementary functions of the compiled loops: NumPy's numbers and specials, to a few units in the last place."""

import numpy as np
import pytest

from bayescale.autodiff import numba_backend as native

#: What goes wrong first: ends of the range, subnormal numbers, zeros, and numbers about which a sum cancels.
SPECIAL = np.array([0.0, 1.0, 2.0, 0.5, 1e-320, 5e-324, 2.3e-308, 1e-17, 1e-9, 709.78, 710.0, 745.1, 746.0, 1e3, 1e300])
SPECIAL = np.r_[SPECIAL, -SPECIAL, np.inf, -np.inf, np.nan, np.nextafter(1, [0, 2]), np.nextafter(-1, [0, -2])]
SPECIAL = np.r_[SPECIAL, np.finfo(float).max, np.finfo(float).tiny, np.sqrt(0.5) * (1 + np.arange(-3, 4) * 1e-16)]
#: Units in the last place; measured: 0.94, 0.76, 1.44, 1.75, 2.26.
BOUNDS = {"exp": 1.5, "log": 1.5, "log1p": 2.0, "expm1": 3.0, "tanh": 3.0}


@pytest.fixture(scope="module")
def looped():
    """A step in a loop over an array, by the functions that the compiled densities call."""
    from numba import vectorize

    lines = [f"        v = loop_{op}(x[0])" for op in BOUNDS]
    module = native.compiled(
        "def f(x, grad, c, r, g, m):\n    for i in range(1):\n" + "\n".join(lines) + "\n    return v"
    )

    def run(op, *inputs):
        step = getattr(module, f"loop_{op}")
        ufunc = vectorize((lambda x: step(x)) if len(inputs) == 1 else (lambda x, y: step(x, y)))
        with np.errstate(all="ignore"):
            return ufunc(*inputs)

    return run


def points(op):
    rng = np.random.default_rng(0)
    size = 10.0 ** rng.uniform(-20, 3, 200_000)
    either = np.r_[size, -size, rng.uniform(-3, 3, 200_000), SPECIAL]
    wide = 2.0 ** rng.uniform(-1074, 1023.9, 200_000)
    return {"log": np.r_[wide, either], "log1p": np.r_[wide, -wide, either]}.get(op, either)


def units_off(found, exact):
    """The error in units in the last place; subnormal results have the unit of the smallest normal number."""
    return np.abs((found - exact) / np.spacing(np.maximum(np.abs(exact), np.finfo(float).tiny).astype(float)))


@pytest.mark.parametrize("op", BOUNDS)
def test_is_numpys(looped, op):
    x = points(op)
    found = looped(op, x)
    with np.errstate(all="ignore"):
        double, exact = getattr(np, op)(x), getattr(np, op)(x.astype(np.longdouble))
    finite = np.isfinite(double)
    assert np.array_equal(found[~finite], double[~finite], equal_nan=True)
    assert np.array_equal(np.signbit(found[found == 0]), np.signbit(double[found == 0]))
    assert units_off(found[finite], exact[finite]).max() < BOUNDS[op]


def test_powers(looped):
    rng = np.random.default_rng(0)
    base, exponent = np.exp(rng.normal(0, 3, 100_000)), rng.normal(0, 5, 100_000)
    exact = base.astype(np.longdouble) ** exponent
    size = 1 + np.abs(exponent * np.log(base))
    assert (units_off(looped("power", base, exponent), exact) / size).max() < 2
    x, y = (a.ravel() for a in np.meshgrid(SPECIAL, [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, np.nan]))
    with np.errstate(all="ignore"):
        exact = np.power(x, y)
    assert looped("power", x, y) == pytest.approx(exact, rel=1e-12, abs=1e-300, nan_ok=True)
