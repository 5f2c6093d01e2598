"""Bad targets, posteriors and options of the verbs that take a posterior."""

import numpy as np
import pandas as pd
import xarray as xr

import bayescale as bs
from bayescale.base.targets import FAR_BELOW
from benchmarks.robustness.case import WARNING, Case, cases
from benchmarks.robustness.world import QUICK

#: Bad values of N for a verb that takes targets: kind, what it is, two values, the word of the error.
VALUES = (
    ("NaN, infinite, negative, zero", "NaN", [np.nan, 1e10], "NaN"),
    ("NaN, infinite, negative, zero", "infinite", [np.inf, 1e10], "infinite"),
    ("NaN, infinite, negative, zero", "negative", [-1e10, 1e10], "positive|non-positive|negative"),
    ("NaN, infinite, negative, zero", "zero", [0.0, 1e10], "positive|non-positive|zero"),
    ("text, dates, other cells", "text", ["7B", "13B"], "7B"),
    ("text, dates, other cells", "dates", list(pd.date_range("2024", periods=2)), "date"),
    ("text, dates, other cells", "booleans", [True, False], "bool"),
    ("text, dates, other cells", "complex numbers", [1e10 + 1j, 1e10], "complex"),
    ("unit", "in billions", [7.0, 13.0], "billions"),
)


def _targets() -> list[Case]:
    """Each bad value at each verb that takes targets."""
    found = []
    for kind, name, value, word in VALUES:
        table = lambda w, v=value: w.targets(N=v)  # noqa: E731
        calls = {
            "predict": lambda w, t=table: bs.predict(w.law, w.post, t(w), seed=1),
            "forecast": lambda w, t=table: bs.forecast(w.law, w.post, t(w), seed=1),
            "law(post)": lambda w, v=value: w.law(w.post, N=np.array(v), D=4e11),
            "frontier": lambda w, v=value: bs.frontier(w.law, w.post, np.array(v)),
            "reach": lambda w, v=value: bs.reach(w.law, w.post, 2.0, by="D", N=v[0], seed=1),
        }
        word = {"unit": "billions|PF-days"}.get(kind, word)
        found += [Case(verb, kind, f"sizes are {name}", call, word=word) for verb, call in calls.items()]
    return found


def _others() -> list[Case]:
    """What is no posterior, or that of another law, at each verb that takes one."""
    verbs = {
        "predict": lambda w, law, post: bs.predict(law, post, w.targets(), seed=1),
        "forecast": lambda w, law, post: bs.forecast(law, post, w.targets(), seed=1),
        "law(post)": lambda w, law, post: law(post, N=2e10, D=4e11),
        "frontier": lambda w, law, post: bs.frontier(law, post, 1e23),
        "reach": lambda w, law, post: bs.reach(law, post, 2.0, seed=1),
        "signs": lambda w, law, post: bs.signs(law, post),
    }
    found = []
    for verb, call in verbs.items():
        found += cases(
            verb,
            ("posterior", "of another law", "does not belong", lambda w, c=call: c(w, w.law, w.post_C)),
            ("posterior", "with another prior", "text|priors|differ", lambda w, c=call: c(w, _changed(w), w.post)),
            ("posterior", "law and posterior swapped", "swap", lambda w, c=call: c(w, w.post, w.law)),
            ("posterior", "a law by name", "find", lambda w, c=call: c(w, "chinchilla", w.post)),
            ("posterior", "None", "DataTree", lambda w, c=call: c(w, w.law, None)),
            ("posterior", "an empty tree", "posterior", lambda w, c=call: c(w, w.law, xr.DataTree())),
        )
    without_law = ("law and posterior swapped", "a law by name")  # nothing of ours is called
    return [case for case in found if case.verb != "law(post)" or case.name not in without_law]


def _changed(w):
    """Chinchilla's law with other priors and the same name."""
    from dataclasses import replace

    return replace(w.law, priors={**w.law.priors, "alpha_N": bs.Prior("HalfNormal", sigma=1)})


CASES = [
    *_targets(),
    *cases(
        "model",
        ("law", "a law by name", "find", lambda w: bs.model("chinchilla", w.runs)),
        ("law", "swapped arguments", "swap", lambda w: bs.model(w.runs, w.law)),
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.model(w.law, [1])),
        ("rows", "no rows and no reference", "reference", lambda w: bs.model(w.law, w.runs[:0])),
    ),
    *cases(
        "ppc",
        ("law", "a law by name", "find", lambda w: bs.ppc("chinchilla", w.post, w.runs)),
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.ppc(w.law, w.post, [1])),
        ("columns", "no loss", "loss", lambda w: bs.ppc(w.law, w.post, w.targets())),
        ("text, dates, other cells", "loss is text", "loss", lambda w: bs.ppc(w.law, w.post, w.targets(loss="a"))),
        ("text, dates, other cells", "loss is True", "loss", lambda w: bs.ppc(w.law, w.post, w.targets(loss=True))),
        (
            "text, dates, other cells",
            "loss is a date",
            "loss",
            lambda w: bs.ppc(w.law, w.post, w.targets(loss=pd.date_range("2024", periods=2))),
        ),
    ),
    *cases(
        "stacking",
        ("wrong type", "a list of laws", "mapping", lambda w: bs.stacking.weights([w.law], w.runs)),
        ("law", "a law by name", "find", lambda w: bs.stacking.weights({"a": "chinchilla"}, w.runs)),
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.stacking.weights({"a": w.law}, [1])),
        ("law", "no laws", "no laws", lambda w: bs.stacking.weights({}, w.runs)),
        ("bad option", "text as seed", "seed", lambda w: bs.stacking.weights({"a": w.law}, w.runs, seed="a")),
    ),
    *cases(
        "plots",
        ("wrong type", "frontier of a posterior", "wanted", lambda w: bs.plots.frontier(w.post)),
        ("wrong type", "backtest of None", "backtest", lambda w: bs.plots.backtest(None)),
        ("wrong type", "curves of a list", "DataArray", lambda w: bs.plots.curves(w.law, [1])),
    ),
    *cases(
        "laws.find",
        ("wrong type", "None", "name", lambda w: bs.laws.find(None)),
        ("name", "a law that is misspelt", "did you mean", lambda w: bs.laws.find("chinchila")),
    ),
    *cases(
        "fit_many",
        ("bad option", "a number as executor", "executor", lambda w: bs.fit_many(w.law, {"a": w.runs}, executor=3)),
    ),
    *cases(
        "backtest",
        ("bad option", "text as executor", "executor", lambda w: bs.backtest(w.law, w.runs, executor="x")),
    ),
    *cases("frontier", ("rows", "no budgets", "budgets", lambda w: bs.frontier(w.law, w.post, []))),
    *cases("reach", ("rows", "no losses", "loss", lambda w: bs.reach(w.law, w.post, []))),
    *_others(),
    *cases(
        "predict",
        ("wrong type", "runs is a dict", "DataFrame", lambda w: bs.predict(w.law, w.post, {"N": 1e10, "D": 1e11})),
        ("columns", "no D", "D", lambda w: bs.predict(w.law, w.post, w.targets(D=None))),
        ("bad option", "a negative seed", "seed", lambda w: bs.predict(w.law, w.post, w.targets(), seed=-1)),
        ("bad option", "text as seed", "seed", lambda w: bs.predict(w.law, w.post, w.targets(), seed="one")),
        (
            "unit",
            "N = 70 and D = 1400 (billions)",
            "billions",
            lambda w: bs.predict(w.law, w.post, w.targets(N=[70, 70], D=[1400, 1400])),
        ),
        (
            "unit",
            "N and D exchanged",
            "exchanged",
            lambda w: bs.predict(w.law, w.post, w.targets(N=[4e14, 4e14], D=[2e6, 2e6])),
        ),
        (
            "columns",
            "D twice",
            "more than once",
            lambda w: bs.predict(w.law, w.post, pd.concat([w.targets(), w.targets()[["D"]]], axis=1)),
        ),
    ),
    *cases(
        "predict",
        (
            "unit",
            "N far below the runs",
            "below the smallest",
            lambda w: bs.predict(w.law, w.post, w.targets(N=[6e7 / FAR_BELOW / 9, 1e9], D=[1e9, 2e10])),
        ),
        right=WARNING,
    ),
    *cases(
        "law(post)",
        ("columns", "no D", "D", lambda w: w.law(w.post, N=1e10)),
        ("columns", "an unknown column", "U", lambda w: w.law(w.post, N=1e10, D=1e11, U=3)),
        (
            "text, dates, other cells",
            "a masked array",
            "masked",
            lambda w: w.law(w.post, N=np.ma.masked_less([1e9, 1e10], 2e9), D=1e11),
        ),
        (
            "columns",
            "arrays of two lengths",
            "length|shape|size",
            lambda w: w.law(w.post, N=np.array([1e9, 1e10]), D=np.array([1e11] * 3)),
        ),
        ("unit", "N = 70 and D = 1400 (billions)", "billions", lambda w: w.law(w.post, N=70, D=1400)),
    ),
    *cases(
        "forecast",
        ("wrong type", "runs is None", "DataFrame", lambda w: bs.forecast(w.law, w.post, None)),
        ("columns", "no N", "N", lambda w: bs.forecast(w.law, w.post, w.targets(N=None))),
        (
            "bad option",
            "a seed that is no whole number",
            "seed",
            lambda w: bs.forecast(w.law, w.post, w.targets(), seed=1.7),
        ),
    ),
    *cases(
        "frontier",
        ("wrong type", "C is None", "C", lambda w: bs.frontier(w.law, w.post, None)),
        ("wrong type", "C is a table", "C", lambda w: bs.frontier(w.law, w.post, w.runs)),
        ("bad option", "search exchanged", "search", lambda w: bs.frontier(w.law, w.post, 1e22, search=(1e12, 1e6))),
        ("bad option", "search is a number", "search", lambda w: bs.frontier(w.law, w.post, 1e22, search=3)),
        ("bad option", "a cost that is no function", "cost", lambda w: bs.frontier(w.law, w.post, 1e22, cost=6)),
        ("columns", "N is held", "N", lambda w: bs.frontier(w.law, w.post, 1e22, N=1e9)),
    ),
    *cases(
        "reach",
        ("NaN, infinite, negative, zero", "loss is NaN", "loss", lambda w: bs.reach(w.law, w.post, np.nan)),
        ("NaN, infinite, negative, zero", "loss below zero", "loss", lambda w: bs.reach(w.law, w.post, -1)),
        ("text, dates, other cells", "loss is text", "loss", lambda w: bs.reach(w.law, w.post, "two")),
        ("bad option", "by an unknown column", "'U'", lambda w: bs.reach(w.law, w.post, 2.0, by="U")),
        ("bad option", "search exchanged", "search", lambda w: bs.reach(w.law, w.post, 2.0, search=(1e24, 1e20))),
        ("bad option", "N and D are held", "held", lambda w: bs.reach(w.law, w.post, 2.0, N=1e9, D=1e11)),
        ("bad option", "search is a number", "search", lambda w: bs.reach(w.law, w.post, 2.0, search=3)),
        ("bad option", "a negative seed", "seed", lambda w: bs.reach(w.law, w.post, 2.0, seed=-1)),
    ),
    *cases(
        "backtest",
        ("law", "a law by name", "find", lambda w: bs.backtest("chinchilla", w.runs)),
        ("law", "swapped arguments", "swap|law", lambda w: bs.backtest(w.runs, w.law)),
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.backtest(w.law, [1])),
        ("columns", "by an unknown column", "date", lambda w: bs.backtest(w.law, w.runs, by="date")),
        ("rows", "three runs", "cut", lambda w: bs.backtest(w.law, w.runs[:3])),
        ("bad option", "cuts beyond the runs", "cut", lambda w: bs.backtest(w.law, w.runs, cuts=[1e40])),
        ("bad option", "cuts are text", "cut", lambda w: bs.backtest(w.law, w.runs, cuts=["a"])),
        ("bad option", "an unknown method", "method", lambda w: bs.backtest(w.law, w.runs, method="hmc")),
        ("bad option", "text as seed", "seed", lambda w: bs.backtest(w.law, w.runs, seed="1")),
        ("law", "no forecasters", "forecaster", lambda w: bs.backtest({}, w.runs)),
        ("NaN, infinite, negative, zero", "by has NaN", "C", lambda w: bs.backtest(w.law, w.put("C", np.nan))),
    ),
    *cases(
        "sbc",
        ("law", "a law by name", "find", lambda w: bs.sbc("chinchilla", w.runs)),
        ("law", "swapped arguments", "swap", lambda w: bs.sbc(w.runs, w.law)),
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.sbc(w.law, [1], fits=2)),
        ("bad option", "no fits", "fits", lambda w: bs.sbc(w.law, w.runs, fits=0)),
        ("rows", "no rows", "runs|reference", lambda w: bs.sbc(w.law, w.runs[:0], fits=2, **QUICK)),
    ),
    *cases(
        "beats, shares",
        ("wrong type", "beats of a table", "predict", lambda w: bs.beats(w.runs)),
        ("wrong type", "beats of a posterior", "predict", lambda w: bs.beats(w.post)),
        ("wrong type", "beats of None", "predict", lambda w: bs.beats(None)),
        ("wrong type", "shares of a table", "predict", lambda w: bs.shares(w.law, w.post, w.runs)),
        (
            "posterior",
            "shares of another law's posterior",
            "does not belong",
            lambda w: bs.shares(w.law, w.post_C, w.predicted),
        ),
        ("law", "shares of a law by name", "law", lambda w: bs.shares("chinchilla", w.post, w.predicted)),
    ),
    *cases(
        "count_parameters",
        ("law", "a law by name", "law", lambda w: bs.count_parameters("chinchilla", w.runs)),
        ("law", "swapped arguments", "swap|law", lambda w: bs.count_parameters(w.runs, w.law)),
        ("wrong type", "runs is a list", "DataFrame", lambda w: bs.count_parameters(w.law, [1])),
        ("columns", "one count only", "two or more", lambda w: bs.count_parameters(w.law, w.runs)),
        ("columns", "a law in C", "no N", lambda w: bs.count_parameters(w.law_C, w.runs, ["N", "D"])),
        (
            "text, dates, other cells",
            "a count is text",
            "N_no_embed",
            lambda w: bs.count_parameters(w.law, w.runs.assign(N_no_embed="7B")),
        ),
        (
            "NaN, infinite, negative, zero",
            "a count is NaN",
            "N_no_embed",
            lambda w: bs.count_parameters(w.law, w.runs.assign(N_no_embed=np.nan)),
        ),
        (
            "bad option",
            "an unknown method",
            "method",
            lambda w: bs.count_parameters(w.law, w.runs.assign(N_no_embed=w.runs["N"]), method="hmc"),
        ),
    ),
]
