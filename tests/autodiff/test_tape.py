"""The tape: derivatives of every step, and the same numbers from both kinds of code."""

import math

import numpy as np
import pytest

from bayescale.autodiff import scalar_code, simd_math
from bayescale.autodiff.codegen import Program
from bayescale.autodiff.gradient import gradient
from bayescale.autodiff.kernels import evidence, factor, projected, solve, solve_back, spread
from bayescale.autodiff.node import BINARY, UNARY, Untraceable
from bayescale.autodiff.numpy_backend import ARRAYS, array_function
from bayescale.autodiff.schedule import MAX_RECOMPUTED
from bayescale.autodiff.tape import Tape, erf, lgamma

#: One value at which every step is defined and smooth.
AT = np.array([0.7, 1.3])


def program(function, tape=None, size=2):
    """The value and the gradient of a function of two free numbers."""
    tape = tape or Tape(1)
    x = [tape.free(k) for k in range(size)]
    output = function(*x)
    return Program(tape, [output, *gradient(tape, output, size)])


def run(made, x):
    """By the code for arrays."""
    c = made.constants
    found = array_function(made.array_code)(np.asarray(x)[:, None, None], c.numbers, c.columns, c.groups, c.matrices)
    return np.array([np.broadcast_to(value, (1, 1))[0, 0] for value in found])


def run_one(made, x):
    """By the code for one point, interpreted."""
    scope = {
        **ARRAYS,
        **vars(simd_math),
        "np": np,
        "lgamma": math.lgamma,
        "erf": math.erf,
        "evidence": evidence,
        "solve": solve,
        "factor": factor,
        "solve_back": solve_back,
        "projected": projected,
        "spread": spread,
    }
    exec(made.scalar_code, scope)
    grad, c = np.empty(len(x)), made.constants
    return np.array([scope["f"](np.asarray(x), grad, c.numbers, c.columns, c.groups, c.matrices), *grad])


def operations(made):
    """Names of the steps that are evaluated at every point."""
    return {node.op for node in made.steps}


def slope(made, x):
    """Central differences of the value."""
    step = 1e-6
    return [(run(made, x + step * e)[0] - run(made, x - step * e)[0]) / (2 * step) for e in np.eye(len(x))]


SMOOTH = [name for name in UNARY if name not in ("lgamma", "sign")]


@pytest.mark.parametrize("op", [*SMOOTH, *BINARY])
def test_derivative_of_every_step(op):
    def function(x, y):
        return x.tape.step(op, *([x * y] if op in UNARY else [x, y + 0.1 * x])) * y

    made = program(function)
    # Central differences of step 1e-6 are good to 1e-9 of a value of size one.
    assert run(made, AT)[1:] == pytest.approx(slope(made, AT), rel=1e-7, abs=1e-8)
    assert run_one(made, AT) == pytest.approx(run(made, AT), rel=1e-14)


@pytest.mark.parametrize("most", [1, 2])
def test_sums_gathers_and_lone_numbers(most, monkeypatch):
    """Numbers that stand beside columns, elements of a vector (few or many), and a part that no column enters."""
    monkeypatch.setattr(scalar_code, "MAX_SCALAR_SUMS", most)
    tape = Tape(4)
    column, group = tape.column(np.array([1.0, 2.0, 3.0, 4.0])), tape.group([0, 1, 1, 0])

    def function(x, y):
        of_run = tape.gather([x * 2.0, y], group)
        return tape.sum(of_run * column + np.exp(-x) + abs(column - 2.5) * y) + tape.sum(y * y) + x

    made = program(function, tape)
    x, y = AT
    expected = 2 * x * 5 + y * 5 + 4 * np.exp(-x) + 4 * y + 4 * y * y + x
    assert run(made, AT)[0] == pytest.approx(expected, rel=1e-14)
    assert run(made, AT)[1:] == pytest.approx([10 - 4 * np.exp(-x) + 1, 5 + 4 + 8 * y], rel=1e-14)
    assert run_one(made, AT) == pytest.approx(run(made, AT), rel=1e-14)


@pytest.mark.parametrize("exponent", [-3, -2, -1, 2, 3])
def test_whole_powers_are_products(exponent):
    made = program(lambda x, y: (x - 2.0 * y) ** exponent)
    x, y = AT
    base = x - 2.0 * y
    slope_x = exponent * base ** (exponent - 1)
    assert base < 0 and not {"power", "log", "exp"} & operations(made)
    assert run(made, AT) == pytest.approx([base**exponent, slope_x, -2.0 * slope_x], rel=1e-14)
    assert run_one(made, AT) == pytest.approx(run(made, AT), rel=1e-14)


def test_expensive_values_are_computed_once():
    """The first loop over the runs stores the exponential; four others load it, the last for its derivative."""
    tape = Tape(4)
    column = tape.column(np.array([1.0, 2.0, 3.0, 4.0]))

    def function(x, y):
        value = np.exp(x * column)
        left = value - tape.sum(value) / 4.0
        return y * np.log(tape.sum(left * left)) + tape.sum(left * left * left / value)

    made = program(function, tape)
    first, *later = made.loops.values()
    (exponential,) = (node for node in first.steps if node.op == "exp")
    assert first.stored == [exponential] and len(later) == 4
    for loop in later:
        assert loop.loaded == [exponential] and not loop.stored
        assert loop.reductions and all(node.op != "exp" for node in loop.steps)
    assert run(made, AT)[1:] == pytest.approx(slope(made, AT), rel=1e-7)
    assert run_one(made, AT) == pytest.approx(run(made, AT), rel=1e-12)


def test_cheap_values_are_recomputed_unless_they_take_many_steps():
    """Two loops need a polynomial: the second recomputes it if it is short, and loads it if it is long."""
    tape = Tape(4)
    column = tape.column(np.array([1.0, 2.0, 3.0, 4.0]))

    def function(x, y, steps):
        value = x * column
        for k in range(steps):
            value = column * value + float(k + 2)
        return y * tape.sum(value * tape.sum(value))

    few, many = (program(lambda x, y, k=k: function(x, y, k), tape) for k in (3, MAX_RECOMPUTED))
    for made, recomputed in ((few, True), (many, False)):
        first, second = made.loops.values()
        innermost, again = first.steps[0], [node for node in second.steps if node in first.steps]
        assert (innermost in again) == recomputed and len(again) <= MAX_RECOMPUTED
        assert len(first.stored) == len(second.loaded) == (0 if recomputed else 1)
    assert run(many, AT)[1:] == pytest.approx(slope(many, AT), rel=1e-7)
    assert run_one(many, AT) == pytest.approx(run(many, AT), rel=1e-12)


def test_many_points_at_once():
    tape = Tape(3)
    column = tape.column(np.array([1.0, 2.0, 3.0]))
    made = program(lambda x, y: tape.sum(np.log(x + column) * y), tape)
    points = np.random.default_rng(0).uniform(0.5, 2, size=(7, 2))
    c = made.constants
    found = array_function(made.array_code)(points.T[:, :, None], c.numbers, c.columns, c.groups, c.matrices)
    for k, point in enumerate(points):
        assert [value[k, 0] for value in found] == pytest.approx(run(made, point), rel=1e-14)


def test_coefficients_that_are_integrated_out():
    """A sum over the runs that needs the sums before it; the value is that of a multivariate normal."""
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(3)
    basis, loss = rng.normal(size=(6, 3)), rng.normal(size=6)
    tape = Tape(6)
    columns, observed = [tape.column(b) for b in basis.T], tape.column(loss)

    def function(x, y):
        e = observed - np.exp(y)
        found = tape.evidence([x, x, 2.0 * x], [tape.sum(e * c) for c in columns], basis.T @ basis)
        return found - 0.5 * tape.sum(e * e) - 3.0 * np.log(2.0 * np.pi)

    made = program(function, tape)
    amplitudes = AT[0] * np.array([1.0, 1.0, 2.0])
    covariance = np.eye(6) + basis * amplitudes**2 @ basis.T
    expected = multivariate_normal(np.full(6, np.exp(AT[1])), covariance).logpdf(loss)
    assert run(made, AT)[0] == pytest.approx(expected, rel=1e-12)
    assert run(made, AT)[1:] == pytest.approx(slope(made, AT), rel=1e-7)
    assert run_one(made, AT) == pytest.approx(run(made, AT), rel=1e-12)


def test_the_mean_of_coefficients():
    """What is left of the runs, and the mean, as functions of the amplitudes: by least squares, and its derivative."""
    rng = np.random.default_rng(4)
    basis, loss, weights = rng.normal(size=(6, 3)), rng.normal(size=6), rng.uniform(0.5, 1.5, 6)
    tape = Tape(6)
    columns, weighted = ([tape.column(b) for b in a.T] for a in (basis, weights[:, None] * basis))
    observed = tape.column(loss)

    def function(x, y):
        e, b = observed - np.exp(y), [x, x * y, 2.0 * x]
        right = [amplitude * u for amplitude, u in zip(b, tape.project(e, weighted), strict=True)]
        mean = tape.solve(b, right, basis.T @ (weights[:, None] * basis))
        left = e - tape.spread([amplitude * z for amplitude, z in zip(b, mean, strict=True)], columns)
        return tape.sum(np.log1p(left * left)) + sum(z * z for z in mean)

    made = program(function, tape)
    amplitudes = AT[0] * np.array([1.0, AT[1], 2.0])
    design = np.vstack([np.sqrt(weights)[:, None] * basis * amplitudes, np.eye(3)])
    e = loss - np.exp(AT[1])
    mean = np.linalg.lstsq(design, np.r_[np.sqrt(weights) * e, np.zeros(3)])[0]
    expected = np.sum(np.log1p((e - basis * amplitudes @ mean) ** 2)) + mean @ mean
    assert run(made, AT)[0] == pytest.approx(expected, rel=1e-12)
    assert run(made, AT)[1:] == pytest.approx(slope(made, AT), rel=1e-7)
    assert run_one(made, AT) == pytest.approx(run(made, AT), rel=1e-12)


def test_a_program_goes_on_to_other_data():
    def taped(values, prior):
        tape = Tape(len(values))
        column, number = tape.column(values), tape.number(prior)
        return program(lambda x, y: tape.sum(np.exp(x * column / number) * y), tape)

    one, other = taped(np.array([1.0, 2.0]), 3.0), taped(np.array([-1.0, 0.5]), 2.0)
    moved = one.on(other.tape)
    assert (run(moved, AT) == run(other, AT)).all() and (run(one, AT) != run(other, AT)).all()


def test_the_code_holds_no_data():
    def made(values, prior):
        tape = Tape(len(values))
        column, number = tape.column(values), tape.number(prior)
        return program(lambda x, y: tape.sum((x - number) ** 2 * column) + y, tape)

    one, other = made(np.array([1.0, 2.0]), 3.0), made(np.arange(5.0), -1.0)
    assert one.scalar_code == other.scalar_code and one.array_code == other.array_code


def test_what_no_parameter_enters_is_worked_out_beforehand():
    tape = Tape(2)
    column, number = tape.column(np.array([1.0, 2.0])), tape.number(2.0)
    made = program(lambda x, y: tape.sum((column / number) ** -x) + y, tape)
    assert made.constants.columns == pytest.approx(np.log([[0.5, 1.0]]))
    assert "log" not in operations(made)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: 1.0 if x else 2.0,
        lambda x: np.where(x, 1.0, 2.0),
        lambda x: np.maximum(x, 1.0),
        lambda x: x + "text",
        lambda x: np.add.reduce([x], 0, out=None) + np.add(x, 1.0, where=True),
    ],
)
def test_what_cannot_be_written_down_says_so(function):
    with pytest.raises((Untraceable, TypeError)):
        function(Tape(1).free(0))


def test_no_derivative_of_the_gamma_function():
    with pytest.raises(Untraceable, match="derivative of lgamma"):
        program(lambda x, y: lgamma(x) + y)


def test_special_functions_of_numbers():
    assert lgamma(4.5) == pytest.approx(math.lgamma(4.5)) and erf(0.3) == pytest.approx(math.erf(0.3))
