"""Default priors shared by the laws; docs/explain/laws_and_priors.md justifies each by a prior predictive figure."""

from bayescale.modelling.prior import Prior

#: Irreducible entropy E [nats/token]: anywhere between zero and the smallest observed loss.
ENTROPY = Prior("Uniform", lower=0.0, upper=1.0, unit="loss_min")
#: Loss above E at the reference run [nats/token]: central 95 % is 0.05 to 2.6 times the smallest observed loss.
EXCESS = Prior("LogNormal", mu=-1.0, sigma=1.0, unit="loss_min")
#: Loss at the reference run where the law has no floor: central 95 % is 0.45 to 3.3 times the smallest observed.
LOSS = Prior("LogNormal", mu=0.2, sigma=0.5, unit="loss_min")
#: Exponent of a term that decays above a floor: central 95 % is 0.06 to 1.4; published values are 0.08 to 0.8.
EXPONENT = Prior("LogNormal", mu=-1.2, sigma=0.8)
#: Exponent of a pure power law, an average slope: central 95 % is 0.02 to 0.7; published values are 0.03 to 0.3.
SLOPE = Prior("LogNormal", mu=-2.1, sigma=0.9)
#: Share of one term in a sum at the reference run: anything from 0 to 1.
SHARE = Prior("Uniform", lower=0.0, upper=1.0)
