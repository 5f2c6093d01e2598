"""Sampling coordinates: shears of unit Jacobian that are undone, for every law; and what is found from a formula."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale import Law, Prior, laws
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.coordinates.chart import Chart
from bayescale.density.coordinates.point import Scale
from bayescale.density.coordinates.structure import coordinates_of, scale_of
from bayescale.laws import chinchilla, gadre2024, henighan2020, kaplan2020
from bayescale.modelling.coordinates import Coordinates, Slope
from bayescale.modelling.distributions import backward
from bayescale.modelling.prior import Prior as AnyPrior

EXCESS, EXPONENT = chinchilla.priors["excess_N"], chinchilla.priors["alpha_N"]
MIDDLE = {"N": 1e9, "D": 2e10, "C": 1e20, "S": 4e4, "U": 1e10}


def table_of(law: Law, kind: str = "plain") -> pd.DataFrame:
    """Runs of any law: spread out, on one line in N and D, or with one column the same in every run."""
    rng = np.random.default_rng(1)
    runs = pd.DataFrame({c: MIDDLE.get(c, 8.0) * np.exp(rng.uniform(-3, 3, 40)) for c in law.inputs})
    if kind == "line":
        runs["D"] = 20 * runs["N"] * np.exp(0.01 * rng.standard_normal(40))
    if kind == "still":
        runs[law.inputs[-1]] = MIDDLE.get(law.inputs[-1], 8.0)
    falls = sum(0.3 * (runs[c] / runs[c].mean()) ** -0.3 for c in law.inputs)
    return runs.assign(loss=2 + falls * np.exp(0.01 * rng.standard_normal(40)))


def chart_of(law: Law, kind: str = "plain") -> tuple[Chart, dict[str, float]]:
    """The chart of a law in numbers, and a point."""
    with pytest.warns(UserWarning) if kind != "plain" else nullcontext():
        bound = Bound(law, check(law, table_of(law, kind)))
    scales = {name: Scale("fixed", (), float(p)) for name, p in law.all_priors.items() if not isinstance(p, AnyPrior)}
    for name, prior in law.variables.items():
        bounds = prior.known.bounds(**prior.in_unit(prior.args, bound.units[prior.unit] if prior.unit else None))
        scales[name] = Scale(scale_of(prior), (), lambda z, bounds=bounds: backward(z, *bounds)[0])
    rng = np.random.default_rng(0)
    return Chart(bound.coordinates, scales, bound.geometry), {n: rng.normal(0, 0.4) for n in law.variables}


def kinds(law: Law) -> list[str]:
    return ["plain", *(["line"] if {"N", "D"} <= set(law.inputs) else []), *(["still"] if len(law.inputs) > 1 else [])]


EVERY = [(law, kind) for law in laws.names().values() for kind in kinds(law)]


@pytest.mark.parametrize("law, kind", EVERY, ids=lambda x: x.name if isinstance(x, Law) else x)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_coordinates_are_undone_and_have_unit_jacobian(law, kind):
    chart, z = chart_of(law, kind)
    phi = chart.forward(z)
    assert chart.backward(phi) == pytest.approx(z, rel=1e-10, abs=1e-10)
    moved = [chart.forward({**z, name: z[name] + 1e-6}) for name in z]
    jacobian = [[(point[name] - phi[name]) / 1e-6 for name in z] for point in moved]
    assert np.linalg.det(jacobian) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("law", laws.names().values(), ids=lambda law: law.name)
def test_a_law_declares_parameters_that_it_has(law):
    found = coordinates_of(law)
    assert found.names() <= set(law.parameters)
    assert found.terms or found.slopes, "nothing is known of this law: declare its coordinates"
    columns = {c for term in found.terms for c in term.columns} | {c for s in found.slopes for c in s.columns}
    assert columns <= set(law.inputs)


def test_sums_of_powers_are_found():
    assert coordinates_of(chinchilla) == Coordinates.additive("E", excess_N=("alpha_N", "N"), excess_D=("alpha_D", "D"))
    assert coordinates_of(henighan2020.L_C) == Coordinates.additive("E", excess_C=("alpha_C", "C"))
    assert coordinates_of(kaplan2020.L_NS) == Coordinates.additive(
        None, excess_N=("alpha_N", "N"), excess_S=("alpha_S", "S")
    )
    (shared,) = coordinates_of(gadre2024.overtrained).slopes
    assert shared == Slope("eta", ("N", "D"), ("excess_N", "excess_D"))


def stranger(N, D, N0, D0, *, omega, kappa, tau, embedding, share_N):
    return omega + kappa * (N / N0) ** -tau + embedding * (D / D0) ** -share_N


def textbook(N, D, *, c, a, p, b, q):
    return a / N**p + b * np.exp(-q * np.log(D)) + c


def in_logs(N, D, *, c, log_a, p, log_b, q):
    return c + np.exp(log_a - p * np.log(N)) + np.exp(log_b) * D**-q


def with_own_names() -> Law:
    """Chinchilla's law in the names that other laws use for something else."""
    mine = ("omega", "kappa", "tau", "embedding", "share_N")
    return Law(stranger, dict(zip(mine, chinchilla.priors.values(), strict=True)), noise=chinchilla.noise)


def test_names_carry_no_meaning():
    assert coordinates_of(with_own_names()) == Coordinates.additive(
        "omega", kappa=("tau", "N"), embedding=("share_N", "D")
    )


@pytest.mark.parametrize("runs", [7, 9, 67])
@pytest.mark.parametrize("method", ["laplace", "nuts"])
def test_a_law_in_other_names_has_the_same_draws(runs, method):
    every = bs.load("known_entropy")
    some = every[every["split"] != "heldout"].drop(columns="run").iloc[:: {7: 10, 9: 8, 67: 1}[runs]].head(runs)
    options = {"method": method, "seed": 3, "draws": 200, "chains": 2, "progressbar": False}
    options |= {"tune": 200} if method == "nuts" else {}
    with pytest.warns((UserWarning, RuntimeWarning)) if runs < 67 or method == "nuts" else nullcontext():
        ours, theirs = (bs.fit(law, some, **options) for law in (chinchilla, with_own_names()))
    for mine, name in zip(with_own_names().parameters, chinchilla.parameters, strict=True):
        np.testing.assert_array_equal(ours["posterior"][name], theirs["posterior"][mine])


PRIORS = {"c": chinchilla.priors["E"], "p": EXPONENT, "q": EXPONENT}


@pytest.mark.parametrize(
    "formula, sizes",
    [
        (textbook, {"a": Prior("LogNormal", mu=6.0, sigma=2.0), "b": Prior("LogNormal", mu=7.0, sigma=2.0)}),
        (in_logs, {"log_a": Prior("Normal", mu=6.0, sigma=2.0), "log_b": Prior("Normal", mu=7.0, sigma=2.0)}),
    ],
)
def test_textbook_forms_get_the_same_coordinates(formula, sizes):
    """A N^-alpha is sampled by its size at the reference run, as excess (N/N0)^-alpha is."""
    law = Law(formula, PRIORS | sizes)
    names = list(sizes)
    found = coordinates_of(law)
    assert [term.excess for term in found.terms] == names or [term.excess for term in found.terms] == names[::-1]
    chart, z = chart_of(law)
    ours, _ = chart_of(chinchilla)
    reference = ours.geometry.reference
    alpha_N, alpha_D = np.exp(z["p"]), np.exp(z["q"])
    as_ours = {
        "E": z["c"],
        "excess_N": z[names[0]] - alpha_N * np.log(reference["N0"]),
        "alpha_N": z["p"],
        "excess_D": z[names[1]] - alpha_D * np.log(reference["D0"]),
        "alpha_D": z["q"],
        "sigma": z["sigma"],
    }
    theirs, wanted = chart.forward(z), ours.forward(as_ours)
    for mine, name in zip((*names, "p", "q"), ("excess_N", "excess_D", "alpha_N", "alpha_D"), strict=True):
        if found.terms[0].excess == names[0]:
            assert theirs[mine] == pytest.approx(wanted[name], rel=1e-9)


def test_a_part_that_is_not_understood_leaves_the_floor_alone():
    def odd(N, D, N0, D0, *, E, excess_N, alpha_N, shift):
        return E + excess_N * (N / N0) ** -alpha_N + np.tanh(shift * D / D0)

    priors = {name: chinchilla.priors[name] for name in ("E", "excess_N", "alpha_N")}
    found = coordinates_of(Law(odd, {**priors, "shift": Prior("LogNormal", mu=0.0, sigma=1.0)}))
    assert found.floor is None and not found.terms
    assert found.slopes == (Slope("alpha_N", ("N",), ("excess_N",)),)


def test_coordinates_follow_a_change_of_column():
    renamed = laws.caballero2022.L_D.rename("other", D="C").coordinates
    assert renamed == laws.caballero2022.L_C.coordinates


def test_fixed_parameters_keep_the_coordinates_of_the_others():
    law = replace(chinchilla, priors={**chinchilla.priors, "E": 1.9, "excess_N": 0.4})
    chart, z = chart_of(law)
    phi = chart.forward(z)
    assert chart.backward(phi) == pytest.approx(z)
    assert phi["alpha_N"] == pytest.approx(z["alpha_N"] + np.log(0.4))
