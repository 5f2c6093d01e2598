"""Elementary functions without branches and calls, which LLVM can vectorise over runs.

Numba compiles their source (`bayescale.autodiff.numba_backend`) for the loops over the runs, in place of libm, which is
called for one run at a time. Errors are below 3 units in the last place; those of powers grow with the exponent.
Infinities, NaN, zeros and subnormal numbers are as in NumPy (`tests/autodiff/test_simd_math.py`). Scalars outside the
loops use libm, since a call compiles faster than a polynomial.

Intel's SVML, which Numba can use, is 2 to 7 % faster where it works; but current wheels of llvmlite are built without
it, and there these functions make a gradient 2 to 3 times faster (245 runs; AMD EPYC with AVX-512; Numba 0.61, 0.68).
"""

import math

import numpy as np


def power_of_two(t):
    """2^k for k from -1022 to 1023, given t = 1.5 * 2^52 + k, whose last bits are k."""
    return np.int64((np.float64(t).view(np.int64) + np.int64(1023)) << np.int64(52)).view(np.float64)


def series(r):
    """(exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2: a polynomial through Chebyshev points, error 3e-19."""
    p = 2.091483135138041e-09
    p = p * r + 2.5105419192016337e-08
    p = p * r + 2.7557273295539724e-07
    p = p * r + 2.75572549134867e-06
    p = p * r + 2.4801587325822283e-05
    p = p * r + 0.00019841269875205077
    p = p * r + 0.001388888888888367
    p = p * r + 0.008333333333326025
    p = p * r + 0.04166666666666667
    p = p * r + 0.1666666666666667
    return p * r + 0.5


def loop_exp(x):
    x = -746.0 if x < -746.0 else x  # exp is 0 or inf beyond these bounds; NaN passes
    x = 710.0 if x > 710.0 else x
    t = x * 1.4426950408889634 + 6755399441055744.0  # adding 1.5 * 2^52 rounds to an integer
    k = t - 6755399441055744.0
    r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10  # log(2) in two parts
    p = 1.0 + (r + r * r * series(r))
    half = k * 0.5 + 6755399441055744.0  # two factors, since 2^1024 and 2^-1075 are not representable
    rest = k - (half - 6755399441055744.0) + 6755399441055744.0
    return p * power_of_two(half) * power_of_two(rest)


def loop_expm1(x):
    y = -40.0 if x < -40.0 else x
    y = 710.0 if y > 710.0 else y
    t = y * 1.4426950408889634 + 6755399441055744.0
    k = t - 6755399441055744.0
    r = y - k * 0.6931471803691238 - k * 1.9082149292705877e-10
    s = power_of_two(k - 1.0 + 6755399441055744.0)
    found = 2.0 * (s * (r + r * r * series(r)) + (s - 0.5))
    return x if abs(x) < 1e-17 else found  # keeps subnormal numbers and the sign of zero


def loop_tanh(x):
    t = loop_expm1(2.0 * abs(x))
    return math.copysign(1.0 - 2.0 / (t + 2.0) if t > 1.0 else t / (t + 2.0), x)


def loop_log(x):
    tiny = x < 2.2250738585072014e-308
    y = x * 18014398509481984.0 if tiny else x  # 2^54
    # The bits of y minus those of sqrt(1/2), plus 1023 in the exponent field: bits 52 and up are then k + 1023.
    bits = np.float64(y).view(np.int64) + np.int64(4503599627370496 * 1023 - 4604544271217802189)
    above = bits >> np.int64(52)
    k = np.int64(above + np.int64(4843621399236968448)).view(np.float64) - 6755399441055744.0
    k = k - (1077.0 if tiny else 1023.0)
    m = np.int64((bits & np.int64(4503599627370495)) + np.int64(4604544271217802189)).view(np.float64)
    f = m - 1.0
    s = f / (2.0 + f)
    z = s * s  # log(1 + f) = f - s (f - R): FreeBSD's e_log.c
    p = 1.479819860511658591e-01
    p = p * z + 1.531383769920937332e-01
    p = p * z + 1.818357216161805012e-01
    p = p * z + 2.222219843214978396e-01
    p = p * z + 2.857142874366239149e-01
    p = p * z + 3.999999999940941908e-01
    p = p * z + 6.666666666666735130e-01
    h = 0.5 * f * f
    found = k * 0.6931471803691238 - ((h - (s * (h + z * p) + k * 1.9082149292705877e-10)) - f)
    found = found if x > 0.0 else (-np.inf if x == 0.0 else np.nan)
    return found if x < np.inf else x  # inf and NaN


def loop_log1p(x):
    u = 1.0 + x
    found = loop_log(u)
    lost = (x - (u - 1.0)) / u
    return found + lost if (u > 0.0) & (u < np.inf) & (x != 0.0) else (x if x == 0.0 else found)


def loop_power(x, y):
    """x^y, with an error of at most 2 (1 + |y log x|) units in the last place."""
    size = loop_exp(y * loop_log(abs(x)))
    size = 1.0 if (abs(x) == 1.0) | (y == 0.0) else size
    whole = np.floor(y) == y
    odd = whole & (np.floor(0.5 * y) != 0.5 * y)
    found = math.copysign(size, x) if odd else size
    return np.nan if (x < 0.0) & (x > -np.inf) & (not whole) else found
