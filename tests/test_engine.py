"""The chart: another way to write the same posterior."""

from dataclasses import replace

import numpy as np
import pytest

from bayescale import Prior, engine, laws
from bayescale.build import model
from bayescale.laws import chinchilla

GROUPED = {
    **chinchilla.priors,
    "E": Prior("Uniform", lower=0, upper=1, unit="loss_min", dims="family"),
    "alpha_N": Prior(
        "LogNormal",
        mu=Prior("Normal", mu=-1.2, sigma=0.8),
        sigma=Prior("HalfNormal", sigma=0.3),
        dims="family",
    ),
}
CASES = {
    "chinchilla": chinchilla,
    "no floor": laws.kaplan2020.L_NS,
    "one term": laws.henighan2020.L_C,
    "shared exponent": laws.gadre2024.overtrained,
    "no excess": laws.kaplan2020.L_ND,
    "more parameters": laws.muennighoff2023.data_constrained,
    "absolute entropy": replace(chinchilla, priors={**chinchilla.priors, "E": Prior("Normal", mu=1.7, sigma=0.3)}),
    "fixed entropy": replace(chinchilla, priors={**chinchilla.priors, "E": 1.69}),
    "groups": replace(chinchilla, priors=GROUPED),
}


@pytest.mark.parametrize("law", CASES.values(), ids=CASES)
def test_log_density_is_that_of_the_plain_model(law, runs):
    table = runs.assign(S=runs["D"] / 5e5, U=runs["D"] / 3, family=np.arange(len(runs)) % 3)
    plain = model(law, table)
    middle = 2.6
    charted = engine.charted(plain, middle)
    names = [rv.name for rv in plain.free_RVs]
    start = plain.initial_point()
    flat = lambda phi: np.concatenate([np.ravel(phi[name]) for name in names])  # noqa: E731
    origin = flat(engine.to_chart(plain, dict(zip(names, start.values(), strict=True)), middle))
    density, in_chart = plain.compile_logp(), charted.compile_logp()
    rng = np.random.default_rng(0)
    for _ in range(4):
        z = {key: value + 0.2 * rng.standard_normal(np.shape(value)) for key, value in start.items()}
        phi = engine.to_chart(plain, dict(zip(names, z.values(), strict=True)), middle)
        # Sums of 60 terms of size 1e2 in double precision.
        assert in_chart({"chart": flat(phi) - origin}) == pytest.approx(density(z), rel=1e-10, abs=1e-9)


def test_blackjax_is_refused(runs):
    with pytest.raises(ValueError, match="blackjax.*nutpie"):
        engine.sample(model(chinchilla, runs), 2.6, 1, {"nuts_sampler": "blackjax"})
