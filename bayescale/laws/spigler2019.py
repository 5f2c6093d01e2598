"""Spigler, Geiger and Wyart 2019, Asymptotic learning curves of kernel methods, arXiv:1905.10843.

D counts training points without noise; dimension is that of the space in which the points lie; the loss is the mean
squared error. The target is a draw of a Gaussian process, the student is kernel regression without a ridge. The paper
states the exponent by spectra, min(alpha_T - d, 2 alpha_S) / d. A Matérn kernel of smoothness nu has the spectral
exponent d + 2 nu; written with nu, the exponent is min(2 nu_T, 2 d + 4 nu_S) / d.

Examples
--------
>>> from bayescale.laws.spigler2019 import matern, students
>>> matern.inputs, matern.parameters
(('D', 'dimension'), ('loss_D', 'smoothness_T'))
>>> students.parameters
('loss_D', 'smoothness_T', 'smoothness_S')
"""

from bayescale.base.columns import Column
from bayescale.laws._priors import LOSS
from bayescale.modelling.law import Law
from bayescale.modelling.prior import Prior

#: Smoothness nu of a Matérn kernel: central 95 % is 0.2 to 5; common kernels have 1/2, 3/2 and 5/2.
SMOOTHNESS = Prior("LogNormal", mu=0.0, sigma=0.8)
#: Where the dimension of points plausibly lies.
DIMENSION = Column("dimension", label="Dimension d", span=(1.0, 100.0))
#: Why the loss may rise with the dimension.
RISES = {"dimension": "points of a higher dimension lie farther apart"}


def smaller(x, y):
    """The smaller of two numbers, with operators only."""
    return (x + y - abs(x - y)) / 2


def formula(D, dimension, D0, *, loss_D, smoothness_T):
    """Median loss with a student that is smooth enough: smoothness_T <= d + 2 smoothness_S."""
    return loss_D * (D / D0) ** -(2 * smoothness_T / dimension)


def of_student(D, dimension, D0, *, loss_D, smoothness_T, smoothness_S):
    """Median loss: a rough student limits the exponent."""
    least = smaller(2 * smoothness_T, 2 * dimension + 4 * smoothness_S)
    return loss_D * (D / D0) ** -(least / dimension)


#: Loss ~ D^-(2 nu / d): teacher and student with the same Matérn kernel. smoothness_T is nu.
matern = Law(
    formula,
    {"loss_D": LOSS, "smoothness_T": SMOOTHNESS},
    columns={"dimension": DIMENSION},
    may_rise=RISES,
    name="spigler2019.matern",
    source="Spigler et al. 2019, arXiv:1905.10843",
)
#: Loss ~ D^-min(alpha_T - d, 2 alpha_S)/d, with the smoothness of teacher and student.
students = Law(
    of_student,
    {"loss_D": LOSS, "smoothness_T": SMOOTHNESS, "smoothness_S": SMOOTHNESS},
    columns={"dimension": DIMENSION},
    may_rise=RISES,
    name="spigler2019.students",
    source="Spigler et al. 2019, arXiv:1905.10843",
)
