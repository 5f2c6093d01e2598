"""The compute multiplier against closed forms, and of a posterior with itself."""

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale import Prior, costs
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C, L_N
from tests.conftest import TRUTH

N0, D0 = 1e9, 2e10
#: d ln(L - E) / d ln C along the frontier of the truth, without its sign.
SLOPE = TRUTH["alpha_N"] * TRUTH["alpha_D"] / (TRUTH["alpha_N"] + TRUTH["alpha_D"])
BUDGETS = np.geomspace(1e18, 1e22, 5)


def posterior(E=(TRUTH["E"],), times_N=(1.0,), times_D=(1.0,)):
    """Draws of the simulated truth, with own floors and terms; one draw for each value."""
    E, times_N, times_D = np.broadcast_arrays(E, times_N, times_D)
    ones = np.ones(len(E))
    values = {
        "E": E,
        "excess_N": TRUTH["A"] * N0 ** -TRUTH["alpha_N"] * times_N,
        "excess_D": TRUTH["B"] * D0 ** -TRUTH["alpha_D"] * times_D,
        "alpha_N": TRUTH["alpha_N"] * ones,
        "alpha_D": TRUTH["alpha_D"] * ones,
        "sigma": 0.005 * ones,
    }
    draws = xr.Dataset({name: (("chain", "draw"), each[None]) for name, each in values.items()})
    return xr.DataTree.from_dict(
        {"posterior": draws, "constant_data": xr.Dataset({"N0": N0, "D0": D0, "loss_min": 2.0})}
    )


A = (chinchilla, posterior())


def found(B, *args, **options):
    return bs.multiplier(A, (chinchilla, B), *args, **options)["multiplier"].squeeze(("chain", "draw")).values


@pytest.mark.parametrize("times", [0.8, 0.97, 1.03, 1.3])
def test_along_the_frontiers(times):
    """A reducible loss that is k times as large needs k^(1/slope) times the compute, at every budget."""
    B = posterior(times_N=(times,), times_D=(times,))
    np.testing.assert_allclose(found(B, BUDGETS), times ** (1 / SLOPE), rtol=1e-6)


def test_with_another_cost():
    """With the inference of tokens in the cost there is no closed form: the losses at both ends agree."""
    B, cost = posterior(times_D=(1.1,)), costs.inference(1e11)
    needs = bs.multiplier(A, (chinchilla, B), BUDGETS, cost=cost)
    longer = needs["multiplier"].squeeze().values * BUDGETS
    best = bs.frontier(chinchilla, B, longer, cost=cost)["loss"].squeeze()
    np.testing.assert_allclose(best, needs["loss_A"].squeeze(), rtol=2e-5)


def test_at_fixed_tokens_per_parameter():
    B = posterior(times_N=(1.05,), times_D=(1.2,))
    needs = bs.multiplier(A, (chinchilla, B), BUDGETS, tokens_per_param=20)
    C = needs["multiplier"].squeeze().values * BUDGETS
    N = np.sqrt(C / 120)
    np.testing.assert_allclose(chinchilla(B, N=N, D=20 * N).squeeze(), needs["loss_A"].squeeze(), rtol=1e-8)
    N = np.sqrt(BUDGETS / 120)
    runs = found(B, N=N, D=20 * N)
    np.testing.assert_allclose(runs, needs["multiplier"].squeeze(), rtol=1e-6)
    served = bs.multiplier(A, (chinchilla, B), 1e20, tokens_per_param=20, cost=costs.inference(1e11))
    assert float(served["loss_A"].squeeze()) > float(needs["loss_A"].squeeze()[2])


@pytest.mark.parametrize("by", ["N", "D"])
def test_in_parameters_and_in_tokens(by):
    B = posterior(**{f"times_{by}": (1.1,)})
    needs = found(B, N=[1e8, 1e9], D=1e10, by=by)
    np.testing.assert_allclose(needs, 1.1 ** (1 / TRUTH[f"alpha_{by}"]), rtol=1e-8)


def test_below_the_floor_it_is_infinite():
    B = (chinchilla, posterior(E=(1.82, 3.0), times_N=(0.9, 0.1)))
    needs = bs.multiplier(A[:1] + (posterior(E=(1.82, 1.82)),), B, [1e20, 1e24])
    assert needs["multiplier"].sel(C=1e24)[0, 0] < 1 and needs["multiplier"].sel(C=1e24)[0, 1] == np.inf
    assert not needs["multiplier"].isnull().any()
    assert needs["reached"].sel(C=1e24) == 0.5 and needs["below_floor"].sel(C=1e24) == 0.5
    assert needs["better"].sel(C=1e24) == 0.5
    high = needs["multiplier"].quantile(0.95, ("chain", "draw"), method="higher")
    assert not high.isnull().any()


def test_better_from_the_start_is_the_end_of_the_search():
    B = posterior(E=(0.1,), times_N=(1e-3,), times_D=(1e-3,))
    assert found(B, 1e20, farthest=100) == pytest.approx(0.01)


def test_where_the_losses_cross():
    """B has smaller terms and a higher floor: it is better first, and A later."""
    B = posterior(E=(1.9, 1.9, 1.82), times_N=(0.9, 0.9, 0.9), times_D=(0.9, 0.9, 0.9))
    three = posterior(E=(1.82,) * 3)
    budgets = np.geomspace(1e17, 1e26, 60)
    needs = bs.multiplier((chinchilla, three), (chinchilla, B), budgets)
    assert needs["crosses"] == pytest.approx(2 / 3)
    C = float(needs["crossing"][0, 0])
    assert needs["crossing"][0, 2] == np.inf and needs["crossing"].attrs["units"] == "FLOP"
    both = [float(bs.frontier(chinchilla, p, C)["loss"][0, 0, 0]) for p in (three, B)]
    assert both[0] == pytest.approx(both[1], rel=1e-4)
    assert "crosses" not in bs.multiplier(A, A, 1e20)


def test_in_compute_or_in_parameters_alone():
    def draws(letter, excess, reference):
        values = {"E": 1.0, f"excess_{letter}": excess, f"alpha_{letter}": 0.5, "sigma": 0.01}
        data = xr.Dataset({name: (("chain", "draw"), [[value]]) for name, value in values.items()})
        return xr.DataTree.from_dict({"posterior": data, "constant_data": xr.Dataset({f"{letter}0": reference})})

    in_C = bs.multiplier((L_C, draws("C", 1.0, 1e20)), (L_C, draws("C", 1.1, 1e20)), [1e20, 1e21])
    np.testing.assert_allclose(in_C["multiplier"].squeeze(), 1.1**2, rtol=1e-8)
    in_N = bs.multiplier((L_N, draws("N", 1.0, 1e9)), (L_N, draws("N", 1.1, 1e9)), N=[1e9, 1e10], by="N")
    np.testing.assert_allclose(in_N["multiplier"].squeeze(), 1.1**2, rtol=1e-8)


def by_recipe():
    """A law with a group, and two levels of it."""
    own = Prior("LogNormal", mu=-1, sigma=1, unit="loss_min", dims="recipe")
    law = replace(chinchilla, name="by_recipe", priors={**chinchilla.priors, "excess_D": own})
    both = posterior(E=(1.8, 1.85))
    draws = both["posterior"].to_dataset()
    levels = xr.DataArray([1.0, 1.1], dims="recipe", coords={"recipe": ["old", "new"]})
    both["posterior"] = xr.DataTree(draws.assign(excess_D=draws["excess_D"] * levels))
    return law, both


def test_two_levels_of_one_posterior():
    law, post = by_recipe()
    old, new = (law, post, {"recipe": "old"}), (law, post, {"recipe": "new"})
    needs = bs.multiplier(old, new, N=1e9, D=2e10, by="D")
    np.testing.assert_allclose(needs["multiplier"].values.ravel(), 1.1 ** (1 / TRUTH["alpha_D"]), rtol=1e-8)
    back = bs.multiplier(new, old, N=1e9, D=2e10, by="D")
    np.testing.assert_allclose(back["multiplier"] * needs["multiplier"], 1.0, rtol=1e-8)
    with pytest.raises(ValueError, match="say which level A is"):
        bs.multiplier((law, post), new, 1e20)
    with pytest.raises(ValueError, match="fitted on the groups"):
        bs.multiplier((law, post, {"recipe": "third"}), new, 1e20)


@pytest.mark.parametrize("options", [{}, {"tokens_per_param": 20.0}])
def test_with_itself_it_is_one(options):
    post = posterior(E=np.linspace(1.5, 2.0, 7), times_N=np.linspace(0.9, 1.1, 7))
    one = (chinchilla, post)
    for other in (one, (chinchilla, post.copy(deep=True))):
        needs = bs.multiplier(one, other, BUDGETS, seed=1, **options)
        assert (needs["multiplier"] == 1).all() and (needs["better"] == 0.5).all() and needs["crosses"] == 0


def test_more_draws_of_one_than_of_the_other():
    few, many = posterior(E=(1.82,) * 3), posterior(E=(1.82,) * 8)
    needs = bs.multiplier((chinchilla, few), (chinchilla, many), 1e20, draws=5)
    assert dict(needs["multiplier"].sizes) == {"chain": 1, "draw": 3, "C": 1}
    assert "3 of 8 posterior draws" in needs.attrs["warnings"]


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        ((A, A), {}, ValueError, "Give either"),
        ((A, A, 1e20), {"N": 1e9}, ValueError, "Give either"),
        ((A, A), {"N": 1e9}, ValueError, "missing \\['D'\\]"),
        ((A, A, 1e20), {"by": "D"}, ValueError, "needs the runs of A"),
        ((A, A, 1e20), {"by": "loss"}, ValueError, "wanted one of"),
        ((A, A), {"N": [1e9, 2e9], "D": [1e10, 2e10, 3e10]}, ValueError, "numbers of values differ"),
        ((A, A), {"N": 1e9, "D": 2e10, "tokens_per_param": 20}, ValueError, "goes with C"),
        ((A, A, -1.0), {}, ValueError, "positive"),
        ((A, A, 1e20), {"farthest": 0.5}, ValueError, "above 1"),
        ((chinchilla, A, 1e20), {}, TypeError, "A is a Law"),
        ((A, (chinchilla,), 1e20), {}, TypeError, "wanted \\(law, post\\)"),
        ((A, (chinchilla, A[1], "new"), 1e20), {}, TypeError, "mapping"),
    ],
)
def test_refused(arguments, options, error, words):
    with pytest.raises(error, match=words):
        bs.multiplier(*arguments, **options)


def test_other_units_are_refused_and_few_runs_are_said():
    other = posterior()
    other.attrs = {"loss_unit": "bits/byte"}
    with pytest.raises(ValueError, match="same unit"):
        bs.multiplier(A, (chinchilla, other), 1e20)
    other.attrs = {"runs": 1}
    said = json.loads(bs.multiplier(A, (chinchilla, other), 1e20).attrs["warnings"])
    assert any("has 1 fitted run, and its law has 5 parameters" in text for text in said)
