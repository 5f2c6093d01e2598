"""`fit_many`: the law is compiled once, failures are kept, and an executor does not change the draws."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.autodiff import numba_backend
from bayescale.base import progress
from bayescale.base.executors import spread
from bayescale.laws import chinchilla, generalised, henighan2020
from tests.conftest import simulate

FEW = {"draws": 250, "tune": 300, "chains": 2, "progressbar": False}


@pytest.fixture(scope="module")
def tables():
    """Three sweeps of different lengths, a table that cannot be fitted, and a table with a repeated row."""
    good = {f"sweep {n}": simulate(n, seed=n) for n in (20, 30, 40)}
    return {**good, "broken": simulate(20, 1).assign(loss=np.nan), "twins": simulate(12, 2).iloc[[*range(11), 10]]}


@pytest.fixture(scope="module")
def many(tables):
    return bs.fit_many(chinchilla, tables, method="laplace", seed=1, progressbar=False)


def test_fits_share_one_dim_and_a_failure_has_its_reason(many, tables):
    fits = many["fits"].to_dataset()
    assert list(fits["fit"].values) == list(tables)
    assert many["posterior"]["E"].dims == ("chain", "draw", "fit")
    assert "ValueError: Column 'loss' is NaN in 20 of 20" in str(fits["reason"].sel(fit="broken").item())
    assert many["posterior"]["E"].sel(fit="broken").isnull().all()
    good = fits.sel(fit=["sweep 20", "sweep 30", "sweep 40"])
    assert (good["reason"] == "").all() and good["converged"].all() and (good["seconds"] > 0).all()
    assert "repeat another row" in str(fits["warnings"].sel(fit="twins").item())


def test_draws_are_those_of_fit(many, tables):
    seed = int(np.random.SeedSequence(1).generate_state(len(tables))[0])
    alone = bs.fit(chinchilla, tables["sweep 20"], method="laplace", seed=seed)
    assert np.array_equal(alone["posterior"]["E"].values, many["posterior"]["E"].sel(fit="sweep 20").values)
    assert float(many["constant_data"]["N0"].sel(fit="sweep 20")) == float(alone["constant_data"]["N0"])


def test_laws_and_predict_accept_many_posteriors(many, tables):
    loss = chinchilla(many, N=1e9, D=1e10)
    assert set(loss.dims) == {"chain", "draw", "fit"}
    alone = chinchilla(many.sel(fit="sweep 30"), N=1e9, D=1e10)
    assert np.allclose(alone, loss.sel(fit="sweep 30"))
    new = bs.predict(chinchilla, many, tables["sweep 20"].drop(columns="loss"), seed=1)
    assert set(new["loss"].dims) == {"chain", "draw", "fit", "run"}


def test_fits_with_a_discrepancy_can_be_forecast(tmp_path):
    """Each fit predicts, forecasts and has signs as if it were fitted alone, also after saving."""
    tables = {"a/b": simulate(14, seed=1), "wide": simulate(18, seed=2), "broken": simulate(9, 1).assign(loss=np.nan)}
    many = bs.fit_many(generalised, tables, method="laplace", seed=1, progressbar=False)
    assert list(many["each"].children) == ["a_b", "wide"]
    seed = int(np.random.SeedSequence(1).generate_state(3)[1])
    alone = bs.fit(generalised, tables["wide"], method="laplace", seed=seed)
    new = pd.DataFrame({"N": [1e9, 1e10], "D": [1e11, 1e12]})
    for tree in (many, bs.storage.load(bs.storage.save(many, tmp_path / "many.nc"))):
        one = tree["each/wide"]
        assert bs.predict(generalised, one, new, seed=3).equals(bs.predict(generalised, alone, new, seed=3))
        pd.testing.assert_frame_equal(
            bs.forecast(generalised, one, new, seed=3), bs.forecast(generalised, alone, new, seed=3)
        )
        assert bs.signs(generalised, one) == bs.signs(generalised, alone)
    for stacked in (many, many.sel(fit="wide")):
        with pytest.raises(ValueError, match=r"take one of them: post\['each/a_b'\]"):
            bs.predict(generalised, stacked, new)


def test_names_that_a_slash_makes_equal_are_refused():
    with pytest.raises(ValueError, match="rename one"):
        bs.fit_many(chinchilla, {"a/b": simulate(9, 1), "a_b": simulate(9, 2)})


def test_nuts_compiles_the_law_once(tables):
    numba_backend.compiled.cache_clear()
    bs.fit_many(chinchilla, {name: tables[name] for name in ("sweep 20", "sweep 30", "sweep 40")}, seed=1, **FEW)
    assert numba_backend.compiled.cache_info().misses == 1


def test_other_processes_give_the_same_draws(many, tables):
    """The law's formula is renamed, which plain pickle cannot carry."""
    assert henighan2020.L_C.formula.__name__ != "L_C"
    some = {name: tables[name] for name in ("sweep 20", "broken")}
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        there = bs.fit_many(henighan2020.L_C, some, method="laplace", seed=1, executor=executor, progressbar=False)
    here = bs.fit_many(henighan2020.L_C, some, method="laplace", seed=1, progressbar=False)
    assert np.array_equal(here["posterior"]["E"], there["posterior"]["E"], equal_nan=True)
    assert list(here["fits"]["reason"].values) == list(there["fits"]["reason"].values)


def test_a_dask_cluster_gives_the_same_draws(tables):
    distributed = pytest.importorskip("distributed", reason="Dask is optional")
    some = {name: tables[name] for name in ("sweep 20", "sweep 30", "broken")}
    options = {"n_workers": 1, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        executor = client.get_executor()
        there = bs.fit_many(chinchilla, some, method="laplace", seed=1, executor=executor, progressbar=False)
    here = bs.fit_many(chinchilla, some, method="laplace", seed=1, progressbar=False)
    assert np.array_equal(here["posterior"]["E"], there["posterior"]["E"], equal_nan=True)
    assert "NaN" in str(there["fits"]["reason"].sel(fit="broken").item())


def test_a_worker_that_dies_is_one_failure(tables):
    class Dying:
        def submit(self, function, job):
            from concurrent.futures import Future

            future = Future()
            future.set_exception(RuntimeError("the machine is gone"))
            return future

    lost = bs.fit_many(chinchilla, {"a": tables["sweep 20"]}, executor=Dying(), progressbar=False)
    assert "the machine is gone" in str(lost["fits"]["reason"].item()) and "posterior" not in lost.children


def _dies_once(run, path, times):
    """A job that kills its process the first `times` times."""
    with open(path, "a") as file:
        file.write("x")
    if len(Path(path).read_text()) <= times:
        os.kill(os.getpid(), signal.SIGKILL)
    return run


def _done(executor, jobs):
    return dict(spread(_dies_once, jobs, executor, lambda reason: {"reason": reason}))


def test_fits_of_a_worker_that_died_are_tried_once_more(tmp_path):
    jobs = {k: (k, str(tmp_path / str(k)), 0) for k in range(6)} | {6: (6, str(tmp_path / "6"), 1)}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        assert _done(executor, jobs) == {k: k for k in range(7)}


def test_a_fit_that_kills_its_worker_twice_takes_no_other_with_it(tmp_path):
    jobs = {k: (k, str(tmp_path / str(k)), 9 if k == 1 else 0) for k in range(6)}
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        found = _done(executor, jobs)
        again = _done(executor, {"late": ("late", str(tmp_path / "late"), 0)})  # the pool is broken by now
    assert "the worker process died twice" in found.pop(1)["reason"] and again == {"late": "late"}
    assert found == {k: k for k in (0, 2, 3, 4, 5)} and len((tmp_path / "1").read_text()) == 2


INTERRUPTED = """
import os, signal, sys, threading, time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from bayescale.base.executors import spread

def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # shells let jobs in the background ignore it
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    processes = sys.argv[1] == "processes"
    pool = ProcessPoolExecutor(2, mp_context=get_context("fork")) if processes else ThreadPoolExecutor(2)
    began = time.perf_counter()
    try:
        with pool as executor:
            list(spread(time.sleep, {k: (60.0 if processes else 4.0,) for k in range(9)}, executor, str))
    except KeyboardInterrupt:
        print(time.perf_counter() - began)

main()
"""


@pytest.mark.parametrize("kind, longest, says", [("processes", 3.0, ""), ("threads", 8.0, "still runs 2 fits")])
def test_an_interrupt_ends_the_work_or_says_what_it_waits_for(kind, longest, says):
    done = subprocess.run([sys.executable, "-c", INTERRUPTED, kind], capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < longest and says in done.stderr


def test_names_that_print_alike_are_refused(tables):
    table = tables["sweep 20"]
    with pytest.raises(ValueError, match="The names 1 and '1' of tables both print as '1'"):
        bs.fit_many(chinchilla, {1: table, "1": table})  # type: ignore[dict-item]


def test_progress(tables, capsys, monkeypatch):
    """In a log, work that takes long prints lines; short work, as here, would print none."""
    monkeypatch.setattr(progress, "EVERY", 0.0)
    table = {"a": tables["sweep 20"]}
    bs.fit_many(chinchilla, table, method="laplace", seed=1)
    assert "hoffmann2022.chinchilla, 1 fits: 1 of 1 after" in capsys.readouterr().err
    bs.fit_many(chinchilla, table, method="laplace", seed=1, progressbar=False)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(("tables", "error"), [({}, ValueError), ([1], TypeError), ({"a": [1]}, TypeError)])
def test_bad_tables_raise(tables, error):
    with pytest.raises(error, match="wanted a"):
        bs.fit_many(chinchilla, tables)
