"""The frontier of four published parameter sets against closed forms (reference section 10) and printed values."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla

#: Published E, A, B, alpha, beta; the first two are Hoffmann et al. 2022 as printed, and as in their TeX source.
SETS = {
    "hoffmann": (1.69, 406.4, 410.7, 0.34, 0.28),
    "tex": (np.exp(0.5267228), np.exp(6.0073404), np.exp(6.0179186), 0.33917084, 0.2849083),
    "besiroglu": (1.8169, 482.01, 2085.43, 0.3478, 0.3658),
    "muennighoff": (np.exp(0.6254804), np.exp(6.255414), np.exp(7.3049974), 0.3526596, 0.3526596),
}
#: Printed a, gamma, G, kappa, C_E of each set.
PRINTED = {
    "hoffmann": (0.4516, 0.1535, 1.3447, 813.7, 1.77e18),
    "tex": (0.4565, 0.1548, 1.300, 814.4, 1.26e18),
    "besiroglu": (0.5126, 0.1783, 0.1196, 1967.9, 6.30e17),
    "muennighoff": (0.5000, 0.1763, 0.2258, 1760.5, 4.41e17),
}
#: Tabulated budgets [FLOP].
C = np.array([1e18, 1e20, 1e21, 1e22, 5.76e23, 3.8e25, 1e27])


def closed(name):
    """Quantities of the frontier by formula."""
    E, A, B, alpha, beta = SETS[name]
    K, a, b, gamma = C / 6, beta / (alpha + beta), alpha / (alpha + beta), alpha * beta / (alpha + beta)
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    kappa = A**a * B**b * (alpha + beta) * alpha**-b * beta**-a
    R = kappa * K**-gamma
    w = R / (R + E)
    exact = {"N": G * K**a, "D": K**b / G, "tokens_per_param": G**-2 * K ** (b - a), "loss": E + R}
    exact |= {"loss_law": E + R, "reducible": w, "a": a + 0 * C, "b": b + 0 * C}
    exact |= {"slope": -gamma * w, "curvature": gamma**2 * w * (1 - w), "slope_reducible": -gamma + 0 * C}
    return exact | {"C_E": 6 * (kappa / E) ** (1 / gamma), "G": G, "kappa": kappa, "gamma": gamma}


@pytest.fixture(scope="module", params=list(SETS))
def found(request):
    E, A, B, alpha, beta = SETS[request.param]
    values = {"E": E, "excess_N": A, "alpha_N": alpha, "excess_D": B, "alpha_D": beta, "sigma": 0.01}
    draws = xr.Dataset({key: (("chain", "draw"), [[value]]) for key, value in values.items()})
    law = replace(chinchilla, reference={"N0": 1.0, "D0": 1.0})
    return request.param, bs.frontier(law, draws, C)


def test_every_quantity_to_a_millionth(found):
    name, best = found
    exact = closed(name)
    for quantity in set(exact) - {"G", "kappa", "gamma"}:
        np.testing.assert_allclose(best[quantity].to_numpy().squeeze(), exact[quantity], rtol=1e-6, err_msg=quantity)
    assert (best["status"] == 0).all()


def test_the_loss_is_exact_to_rounding(found):
    name, best = found
    np.testing.assert_allclose(best["loss"].to_numpy().squeeze(), closed(name)["loss"], rtol=1e-12)
    np.testing.assert_allclose(best["N"].to_numpy().squeeze(), closed(name)["N"], rtol=1e-7)


def test_the_printed_digits(found):
    name, best = found
    exact, (a, gamma, G, kappa, C_E) = closed(name), PRINTED[name]
    assert float(best["a"].squeeze()[0]) == pytest.approx(a, abs=1e-4)
    assert -float(best["slope_reducible"].squeeze()[0]) == pytest.approx(gamma, abs=1e-4)
    assert exact["G"] == pytest.approx(G, rel=2e-3) and exact["kappa"] == pytest.approx(kappa, rel=2e-3)
    assert float(best["C_E"].squeeze()) == pytest.approx(C_E, rel=0.01)
