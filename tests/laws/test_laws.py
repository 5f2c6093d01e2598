"""One harness for every law; and each law against the form that its paper prints."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytensor
import pytensor.tensor as pt
import pytest
import xarray as xr
from scipy.optimize import brentq

import bayescale as bs
from bayescale import laws
from bayescale.base.columns import COLUMNS
from bayescale.density.coordinates.structure import coordinates_of
from bayescale.laws import (
    alabdulmohsin2022,
    busbridge2025,
    caballero2022,
    chinchilla,
    gadre2024,
    henighan2020,
    kaplan2020,
    muennighoff2023,
)
from bayescale.laws.busbridge2025 import generalised
from bayescale.modelling.formula import call, signature
from bayescale.modelling.prior import Prior

LAWS = laws.names()
EVERY = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS)
REFERENCE = {"N0": 1e9, "D0": 2e10, "C0": 1e20, "S0": 4e4, "U0": 1e10, "loss_min": 2.0}
REFERENCE |= {"N_top": 1e9, "D_top": 2e10, "C_top": 1e20}
#: What has ever been trained, and a few decades beyond.
RANGE = {"N": (1e3, 1e14), "D": (1e5, 1e17), "C": (1e9, 1e30), "S": (1e1, 1e9), "U": (1e5, 1e17)}
#: Columns that one law has of its own, with the ends of their plausible range.
OWN_COLUMNS = {symbol: known.span for law in LAWS.values() for symbol, known in law.columns.items()}
RANGE |= OWN_COLUMNS
REFERENCE |= {f"{symbol}0": float(np.sqrt(low * high)) for symbol, (low, high) in OWN_COLUMNS.items()}


def at_reference(law):
    needed = [*(f"{name}0" for name in law.inputs), *signature(law.formula).reference]
    return replace(law, reference={name: REFERENCE[name] for name in (*needed, "loss_min")})


def prior_of(law, draws=200):
    return bs.sample_prior(
        at_reference(law), pd.DataFrame(columns=[*law.inputs, "loss"], dtype=float), draws=draws, seed=0
    )


def one_point(law):
    """Inputs off the reference run, and parameters at the middle of the prior."""
    inputs = {
        name: REFERENCE[f"{name}0"] * factor
        for name, factor in zip(law.inputs, (3.0, 7.0, 0.4, 2.0, 0.7), strict=False)
    }
    middle = prior_of(law)["prior"].to_dataset().median(("chain", "draw"))
    return inputs, {name: float(middle[name] if name in middle else law.priors[name]) for name in law.parameters}


@EVERY
def test_name_and_source(law):
    paper, value = law.name.split(".")
    assert getattr(getattr(laws, paper), value) is law
    assert laws.find(law.name) is law
    assert re.search(r"\d{4}.*arXiv:\d{4}\.\d{5}", law.source)
    assert set(law.inputs) <= {*COLUMNS, *law.columns}
    assert set(law.may_rise) <= set(law.inputs)


@EVERY
def test_one_formula_for_floats_arrays_draws_and_graphs(law):
    inputs, parameters = one_point(law)
    exact = call(law.formula, parameters, inputs, REFERENCE)
    assert isinstance(float(exact), float) and np.isfinite(exact)
    arrays = call(law.formula, parameters, {k: np.full(3, v) for k, v in inputs.items()}, REFERENCE)
    np.testing.assert_allclose(arrays, exact, rtol=1e-12)
    draws = xr.Dataset({k: (("chain", "draw"), np.full((2, 3), v)) for k, v in parameters.items()}).assign(
        sigma=(("chain", "draw"), np.full((2, 3), 0.01)),
        tau=(("chain", "draw"), np.full((2, 3), 0.01)),
        tau_local=(("chain", "draw"), np.full((2, 3), 0.01)),
    )
    np.testing.assert_allclose(at_reference(law)(draws, **inputs), exact, rtol=1e-12)
    symbols = {name: pt.dscalar(name) for name in parameters}
    graph = call(law.formula, symbols, {k: pt.constant(np.float64(v)) for k, v in inputs.items()}, REFERENCE)
    compiled = pytensor.function(
        list(symbols.values()), [graph, *pt.grad(graph, list(symbols.values()))], mode="FAST_COMPILE"
    )
    value, *gradient = compiled(*parameters.values())
    np.testing.assert_allclose(value, exact, rtol=1e-12)
    for slope, name in zip(gradient, parameters, strict=True):
        if not isinstance(law.priors[name], Prior):  # a number may be fixed where its domain ends
            continue
        h = 1e-5 * max(abs(parameters[name]), 1e-2)
        up, down = (
            call(law.formula, {**parameters, name: parameters[name] + s * h}, inputs, REFERENCE) for s in (1, -1)
        )
        # Central differences: h^2 of the third derivative, and rounding over h.
        np.testing.assert_allclose(slope, (up - down) / (2 * h), rtol=1e-4, atol=1e-6)


@EVERY
def test_finite_positive_and_falling_over_the_prior(law):
    prior = prior_of(law)
    for moved in law.inputs:
        inputs = {k: REFERENCE[f"{k}0"] for k in law.inputs}
        axis = xr.DataArray(np.geomspace(*RANGE[moved], 45), dims="x")
        loss = at_reference(law)(prior, **{**inputs, moved: axis}).transpose("chain", "draw", "x").values[0]
        loss = loss[np.isfinite(loss).all(axis=1)]
        assert len(loss) >= 198 and (loss > 0).all()  # of 200: alpha_N of 0.01 asks for fewer than 1e-300 parameters
        if moved not in law.may_rise:
            assert (np.diff(loss, axis=1) <= 1e-9 * loss[:, :-1]).all()  # flat stretches are flat up to rounding


@EVERY
def test_loss_at_the_reference_run_is_the_floor_and_the_excesses(law):
    """As the coordinates say; of laws without excesses, it lies above the floor."""
    _, p = one_point(law)
    coordinates = coordinates_of(law)
    inputs = {name: REFERENCE[f"{name}0"] for name in law.inputs}
    if "U" in inputs:  # all tokens unique, and N0 their optimum
        inputs["U"], p["excess_N"], p["alpha_N"] = 1e30, p["excess_D"], p["alpha_D"]
    loss = call(law.formula, p, inputs, REFERENCE)
    floor = p[coordinates.floor] if coordinates.floor else 0.0
    levels = {level.parameter for level in coordinates.levels}
    if coordinates.terms and not levels & {term.excess for term in coordinates.terms}:
        assert loss == pytest.approx(floor + sum(p[term.excess] for term in coordinates.terms), rel=1e-12)
    else:
        assert loss > floor


def at_the_end(law):
    """The largest runs: sizes without end, a law's own columns at the end of their plausible range."""
    return {k: law.columns[k].span[1] if k in law.columns else 1e300 for k in law.inputs}


@pytest.mark.parametrize(
    "law",
    [law for law in LAWS.values() if coordinates_of(law).hard_floor and not set(law.inputs) <= set(law.columns)],
    ids=lambda law: law.name,
)
def test_a_hard_floor_is_the_limit(law):
    inputs, parameters = one_point(law)
    if law.may_rise:  # a change of exponent is tried downwards
        parameters |= {name: 0.1 for name in parameters if name.startswith("change_")}
    floor = parameters[coordinates_of(law).floor]
    assert call(law.formula, parameters, at_the_end(law), REFERENCE) == pytest.approx(floor, rel=1e-6)
    assert call(law.formula, parameters, inputs, REFERENCE) > floor


@pytest.mark.parametrize("law", [generalised, busbridge2025.nonembedding], ids=lambda law: law.name)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_floor_that_does_not_decline_is_the_limit(law):
    _, parameters = one_point(law)
    parameters["omega"] = 0.0
    assert call(law.formula, parameters, at_the_end(law), REFERENCE) == pytest.approx(parameters["E"], rel=1e-6)


@EVERY
def test_text_and_replace(law):
    assert "loss = " in str(law) and all(name in str(law) for name in law.parameters)
    fixed = replace(law, priors={**law.priors, law.parameters[0]: 0.5})
    assert f"{law.parameters[0]} = 0.5" in str(fixed)


# Against the printed forms. N0 etc. are off one, so that a wrong conversion shows.

N, D = 3e8, 7e10
N0, D0 = REFERENCE["N0"], REFERENCE["D0"]


def derived(law, **parameters):
    return {name: call(f, parameters, REFERENCE) for name, f in law.derived.items()}


def test_chinchilla_is_equation_10():
    p = {"E": 1.8, "excess_N": 0.4, "alpha_N": 0.34, "excess_D": 0.5, "alpha_D": 0.28}
    d = derived(chinchilla, **p)
    assert chinchilla.formula(N, D, N0, D0, **p) == pytest.approx(1.8 + d["A"] * N**-0.34 + d["B"] * D**-0.28)
    assert d["a"] == pytest.approx(0.28 / 0.62)


#: Runs, and what each fit of E, A, B, alpha, beta says of them (LITERATURE, section 4).
AT = ((70e9, 1.4e12), (280e9, 0.3e12), (175e9, 0.3e12), (405e9, 15.6e12))
PUBLISHED = {
    "Hoffmann": (1.69, 406.4, 410.7, 0.34, 0.28, 1.9366, 1.9933, 2.0023, 1.8190),
    "Hoffmann TeX": (
        *np.exp([0.5267228, 6.0073404, 6.0179186]),
        *(0.33917084, 0.2849083, 1.9208, 1.9672, 1.9764, 1.8119),
    ),
    "Besiroglu, as printed": (1.8172, 482.01, 2085.43, 0.3478, 0.3658, 1.9739, 1.9996, 2.0085, 1.8926),
    "Muennighoff": (
        *np.exp([0.6254804, 6.255414, 7.3049974]),
        *(0.3526596, 0.3526596, 2.0246, 2.0503, 2.0590, 1.9442),
    ),
}


@pytest.mark.parametrize(
    "E, A, B, alpha, beta, at, printed",
    [(*PUBLISHED[name][:5], at, loss) for name in PUBLISHED for at, loss in zip(AT, PUBLISHED[name][5:], strict=True)],
)
def test_published_chinchilla_predictions(E, A, B, alpha, beta, at, printed):
    loss = chinchilla.formula(*at, 1.0, 1.0, E=E, excess_N=A, alpha_N=alpha, excess_D=B, alpha_D=beta)
    assert loss == pytest.approx(printed, abs=6e-5)  # the last digit of what is printed


def test_kaplan_power_laws_and_the_gpt3_line():
    p = {"loss_N": 2.5, "alpha_N": 0.076}
    N_c = derived(kaplan2020.L_N, **p)["N_c"]
    assert kaplan2020.L_N.formula(N, N0, **p) == pytest.approx((N_c / N) ** 0.076)
    # GPT-3: 2.57 C^-0.048 with C in PF-days; 3640 PF-days give 1.734.
    line = kaplan2020.L_C.formula(3640 * 8.64e19, 8.64e19, loss_C=2.57, alpha_C=0.048)
    assert line == pytest.approx(1.734, abs=5e-4)


@pytest.mark.parametrize(
    "law, alpha, c, x",
    [
        (kaplan2020.L_N, 0.076, 8.8e13, 1.5e9),
        (kaplan2020.L_D, 0.095, 5.4e13, 2.3e10),
        (kaplan2020.L_C, 0.050, 3.1e8 * 8.64e19, 1e3 * 8.64e19),
    ],
    ids=["N", "D", "C"],
)
def test_published_kaplan_constants(law, alpha, c, x):
    """Table 5: the constant is where the loss is 1 nat; it comes back from the loss at the reference run."""
    (name,) = law.inputs
    p = {f"loss_{name}": (c / REFERENCE[f"{name}0"]) ** alpha, f"alpha_{name}": alpha}
    assert derived(law, **p)[f"{name}_c"] == pytest.approx(c, rel=1e-9)
    assert call(law.formula, p, {name: c}, REFERENCE) == pytest.approx(1)
    assert call(law.formula, p, {name: x}, REFERENCE) == pytest.approx((c / x) ** alpha)


def test_published_kaplan_joint_constants():
    """Table 2: 0.076, 0.103, N_c 6.4e13, D_c 1.8e13."""
    terms = (6.4e13 / N0) ** (0.076 / 0.103), 1.8e13 / D0
    p = {"loss_ND": sum(terms) ** 0.103, "share_N": terms[0] / sum(terms), "alpha_N": 0.076, "alpha_D": 0.103}
    assert derived(kaplan2020.L_ND, **p) == pytest.approx({"N_c": 6.4e13, "D_c": 1.8e13}, rel=1e-9)


def test_kaplan_joint_law_is_equation_1_5():
    p = {"loss_ND": 2.6, "share_N": 0.7, "alpha_N": 0.076, "alpha_D": 0.103}
    d = derived(kaplan2020.L_ND, **p)
    printed = ((d["N_c"] / N) ** (0.076 / 0.103) + d["D_c"] / D) ** 0.103
    assert kaplan2020.L_ND.formula(N, D, N0, D0, **p) == pytest.approx(printed)


def test_kaplan_steps_are_equation_5_6():
    p = {"excess_N": 2.3, "alpha_N": 0.077, "excess_S": 0.1, "alpha_S": 0.76}
    d = derived(kaplan2020.L_NS, **p)
    printed = (d["N_c"] / N) ** 0.077 + (d["S_c"] / 1e5) ** 0.76
    assert kaplan2020.L_NS.formula(N, 1e5, N0, REFERENCE["S0"], **p) == pytest.approx(printed)


def test_henighan_images():
    """Image 32x32, L(C) = 2.21 + (C/3.6e-9 PF-days)^-0.10: reducible share 0.061 at one PF-day."""
    excess = 3.6e-9**0.10
    loss = henighan2020.L_C.formula(8.64e19, 8.64e19, E=2.21, excess_C=excess, alpha_C=0.10)
    assert 1 - 2.21 / loss == pytest.approx(0.061, abs=1e-3)
    x0 = derived(henighan2020.L_N, E=2.2, excess_N=0.3, alpha_N=0.13)["x0_N"]
    assert henighan2020.L_N.formula(N, N0, E=2.2, excess_N=0.3, alpha_N=0.13) == pytest.approx(2.2 + (x0 / N) ** 0.13)


def test_gadre_is_equation_4_and_a_tied_chinchilla():
    p = {"E": 1.8, "excess_N": 0.4, "excess_D": 0.5, "eta": 0.14}
    d = derived(gadre2024.overtrained, **p)
    C, M = 6 * N * D, D / N
    loss = gadre2024.overtrained.formula(N, D, N0, D0, **p)
    assert loss == pytest.approx(1.8 + (d["a"] * M**0.14 + d["b"] * M**-0.14) * C**-0.14)
    tied = {"E": 1.8, "excess_N": 0.4, "alpha_N": 0.28, "excess_D": 0.5, "alpha_D": 0.28}
    assert loss == pytest.approx(chinchilla.formula(N, D, N0, D0, **tied))


def published_muennighoff(N, D, U):
    A, B, E, a, R_D, R_N = 520.8, 1487.7, 1.869, 0.3527, 15.39, 5.31
    U_D = min(D, U)
    U_N = min(N, U_D * ((a * A) / (a * B)) ** (1 / a))  # equal exponents: N_opt = G^2 D, G = (A/B)^(1/2a)
    N_eff = U_N + U_N * R_N * (1 - np.exp(-(N / U_N - 1) / R_N))
    D_eff = U_D + U_D * R_D * (1 - np.exp(-(D / U_D - 1) / R_D))
    return E + A / N_eff**a + B / D_eff**a


@pytest.mark.parametrize(
    "at", [(1e8, 1e10, 1e11), (8.7e9, 1.78e11, 2.5e10), (6.3e9, 2.42e11, 2.5e10), (1e12, 1e9, 1e8)]
)
def test_muennighoff_is_equation_5(at):
    p = {
        "E": 1.869,
        "excess_N": 520.8,
        "alpha_N": 0.3527,
        "excess_D": 1487.7,
        "alpha_D": 0.3527,
        "R_N": 5.31,
        "R_D": 15.39,
    }
    assert muennighoff2023.data_constrained.formula(*at, 1.0, 1.0, **p) == pytest.approx(
        published_muennighoff(*at), rel=1e-9
    )


def test_muennighoff_takes_endless_data():
    p = {"E": 1.8, "excess_N": 0.4, "alpha_N": 0.34, "excess_D": 0.5, "alpha_D": 0.34, "R_N": 5.0, "R_D": 15.0}
    losses = [muennighoff2023.data_constrained.formula(1e7, D, U, N0, D0, **p) for U in (D, 1e18, 1e30, 1e200)]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-12)


def test_muennighoff_with_fresh_data_is_chinchilla():
    p = {"E": 1.8, "excess_N": 0.4, "alpha_N": 0.34, "excess_D": 0.5, "alpha_D": 0.28}
    fresh = muennighoff2023.data_constrained.formula(1e7, D, 1e13, N0, D0, R_N=5.0, R_D=15.0, **p)
    assert fresh == pytest.approx(chinchilla.formula(1e7, D, N0, D0, **p), rel=1e-9)


@pytest.mark.parametrize("breaks", [0, 1, 3])
def test_broken_law_is_the_papers(breaks):
    law = caballero2022.broken("C", breaks, "any")
    C, C0 = 3e22, REFERENCE["C0"]
    p = {"E": 1.5, "excess_C": 0.8, "alpha_C": 0.12}
    for i in range(1, breaks + 1):
        p |= {f"change_{i}": 0.05 * i, f"break_{i}": 2.0 * i - 3, f"width_{i}": 0.5 * i}

    def g(x):
        y = x**-0.12
        for i in range(1, breaks + 1):
            d, f = C0 * np.exp(2.0 * i - 3), 0.5 * i
            y *= (1 + (x / d) ** (1 / f)) ** (-0.05 * i * f)
        return y

    assert law.formula(C, C0, **p) == pytest.approx(1.5 + 0.8 * g(C) / g(C0))
    with pytest.raises(ValueError, match="zero or more"):
        caballero2022.broken("C", -1, "any")


def test_m3_saturates_at_its_entropy():
    p = {"loss_D": 2.5, "alpha_D": 0.3, "gamma": 0.2}
    assert alabdulmohsin2022.M3_D.formula(1e300, D0, **p) == pytest.approx(derived(alabdulmohsin2022.M3_D, **p)["E"])
    beta = 2.5 * D0**-0.3 / (1.2 / D0) ** 0.3 * D0**0.3
    assert alabdulmohsin2022.M3_D.formula(D, D0, **p) == pytest.approx(beta * (1 / D + 0.2 / D0) ** 0.3)


@pytest.mark.parametrize("odds", [1e-6, 1e-3, 1.0, 1e3, 1e6])
def test_m4_is_the_root_that_bisection_finds(odds):
    for shape in (0.2, 0.5, 0.99, 1.0, 1.5, 3.0, 5.0):
        for x in np.geomspace(1e-3, 1e3, 7):
            y = np.log(odds) - 0.7 * np.log(x)
            t = brentq(lambda t: t + (shape - 1) * np.logaddexp(0, t) - y, -200, 200, xtol=1e-14, rtol=1e-14)  # noqa: B023
            loss = alabdulmohsin2022.M4_D.formula(x * D0, D0, E=1.0, ceiling=3.0, odds=odds, alpha_D=0.7, shape=shape)
            assert loss - 1 == pytest.approx(2 / (1 + np.exp(-t)), rel=1e-10)  # 1e-10 for the subtraction of E


@pytest.mark.parametrize("shape", [0.2, 0.7, 1.0, 1.8, 5.0])
def test_m4_solves_its_equation(shape):
    """(loss - E)/(ceiling - loss)^shape = beta x^-alpha, with beta x0^-alpha = odds (ceiling - E)^(1 - shape)."""
    x = D0 * np.geomspace(1e-6, 1e6, 25)
    for odds in (1e-4, 1.0, 1e4):
        loss = alabdulmohsin2022.M4_D.formula(x, D0, E=0.1, ceiling=0.9, odds=odds, alpha_D=0.5, shape=shape)
        wanted = np.log(odds) + (1 - shape) * np.log(0.8) - 0.5 * np.log(x / D0)
        inside = (loss - 0.1 > 1e-4) & (0.9 - loss > 1e-4)  # elsewhere the differences have lost their digits
        found = np.log(loss[inside] - 0.1) - shape * np.log(0.9 - loss[inside])
        np.testing.assert_allclose(found, wanted[inside], atol=1e-9)
        assert (inside.sum() >= 4 or odds != 1.0) and (np.diff(loss) <= 0).all()


# The reference run is a choice of parameters, not of the law.


def by_terms(law, p, k):
    """Each amplitude is stated at the reference, and falls with its own exponent."""
    power = {x: 2 * p["eta"] if "eta" in p else p[f"alpha_{x}"] for x in law.inputs if x != "U"}
    return {f"{kind}_{x}": p[f"{kind}_{x}"] * k[x] ** -power[x] for x in power for kind in ("excess", "loss")
            if f"{kind}_{x}" in p}  # fmt: skip


def of_joint(law, p, k):
    n = p["share_N"] * k["N"] ** -(p["alpha_N"] / p["alpha_D"])
    d = (1 - p["share_N"]) / k["D"]
    return {"loss_ND": p["loss_ND"] * (n + d) ** p["alpha_D"], "share_N": n / (n + d)}


def of_m3(law, p, k):
    (x,) = law.inputs
    loss = p[f"loss_{x}"] * ((1 / k[x] + p["gamma"]) / (1 + p["gamma"])) ** p[f"alpha_{x}"]
    return {f"loss_{x}": loss, "gamma": p["gamma"] * k[x]}


def of_m4(law, p, k):
    (x,) = law.inputs
    return {"odds": p["odds"] * k[x] ** -p[f"alpha_{x}"]}


def of_broken(law, p, k):
    (x,) = law.inputs
    loss = law.formula(k[x], 1.0, **p)
    return {f"excess_{x}": loss - p["E"], "break_1": p["break_1"] - np.log(k[x])}


def of_bracket(law, p, k):
    if "rest" in p:
        (x,) = law.inputs
        moves = (1 - p["rest"]) * k[x] ** -(p[f"alpha_{x}"] / p["kappa"])
        whole = p["rest"] + moves
        return {f"excess_{x}": p[f"excess_{x}"] * whole ** p["kappa"], "rest": p["rest"] / whole}
    size = busbridge2025.working(k["N"], p["embedding"])
    n = p["share_N"] * size ** -(p["alpha_N"] / p["kappa"])
    d = (1 - p["share_N"]) * k["D"] ** -(p["alpha_D"] / p["kappa"])
    embedding = 1 - (1 - p["embedding"]) * size / k["N"]
    return {"excess_ND": p["excess_ND"] * (n + d) ** p["kappa"], "share_N": n / (n + d), "embedding": embedding}


def of_farseer(law, p, k):
    moved = {name: p[name] * k["N"] ** (sign * p[f"{name}_power"]) for name, sign in FARSEER.items()}
    exponent = p["alpha_D"] * np.exp(p["slow"] - moved["slow"])
    run = {x: REFERENCE[f"{x}0"] * k[x] for x in ("N", "D")}
    E = p["E"] * np.exp(p["drop"] - moved["drop"])
    return moved | {"E": E, "alpha_D": exponent, "excess_D": call(law.formula, p, run, REFERENCE) - E}


def of_crossover(law, p, k):
    (x,) = law.inputs
    moved = call(law.formula, p | {"E": 0.0}, {x: k[x], f"{x}0": 1.0})
    return {f"excess_{x}": moved, "crossover": p["crossover"] / k[x]}


def of_memoriser(law, p, k):
    power = {"N": p["alpha"], "D": p["alpha"] / (1 + p["alpha"])}
    return {f"excess_{x}": p[f"excess_{x}"] * k[x] ** -power[x] for x in law.inputs}


FARSEER = {"drop": 1, "slow": 1, "fall": -1}


def of_routed(law, p, k):
    return {"loss_N": p["loss_N"] * k["N"] ** -p["alpha_N"], "alpha_E": p["alpha_E"] - p["bend"] * np.log(k["N"])}


#: Laws whose amplitudes are not those of `by_terms`.
MOVES = {
    "farseer2025": of_farseer,
    "clark2022": of_routed,
    "kaplan2020.L_ND": of_joint,
    "alabdulmohsin2022.M3": of_m3,
    "alabdulmohsin2022.M4": of_m4,
    "caballero2022": of_broken,
    "busbridge2025": of_bracket,
    "bahri2021.crossover_D": of_crossover,
    "hutter2021": of_memoriser,
    "michaud2023": of_memoriser,
}


def converted(law):
    """Whether it is known how the law's parameters depend on the reference run."""
    if "dimension" in law.inputs:  # the reference run is where data of every dimension have the same loss
        return False
    known = coordinates_of(law)
    plain = known.terms and known.names() == set(law.parameters) and not known.levels
    return any(law.name.startswith(name) for name in MOVES) or plain or "U" in law.inputs


@pytest.mark.parametrize("law", [law for law in LAWS.values() if converted(law)], ids=lambda law: law.name)
def test_another_reference_is_the_same_law(law):
    """With parameters converted, predictions and published constants stay."""
    k = {"N": 5.0, "D": 0.3, "C": 40.0, "S": 7.0, "U": 1.0}
    inputs, p = one_point(law)
    p |= {"share_N": 0.3} if "share_N" in p else {}
    move = next((f for name, f in MOVES.items() if law.name.startswith(name)), by_terms)
    q = p | move(law, p, k)
    there = REFERENCE | {f"{x}0": REFERENCE[f"{x}0"] * k[x] for x in k}
    assert q != p
    assert call(law.formula, q, inputs, there) == pytest.approx(call(law.formula, p, inputs, REFERENCE), rel=1e-10)
    if law is generalised:  # its a and gamma are local, at the reference run
        return
    for function in law.derived.values():
        assert call(function, q, there) == pytest.approx(call(function, p, REFERENCE), rel=1e-9)


# A law of the user's own.

OWN = '''
import numpy as np
from bayescale import Law, Prior


def formula(N, D, N0, D0, *, E, excess_N, alpha_N, excess_D, alpha_D, slope):
    """Chinchilla with a beta that drifts with N."""
    beta = alpha_D + slope * np.log(N / N0)
    return E + excess_N * (N / N0) ** -alpha_N + excess_D * (D / D0) ** -beta


drifting = Law(
    formula,
    {
        "E": Prior("Uniform", lower=0, upper=1, unit="loss_min"),
        "excess_N": Prior("LogNormal", mu=-1, sigma=1, unit="loss_min"),
        "alpha_N": Prior("LogNormal", mu=-1.2, sigma=0.8),
        "excess_D": Prior("LogNormal", mu=-1, sigma=1, unit="loss_min"),
        "alpha_D": Prior("LogNormal", mu=-1.2, sigma=0.8),
        "slope": Prior("Normal", mu=0, sigma=0.02),
    },
)
'''


def test_a_law_in_a_file_of_ones_own(tmp_path, runs):
    (tmp_path / "own.py").write_text(OWN)
    law = laws.find(f"{tmp_path}/own.py:drifting")
    prior = bs.sample_prior(law, runs, draws=50, seed=0)
    assert law(prior, N=1e9, D=1e10).shape == (1, 50)
    assert bs.model(law, runs).point_logps()
    with pytest.raises(ValueError, match="no law called 'x'; it has"):
        laws.find(f"{tmp_path}/own.py:x")
    with pytest.raises(FileNotFoundError, match="does not exist"):
        laws.find(f"{tmp_path}/none.py:x")


def test_every_prior_is_a_recipe():
    assert all(isinstance(p, Prior | float) for law in LAWS.values() for p in law.all_priors.values())


def test_the_generalised_law_has_its_special_cases():
    at = {"N": 3e9, "D": 1e11, **REFERENCE}
    p = {"E": 1.7, "excess_ND": 0.9, "share_N": 0.4, "alpha_N": 0.34, "alpha_D": 0.28, "kappa": 1.0, "omega": 0.0}
    p["embedding"] = 0.0
    chinchilla_p = {"E": 1.7, "excess_N": 0.36, "excess_D": 0.54, "alpha_N": 0.34, "alpha_D": 0.28}
    assert call(generalised.formula, p, at) == pytest.approx(call(chinchilla.formula, chinchilla_p, at), rel=1e-12)
    p |= {"E": 0.0, "kappa": p["alpha_D"]}
    joint = {"loss_ND": 0.9, "share_N": 0.4, "alpha_N": 0.34, "alpha_D": 0.28}
    assert call(generalised.formula, p, at) == pytest.approx(call(kaplan2020.L_ND.formula, joint, at), rel=1e-12)
    p |= {"E": 1.7, "share_N": 1.0, "kappa": 0.5}
    power = {"E": 1.7, "excess_N": 0.9, "alpha_N": 0.34}
    assert call(generalised.formula, p, at) == pytest.approx(call(henighan2020.L_N.formula, power, at), rel=1e-12)


@pytest.mark.parametrize("share", [0.0, 1e-6, 0.1, 0.5, 0.95])
def test_embeddings_grow_with_the_cube_root(share):
    """M + w M^(1/3) = N, and the share at the reference is what it says."""
    n = np.geomspace(1e-4, 1e8, 25)
    rest = (1 - share) * busbridge2025.working(n, share)
    w = share / (1 - share) ** (1 / 3)
    np.testing.assert_allclose(rest + w * rest ** (1 / 3), n, rtol=1e-8)
    assert busbridge2025.working(1.0, share) == pytest.approx(1.0, rel=1e-11)


def test_working_parameters_of_pythia():
    """With the share of one model, those of the others are as the suite's README prints them, but for the smallest,
    which is wider than its size would have it (30 %)."""
    runs = bs.load("pythia")
    share = 1 - runs["N_no_embed"][2] / 405334016
    found = busbridge2025.working(runs["N"] / runs["N"][2], share) * runs["N_no_embed"][2]
    np.testing.assert_allclose(found[1:], runs["N_no_embed"][1:], rtol=0.06)


def test_an_n_without_embeddings_is_what_works():
    n = np.geomspace(1e-4, 1e8, 25)
    np.testing.assert_allclose(busbridge2025.working(n, 0.0), n, rtol=1e-9)


@pytest.mark.parametrize("kappa", [0.2, 0.5, 1.0, 2.0])
def test_local_exponents_do_not_move_with_kappa(kappa):
    p = {"E": 0.0, "excess_ND": 0.9, "share_N": 0.4, "alpha_N": 0.34, "alpha_D": 0.28, "kappa": kappa, "omega": 0.0}
    p["embedding"] = 0.0

    def log_loss(x, y):
        return np.log(call(generalised.formula, p, {**REFERENCE, "N": 1e9 * np.exp(x), "D": 2e10 * np.exp(y)}))

    # Central differences of step 1e-4 are good to 1e-8.
    assert (log_loss(1e-4, 0) - log_loss(-1e-4, 0)) / 2e-4 == pytest.approx(-0.4 * 0.34, rel=1e-6)
    assert (log_loss(0, 1e-4) - log_loss(0, -1e-4)) / 2e-4 == pytest.approx(-0.6 * 0.28, rel=1e-6)


def test_farseer_is_its_printed_form():
    """With a3, gamma, b3 and so on of either sign, as the paper writes it."""
    from bayescale.laws.farseer2025 import farseer

    a3, gamma, b3, a2, beta, b2, a1, alpha, b1 = -0.02, 0.17, 0.1, 88.0, -0.1, -5.3, -0.12, 0.12, 0.4
    p = {
        "E": np.exp(a3 * N0**gamma + b3),
        "drop": -a3 * N0**gamma,
        "drop_power": gamma,
        "alpha_D": np.exp(a1 * N0**alpha + b1),
        "slow": -a1 * N0**alpha,
        "slow_power": alpha,
        "fall": a2 * N0**beta,
        "fall_power": -beta,
    }
    p["excess_D"] = np.exp(a2 * N0**beta + b2) * D0 ** -p["alpha_D"]
    printed = np.exp(a3 * N**gamma + b3) + np.exp(a2 * N**beta + b2) * D ** -np.exp(a1 * N**alpha + b1)
    assert farseer.formula(N, D, N0, D0, **p) == pytest.approx(printed)


def test_clark_is_its_printed_form():
    """log L = a log N + b log E + c log N log E + d, with the saturating number of experts of the paper."""
    from bayescale.laws.clark2022 import routed

    a, b, c, d, start, most = -0.08, -0.11, 0.004, 3.0, 1.85, 315.0

    def saturated(experts):
        return 1 / (1 / (experts - 1 + 1 / (1 / start - 1 / most)) + 1 / most)

    def log_loss(n, e):
        return a * np.log(n) + b * np.log(e) + c * np.log(n) * np.log(e) + d

    p = {
        "loss_N": np.exp(log_loss(N0, start)),
        "alpha_N": -(a + c * np.log(start)),
        "alpha_E": -(b + c * np.log(N0)),
        "bend": c,
        "start": start,
        "spread": most / start - 1,
    }
    for experts in (1.0, 8.0, 512.0):
        assert routed.formula(N, experts, N0, **p) == pytest.approx(np.exp(log_loss(N, saturated(experts))))


def test_chen_is_equation_5():
    """L = E + (A / (N (k log P + 1)))^alpha."""
    from bayescale.laws.chen2025 import parallel

    p = {"E": 1.1, "excess_N": 0.4, "alpha_N": 0.19, "gain": 0.39}
    A = call(parallel.derived["A"], p, {"N0": N0, "streams0": 2.0})
    for streams in (1.0, 8.0):
        printed = 1.1 + (A / (N * (0.39 * np.log(streams) + 1))) ** 0.19
        assert parallel.formula(N, streams, N0, 2.0, **p) == pytest.approx(printed)


def test_liew_is_its_printed_form():
    """L = e^d1 P^-a N^-b e^(c log P log N) + e^d3."""
    from bayescale.laws.liew2025 import sparse

    a, b, c, P0 = 0.05, 0.2, 0.01, 4.0
    p = {
        "E": 1.5,
        "excess": 30.0 * P0**-a * N0**-b * np.exp(c * np.log(P0) * np.log(N0)),
        "alpha_N": b - c * np.log(P0),
        "alpha_P": a - c * np.log(N0),
        "bend": c,
    }
    for P in (1.0, 12.0):
        printed = 30.0 * P**-a * N**-b * np.exp(c * np.log(P) * np.log(N)) + 1.5
        assert sparse.formula(N, P, N0, P0, **p) == pytest.approx(printed)


def test_ye_is_equation_6():
    """L = c + k exp(sum_j t_j r_j), whatever is added to all t."""
    from bayescale.laws.ye2024 import SHARES, five_domains

    r, t = np.array([0.5, 0.2, 0.1, 0.15, 0.05]), np.array([-3.0, 0.5, 1.0, -0.4, 2.0])
    reference = {f"{name}0": 0.2 for name in SHARES}
    for added in (0.0, 1.7):
        p = {"E": 1.2, "excess": 0.9 * np.exp(0.2 * t.sum())} | {f"t_{i + 1}": t[i] + added for i in range(5)}
        found = call(five_domains.formula, p, dict(zip(SHARES, r, strict=True)), reference)
        assert found == pytest.approx(1.2 + 0.9 * np.exp(t @ r))


# Theories of the exponent.


def test_sharma_is_its_printed_form():
    """L = E + A N^-(c / d^p)."""
    from bayescale.laws.sharma2020 import L_D, L_N

    p = {"E": 0.2, "c": 4.4, "p": 0.9}
    wanted = 0.2 + 0.5 * (N / N0) ** -(4.4 / 6.0**0.9)
    assert L_N.formula(N, 6.0, N0, excess_N=0.5, **p) == pytest.approx(wanted)
    assert L_D.inputs == ("D", "dimension") and L_D.formula(N, 6.0, N0, excess_D=0.5, **p) == pytest.approx(wanted)
    assert L_N.formula(N0, 3.0, N0, excess_N=0.5, **p) == L_N.formula(N0, 30.0, N0, excess_N=0.5, **p)


@pytest.mark.parametrize("alpha", [0.3, 2.5])
def test_bahris_regimes_meet_at_the_crossover(alpha):
    """The local exponent is alpha far below, 1 far above, and the middle of both at the crossover."""
    from bayescale.laws.bahri2021 import crossover_D, variance_D, variance_N

    p = {"E": 0.0, "excess_D": 0.5, "alpha_D": alpha, "crossover": 20.0, "variance": 1.0}

    def slope(x):
        low, high = (crossover_D.formula(x * D0 * np.exp(s), D0, **p) for s in (-1e-4, 1e-4))
        return -np.log(high / low) / 2e-4

    assert slope(20.0) == pytest.approx((alpha + 1) / 2, rel=1e-6)
    assert slope(20e-6) == pytest.approx(alpha, rel=1e-4) and slope(20e6) == pytest.approx(1, rel=1e-4)
    d = {name: call(f, p, REFERENCE) for name, f in crossover_D.derived.items()}
    assert d["D_crossover"] == 20 * D0 and d["d_bound"] == pytest.approx(4 / alpha)
    free = dict(E=0.3, excess_D=0.5, variance=variance_D.priors["variance"])
    assert variance_D.formula(D, D0, **free) == pytest.approx(0.3 + 0.5 * D0 / D)
    free = dict(E=0.3, excess_N=0.5, variance=variance_N.priors["variance"])
    assert variance_N.formula(N, N0, **free) == pytest.approx(0.3 + 0.5 * np.sqrt(N0 / N))


def test_spigler_is_its_spectral_form():
    """min(alpha_T - d, 2 alpha_S) / d, with alpha = d + 2 nu; the same kernel twice gives 2 nu / d."""
    from bayescale.laws.spigler2019 import matern, students

    for d, teacher, student in ((3.0, 0.5, 0.5), (2.0, 4.0, 0.5), (1.0, 9.0, 1.5)):
        exponent = min(d + 2 * teacher - d, 2 * (d + 2 * student)) / d
        found = students.formula(D, d, D0, loss_D=0.7, smoothness_T=teacher, smoothness_S=student)
        assert found == pytest.approx(0.7 * (D / D0) ** -exponent)
    assert matern.formula(D, 3.0, D0, loss_D=0.7, smoothness_T=1.5) == pytest.approx(0.7 * (D / D0) ** -1.0)


def test_the_memoriser_has_the_exponent_of_its_exact_sum():
    """Inputs with p_k ~ k^-(1 + alpha): the chance of an unseen one is sum p_k (1 - p_k)^D."""
    from bayescale.laws.hutter2021 import memoriser
    from bayescale.laws.michaud2023 import quanta

    p_k = np.arange(1, 1_000_001) ** -2.0  # alpha 1, so that a million inputs are enough
    p_k /= p_k.sum()
    low, high = (float(np.sum(p_k * np.exp(samples * np.log1p(-p_k)))) for samples in (1e3, 1e4))
    exponent = call(memoriser.derived["alpha_D"], {"alpha": 1.0})
    assert np.log10(low / high) == pytest.approx(exponent, abs=0.005)
    assert memoriser.formula(1e4, 1e3, E=0.0, excess_D=low, alpha=1.0) == pytest.approx(high, rel=0.01)
    p = {"E": 0.1, "excess_N": 0.2, "excess_D": 0.3, "alpha": 0.6}
    wanted = 0.1 + 0.2 * (N / N0) ** -0.6 + 0.3 * (D / D0) ** -0.375
    assert quanta.formula(N, D, N0, D0, **p) == pytest.approx(wanted)
