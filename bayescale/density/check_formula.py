"""Formulas that cannot be fitted, found before sampling: a probe and a few draws from the prior are put in."""

from collections.abc import Callable
from typing import Any

import numpy as np

from bayescale.density.bound import Bound
from bayescale.density.prior_draws import draw_all
from bayescale.modelling.formula import call, signature

#: Draws from the prior at which a formula is called.
DRAWS = 8
#: Factors by which one column after another is changed, relative to the reference run.
FACTORS = np.geomspace(1e-2, 1e2, 9)
#: NumPy functions that have no derivative here, and that PyTensor variables do not take.
BRANCHES = (
    *("maximum", "minimum", "fmax", "fmin", "clip", "logaddexp", "logaddexp2", "heaviside", "copysign"),
    *("where", "select", "piecewise", "interp", "max", "min", "amax", "amin"),
)
#: What a formula may use instead.
CURE = (
    "Use operators and smooth NumPy functions, such as np.exp, np.log, np.sqrt, np.tanh and abs; the smaller of a and "
    "b is (a + b - abs(a - b)) / 2"
)


class _Refused(Exception):
    """Why a formula cannot be fitted."""


def check_formula(bound: Bound) -> None:
    """Refuse a formula that cannot be fitted.

    Raises
    ------
    ValueError
        If the formula has no columns, is constant in every column, changes its arguments in place, branches on a
        value, or calls functions for single numbers, as of `math`.
    """
    law = bound.law
    columns = signature(law.formula).columns
    if not columns:
        raise ValueError(
            f"The formula of law '{law.name}' takes no column of the runs; its positional arguments are columns: "
            "def formula(N, N0, *, E, excess_N, alpha_N)."
        )
    try:
        probed = {name: _Probe() for name in (*columns, *law.variables)}
        fixed = {name: value for name, value in law.all_priors.items() if name not in law.variables}
        call(law.formula, probed, fixed, bound.table.reference)
    except _Refused as reason:
        raise ValueError(f"The formula of law '{law.name}' {reason}. {CURE}.") from None
    except Exception:  # noqa: S110 (what a probe lacks says nothing of the formula)
        pass
    values = _values(bound, columns)
    before = {name: value.copy() for name, value in values.items()}
    with np.errstate(all="ignore"):
        result = call(law.formula, values, bound.table.reference)
    changed = [name for name in values if not np.array_equal(values[name], before[name], equal_nan=True)]
    if changed:
        raise ValueError(
            f"The formula of law '{law.name}' changes its arguments {changed} in place; write N = N / N0 in place of "
            "N /= N0."
        )
    loss = np.asarray(result)
    if loss.dtype.kind not in "fiu" or not _constant(loss, len(columns)):
        return
    raise ValueError(
        f"The formula of law '{law.name}' gives the same loss for every {', '.join(columns)}; a scaling law depends on "
        "the size of the run. Use its columns in the formula."
    )


def _values(bound: Bound, columns: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Arguments of the formula, each of shape (draw * column * factor,): in turn, one column is changed."""
    law, rng = bound.law, np.random.default_rng(0)
    try:
        drawn = draw_all(bound, rng, DRAWS)
    except ValueError:  # a prior that only PyMC can draw
        drawn = {name: rng.uniform(0.2, 0.8, DRAWS) for name in law.variables}
    shape = (DRAWS, len(columns), len(FACTORS))
    values = {}
    for name, prior in law.all_priors.items():
        value = drawn[name].reshape(DRAWS, -1)[:, 0] if name in drawn else np.full(DRAWS, float(prior))  # type: ignore[arg-type]
        values[name] = np.broadcast_to(value[:, None, None], shape).ravel()
    for k, name in enumerate(columns):
        factors = np.ones(shape)
        factors[:, k] = FACTORS
        values[name] = (float(bound.table.reference.get(f"{name}0", 1.0)) * factors).ravel()
    return values


def _constant(loss: np.ndarray, columns: int) -> bool:
    """Whether a loss depends on no column, wherever it is finite."""
    if loss.size != DRAWS * columns * len(FACTORS):
        return loss.ndim == 0
    rows = loss.reshape(-1, len(FACTORS))
    rows = rows[np.isfinite(rows).all(axis=1)]
    return bool(len(rows)) and not np.ptp(rows, axis=1).any()


def _gives_probe(*_: Any) -> "_Probe":
    return _Probe()


def _refuses(reason: str) -> Callable:
    def refuse(*_: Any) -> Any:
        raise _Refused(reason)

    return refuse


class _Probe:
    """A value that takes what a PyTensor variable takes."""

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        if ufunc.__name__ in BRANCHES:
            raise _Refused(f"calls np.{ufunc.__name__}, which has no smooth derivative")
        if options.get("out") is not None:
            raise _Refused("writes into an argument (out=)")
        return _Probe()

    def __array_function__(self, function, types, args, kwargs):
        if function.__name__ in BRANCHES:
            raise _Refused(f"calls np.{function.__name__}, which has no smooth derivative")
        return NotImplemented

    __bool__ = _refuses("branches on a value, as by if, max or min")
    __float__ = __int__ = __index__ = _refuses("turns a value into a single number, as the functions of math do")
    __setitem__ = _refuses("assigns to parts of an argument")
    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = _gives_probe  # pyright: ignore
    __hash__ = None  # pyright: ignore


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
    setattr(_Probe, f"__{_name}__", _gives_probe)
    setattr(_Probe, f"__r{_name}__", _gives_probe)
for _name in ("neg", "pos", "abs"):
    setattr(_Probe, f"__{_name}__", _gives_probe)
