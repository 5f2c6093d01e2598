"""Structure: what is read from a formula, and the scales on which parameters are sampled."""

from dataclasses import replace

import numpy as np
import pymc as pm
import pytest
from pymc.distributions.transforms import Interval, LogOddsTransform, log

from bayescale import Law, Prior
from bayescale.data.check import check
from bayescale.density.bound import Bound
from bayescale.density.coordinates.chart import Chart
from bayescale.density.coordinates.level import Level
from bayescale.density.coordinates.point import At, Scale
from bayescale.density.coordinates.structure import MOST_PARTS, coordinates_of, scale_of
from bayescale.density.model import assemble
from bayescale.inference import pymc_sampler
from bayescale.laws import chinchilla, henighan2020
from bayescale.modelling.coordinates import Coordinates, Slope, Term

E, EXCESS, EXPONENT = (chinchilla.priors[name] for name in ("E", "excess_N", "alpha_N"))
SHARE = Prior("Beta", alpha=2.0, beta=2.0)
#: Priors of every support, by families and spellings of ours and of PyMC only.
PRIORS = {
    "log": [
        Prior("Weibull", alpha=2.0, beta=0.4),
        Prior("InverseGamma", alpha=3.0, beta=1.0),
        Prior("HalfStudentT", nu=4.0, sigma=1.0),
        Prior("HalfFlat"),
        Prior("Rice", nu=1.0, sigma=1.0),
        Prior("Wald", mu=1.0, lam=2.0),
        Prior("Gamma", mu=0.4, sigma=0.2),
        Prior("Gamma", alpha=2.0, beta=4.0),
        Prior("LogNormal", mu=0.0, tau=2.0),
        Prior("HalfNormal", tau=2.0),
        Prior("Exponential", lam=2.0),
    ],
    "odds": [
        SHARE,
        Prior("Beta", mu=0.4, nu=4.0),
        Prior("Kumaraswamy", a=1.0, b=2.0),
        Prior("Uniform", lower=0.0, upper=2.0),
        Prior("TruncatedNormal", mu=0.0, sigma=1.0, lower=0.0, upper=1.0),
    ],
    "real": [
        Prior("Normal", mu=0.0, sigma=1.0),
        Prior("Laplace", mu=0.0, b=1.0),
        Prior("StudentT", nu=4.0, mu=0.0, lam=1.0),
        Prior("Flat"),
    ],
    "other": [Prior("VonMises", mu=0.0, kappa=1.0)],
}
EVERY = [(prior, kind) for kind, priors in PRIORS.items() for prior in priors]


@pytest.mark.parametrize("prior, kind", EVERY, ids=lambda x: str(x) if isinstance(x, Prior) else x)
def test_the_scale_is_the_one_that_pymc_samples_on(prior, kind):
    with pm.Model() as model:
        transform = model.rvs_to_transforms[prior.create_variable("x")]
    kinds = {type(None): "real", type(log): "log", Interval: "odds", LogOddsTransform: "odds"}
    assert scale_of(prior) == kind == kinds.get(type(transform), "other")


def test_one_bound_is_a_log_scale_only_at_zero():
    assert scale_of(Prior("TruncatedNormal", mu=0.0, sigma=1.0, lower=0.0)) == "log"
    assert scale_of(Prior("TruncatedNormal", mu=0.0, sigma=1.0, lower=1.0)) == "other"
    assert scale_of(Prior("TruncatedNormal", mu=0.0, sigma=1.0, upper=0.0)) == "other"


def test_a_parameter_that_is_not_centred_has_no_scale():
    assert scale_of(Prior("LogNormal", mu=0.0, sigma=1.0, dims="family", centered=False)) == "other"


@pytest.mark.parametrize("prior", [Prior("Weibull", alpha=2.0, beta=0.4), Prior("InverseGamma", alpha=3.0, beta=1.0)])
def test_an_exponent_of_a_family_of_pymc_is_sampled_by_its_slope(prior, runs):
    law = replace(chinchilla, priors={**chinchilla.priors, "alpha_N": prior})
    assert coordinates_of(law) == coordinates_of(chinchilla)
    bound = Bound(law, check(law, runs))
    chart = pymc_sampler.chart_of(assemble(bound), bound)
    z = {"E": 0.3, "excess_N": -0.7, "alpha_N": -1.1, "excess_D": -0.5, "alpha_D": -0.9, "sigma": -5.0}
    phi = chart.forward(z)
    assert phi["alpha_N"] == pytest.approx(z["alpha_N"] + z["excess_N"])
    assert phi["alpha_D"] == pytest.approx(z["alpha_D"] + z["excess_D"])


# Formulas


def of(formula, **priors) -> Coordinates:
    return coordinates_of(Law(formula, priors))


def test_an_exponent_of_two_terms_governs_the_columns_of_both():
    def formula(N, D, N0, D0, *, E, a, b, alpha):
        return E + a * (N / N0) ** -alpha + b * (D / D0) ** -alpha

    found = of(formula, E=E, a=EXCESS, b=EXCESS, alpha=EXPONENT)
    assert found.slopes == (Slope("alpha", ("N", "D"), ("a", "b")),)
    assert found.terms == (Term("a", ("N",)), Term("b", ("D",)))


def test_products_of_sums_are_multiplied_out():
    def formula(N, D, N0, D0, *, E, a, b, alpha):
        return E + (a + b * (D / D0) ** -0.5) * (N / N0) ** -alpha

    found = of(formula, E=E, a=EXCESS, b=EXCESS, alpha=EXPONENT)
    assert found.floor == "E"
    assert found.terms == (Term("a", ("N",)), Term("b", ("N", "D")))
    assert found.slopes == (Slope("alpha", ("N",), ("a",)),)  # the slope of b's term in D is not alpha


def test_a_parameter_of_two_parts_is_no_excess():
    def formula(N, N0, *, E, a, alpha):
        return E + a + a * (N / N0) ** -alpha

    found = of(formula, E=E, a=EXCESS, alpha=EXPONENT)
    assert found == Coordinates()


def test_two_constants_leave_no_floor():
    def formula(N, N0, *, E, more, a, alpha):
        return E + more + a * (N / N0) ** -alpha

    found = of(formula, E=E, more=EXCESS, a=EXCESS, alpha=EXPONENT)
    assert found.floor is None and found.terms == (Term("a", ("N",)),)


def test_a_difference_is_one_part():
    def formula(N, N0, *, E, gain, alpha):
        return E - gain * (N / N0) ** alpha

    assert of(formula, E=E, gain=EXCESS, alpha=EXPONENT) == Coordinates()


def test_a_share_is_no_excess():
    def formula(N, N0, *, E, share, alpha):
        return E + share * (N / N0) ** -alpha

    assert of(formula, E=E, share=SHARE, alpha=EXPONENT) == Coordinates()


def test_a_formula_that_no_tape_can_hold_shows_nothing():
    def formula(N, N0, *, E, a, alpha):
        return E + a * np.arctan(N / N0) ** -alpha

    assert of(formula, E=E, a=EXCESS, alpha=EXPONENT) == Coordinates()


def test_long_sums_are_not_analysed():
    def formula(N, N0, *, E, a, alpha):
        return sum((E / 9 for _ in range(MOST_PARTS)), a * (N / N0) ** -alpha)

    assert of(formula, E=E, a=EXCESS, alpha=EXPONENT) == Coordinates()


def test_our_own_faults_are_not_hidden(monkeypatch):
    """Only the formula may fail; an error in the analysis would silently cost a law its coordinates."""

    def broken(*_):
        raise AttributeError("a fault of ours")

    def formula(N, N0, *, E, a, alpha):
        return E + a * (N / N0) ** -alpha

    monkeypatch.setattr("bayescale.density.coordinates.structure.evaluate", broken)
    with pytest.raises(AttributeError, match="a fault of ours"):
        of(formula, E=E, a=EXCESS, alpha=EXPONENT)


# Levels


def at(coordinates: Coordinates, values: dict[str, float], **scales: Scale) -> At:
    """A point: parameters are the exponentials of the values unless their scale is given."""
    from bayescale.density.coordinates.geometry import Geometry

    geometry = Geometry(3.0, {"N": 0.1}, frozenset(), None, 0.0, {"N0": 2e8, "loss_min": 2.5})
    positive = {name: Scale("log", (), np.exp) for name in values if name not in scales}
    return At(Chart(coordinates, positive | scales, geometry), values)


@pytest.mark.parametrize("logarithm", [False, True])
def test_a_level_is_the_terms_size_at_the_reference_run(logarithm):
    def plain(N, *, E, A, alpha):
        return E + A * N**-alpha

    def in_logs(N, *, E, log_A, alpha):
        return E + np.exp(log_A - alpha * np.log(N))

    size = Prior("Normal", mu=6.0, sigma=2.0) if logarithm else Prior("LogNormal", mu=6.0, sigma=2.0)
    name = "log_A" if logarithm else "A"
    found = of(in_logs if logarithm else plain, **{"E": E, name: size, "alpha": EXPONENT})
    (level,) = found.levels
    assert isinstance(level, Level)
    assert (level.parameter, level.columns, level.others) == (name, (), ("alpha",))
    assert level.needs == {"alpha": "natural"} and level.unit == (0.0 if logarithm else 1.0)
    values = {name: 6.0, "alpha": np.log(0.34), "E": 0.2}
    shift = level.shift(at(found, values, **({name: Scale("real", (), lambda z: z)} if logarithm else {})))
    assert shift == pytest.approx(-0.34 * np.log(2e8), rel=1e-12)


def test_a_term_stated_at_the_reference_run_needs_no_level():
    assert coordinates_of(henighan2020.L_N).levels == ()


# Points


def test_a_point_tells_numbers_from_free_parameters():
    scales = {"two": Scale("fixed", (), 2.0), "third": Scale("fixed", (), 1 / 3), "share": Scale("odds", (), None)}
    point = at(Coordinates(), {"a": -0.5, "share": 0.7}, **scales)
    assert (point.log("a"), point.log("two")) == pytest.approx((-0.5, np.log(2.0)))
    assert (point.logit("share"), point.logit("third")) == pytest.approx((0.7, np.log(0.5)))
    assert (point.natural("a"), point.natural("two")) == pytest.approx((np.exp(-0.5), 2.0))
    assert point.scalar("a") and not point.scalar("two")
    assert (point.slope("N"), point.slope("D")) == (0.1, None)
    assert (point.middle, point.reference("loss_min")) == (3.0, 2.5)


def test_the_floor_at_the_reference_run():
    def point(coordinates, **scales):
        values = {"floor": np.log([1.0, 2.0]), "a": 0.1}
        groups = {"floor": Scale("log", ("family",), np.exp), **scales}
        return at(coordinates, values, **groups)

    term = (Term("a", ("N",)),)
    assert point(Coordinates(terms=term)).floor() == 0.0
    assert point(Coordinates("floor", terms=term)).floor() == pytest.approx(1.5)  # the term has no groups: the mean
    number = {"floor": Scale("fixed", (), 1.25), "a": Scale("fixed", (), 0.5)}
    fixed = point(Coordinates("floor", terms=term), **number)
    assert fixed.room() == pytest.approx(3.0 - 1.25 - 0.5, rel=1e-2)
    assert fixed.room(2.0) > 0
