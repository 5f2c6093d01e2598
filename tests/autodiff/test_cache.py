"""The cache of compiled code: used only where nobody else can write, repaired where damaged, off without a home."""

import ctypes
import os
import pickle
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

from bayescale.autodiff import compile_cache, numba_backend
from bayescale.autodiff.constants import Constants
from bayescale.base import private

#: logp = -x'x / 2, as `Program.scalar_code` writes it.
CODE = """def f(x, grad, c, r, g, m):
    grad[0] = -x[0]
    logp = -0.5 * x[0] * x[0]
    return logp
"""
#: Some other user.
OTHER = 54321
root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file to another user"
)
posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no owners and modes on this system")
pytestmark = posix


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder that is not there yet, and a process that has neither compiled nor warned."""
    monkeypatch.setenv("BAYESCALE_CACHE", str(tmp_path / "cache"))
    forget()
    yield tmp_path / "cache"
    forget()


@pytest.fixture(scope="module")
def full(tmp_path_factory):
    """A cache folder with one entry."""
    folder = tmp_path_factory.mktemp("full") / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BAYESCALE_CACHE", str(folder))
        forget()
        assert silent() == -2.0
        forget()
    return folder


@pytest.fixture
def filled(cache, full):
    """The cache folder of this test, with one entry."""
    shutil.copytree(full, cache)
    return cache


def forget():
    numba_backend.compiled.cache_clear()
    compile_cache._warn.cache_clear()
    compile_cache._clean.cache_clear()
    for name in [name for name in sys.modules if name.startswith("structure_")]:
        del sys.modules[name]


def value(x: float = 2.0, code: str = CODE) -> float:
    """The compiled log density at x, as a new process would get it."""
    numba_backend.compiled.cache_clear()
    module = numba_backend.compiled(code)
    empty = Constants(np.empty(0), np.empty((0, 0)), np.empty((0, 0)), np.empty((0, 0, 0)))
    data = numba_backend.packed(empty, np.zeros(1), np.eye(1))
    u, grad, logp = np.array([x]), np.empty(1), np.empty(1)
    pointers = [array.ctypes.data_as(ctypes.POINTER(ctypes.c_double)) for array in (u, grad, logp, data)]
    assert module.density.ctypes(1, *pointers) == 0
    return float(logp[0])


def stored(cache: Path, end: str = "nb[ic]") -> list[Path]:
    return sorted((cache / "compiled" / "__pycache__").glob(f"*.{end}"))


def silent() -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return value()


class Planted:
    """What is pickled runs when it is loaded."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


def plant(cache: Path) -> Path:
    """Put code into every file of the cache that is loaded; returns the file that this code would make."""
    mark = cache.parent / "executed"
    for file in stored(cache):
        mode = file.stat().st_mode
        file.write_bytes(pickle.dumps(Planted(mark)))
        file.chmod(mode)
    for file in (cache / "compiled").glob("*.py"):
        file.write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n" + file.read_text())
    return mark


# What is kept, and how


def test_code_is_kept_for_this_user_only(cache):
    before = os.umask(0o002)
    try:
        assert silent() == -2.0
    finally:
        os.umask(before)
    assert len(stored(cache, "nbi")) == 2 and not stored(cache, "pyc")
    modes = {path.stat().st_mode & 0o777 for path in (cache, *cache.rglob("*")) if path.is_dir()}
    assert modes == {0o700}
    assert {path.stat().st_mode & 0o777 for path in cache.rglob("*") if path.is_file()} == {0o600}


def test_kept_code_is_loaded(filled, monkeypatch):
    before = {file: file.stat().st_mtime_ns for file in filled.rglob("*.*")}
    monkeypatch.setattr("numba.core.ccallback.CFunc._compile_uncached", None)
    assert silent() == -2.0
    assert before == {file: file.stat().st_mtime_ns for file in filled.rglob("*.*")}


def test_other_caches_of_numba_are_not_used(cache, tmp_path, monkeypatch):
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path / "numba"))
    silent()
    assert stored(cache) and not (tmp_path / "numba").exists()
    from numba.core import config

    assert config.CACHE_DIR == str(tmp_path / "numba")


# What somebody else could have written


def opened(cache):
    cache.chmod(0o777)


def opened_below(cache):
    (cache / "compiled").chmod(0o770)


def opened_index(cache):
    (cache / "compiled" / "__pycache__").chmod(0o777)


def opened_source(cache):
    next((cache / "compiled").glob("*.py")).chmod(0o666)


def opened_list(cache):
    next((cache / "compiled").glob("*.sha256")).chmod(0o620)


def opened_above(cache):
    cache.parent.chmod(0o777)


def given(cache):
    os.chown(cache, OTHER, -1)


def given_below(cache):
    os.chown(cache / "compiled" / "__pycache__", OTHER, -1)


def given_data(cache):
    os.chown(stored(cache, "nbc")[0], OTHER, -1)


def given_source(cache):
    os.chown(next((cache / "compiled").glob("*.py")), OTHER, -1)


def given_above(cache):
    os.chown(cache.parent, OTHER, -1)


def linked(cache):
    (cache / "compiled").rename(cache / "elsewhere")
    (cache / "compiled").symlink_to(cache / "elsewhere")


OPENED = [opened, opened_below, opened_index, opened_source, opened_list, opened_above, linked]
GIVEN = [given, given_below, given_data, given_source, given_above]


@pytest.mark.parametrize("change", [*OPENED, *(pytest.param(change, marks=root_only) for change in GIVEN)])
def test_a_cache_that_others_can_write_is_not_used(filled, change):
    mark = plant(filled)
    change(filled)
    with pytest.warns(RuntimeWarning, match="cache of compiled code is not used, because .*BAYESCALE_CACHE") as caught:
        assert value() == -2.0
        assert value() == -2.0
    filled.parent.chmod(0o700)
    assert len([warning for warning in caught if "cache" in str(warning.message)]) == 1
    assert not mark.exists()


def test_a_listed_file_that_others_can_write_is_not_used(filled):
    stored(filled, "nbc")[0].chmod(0o666)
    with pytest.warns(RuntimeWarning, match="others can write to .*nbc' .mode 0666"):
        assert value() == -2.0


def test_a_sticky_folder_above_is_fine(cache):
    cache.parent.chmod(0o1777)
    assert silent() == -2.0 and stored(cache)
    cache.parent.chmod(0o700)


def test_a_link_to_a_folder_of_ours_is_fine(cache):
    (cache.parent / "real").mkdir(mode=0o700)
    cache.symlink_to(cache.parent / "real")
    assert silent() == -2.0 and stored(cache)


# Damage


def test_planted_code_never_runs(filled):
    """Even in a cache of this user alone: the files differ from the list."""
    mark = plant(filled)
    assert silent() == -2.0 and not mark.exists()


def test_byte_code_of_python_is_ignored_and_removed(filled):
    import py_compile

    source = next((filled / "compiled").glob("*.py"))
    evil = filled.parent / "evil.py"
    mark = filled.parent / "executed"
    evil.write_text(f"import pathlib; pathlib.Path({str(mark)!r}).touch()\n")
    target = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
    py_compile.compile(str(evil), str(target), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    forget()
    assert silent() == -2.0 and not mark.exists() and not target.exists()


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def emptied(path):
    path.write_bytes(b"")


def flipped(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("harm", [cut, emptied, flipped, Path.unlink])
@pytest.mark.parametrize("end", ["nbi", "nbc", "py", "sha256"])
def test_damage_is_repaired(filled, harm, end):
    names = sorted(file.name for file in filled.rglob("*.*"))
    for file in list(filled.rglob(f"*.{end}")):
        harm(file)
    assert silent() == -2.0
    assert sorted(file.name for file in filled.rglob("*.*")) == names
    source = next((filled / "compiled").glob("*.py"))
    assert compile_cache._sealed(source, source.with_suffix(".sha256"))


def test_a_failed_compilation_leaves_nothing_to_load(cache):
    with pytest.raises(numba_backend.Unavailable):
        value(code=CODE.replace("-0.5 *", "nothing *"))
    assert not stored(cache)
    assert silent() == -2.0


def test_leftovers_are_removed_after_a_day(filled):
    inside = filled / "compiled" / "__pycache__"
    old = [inside / "a.nbc.tmp.0123", filled / "compiled" / ".a.py.12-0"]
    new = [inside / "b.nbc.tmp.0123", filled / "compiled" / ".b.py.12-0"]
    for file in (*old, *new):
        file.write_bytes(b"half")
    for file in old:
        os.utime(file, (time.time() - 2 * 86400,) * 2)
    forget()
    silent()
    assert not any(file.exists() for file in old) and all(file.exists() for file in new)


# No home folder, nothing to write to


def test_without_a_home_folder_there_is_no_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("BAYESCALE_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    for home in (lambda *_: "~no-such-user/.cache/bayescale", _nobody(RuntimeError), _nobody(KeyError)):
        monkeypatch.setattr("platformdirs.user_cache_dir", home)
        forget()
        assert private.cache_root() is None and compile_cache.folder() is None
        assert silent() == -2.0
    assert list(tmp_path.iterdir()) == []


def _nobody(error):
    def fail(*_):
        raise error("no home")

    return fail


@root_only
def test_a_process_without_home_and_without_entry_among_the_users(tmp_path):
    """In a child that gives up its user, its HOME and its variables."""
    code = f"""
import os, sys
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import bayescale.autodiff.compile_cache as cache, platformdirs, numpy
from bayescale.base import private
for key in ("HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "BAYESCALE_CACHE"):
    os.environ.pop(key, None)
os.setgid({OTHER}); os.setuid({OTHER})
print(private.cache_root(), private.state_root(), cache.folder())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == ["None"] * 3 and list(tmp_path.iterdir()) == []


def test_fits_go_on_without_a_home_folder(tmp_path):
    """PyTensor cannot be imported without; it is lent a temporary one. Our own caches stay off."""
    code = """
import os, pwd
def nobody(*_): raise KeyError("no entry")
pwd.getpwuid = pwd.getpwnam = nobody
import warnings; warnings.simplefilter("ignore")
import bayescale as bs
from bayescale.base import private
runs = bs.load("known_entropy")[:20]
post = bs.fit(bs.laws.kaplan2020.L_N, runs, seed=1, draws=10, tune=20, chains=1, progressbar=False)
bs.model(bs.laws.kaplan2020.L_N, runs)
print(private.cache_root(), private.state_root(), post.attrs["method"], os.environ["HOME"])
"""
    gone = ("HOME", "BAYESCALE_CACHE", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    env = {key: value for key, value in os.environ.items() if key not in gone}
    env |= {"PYTHONPATH": str(Path(__file__).parents[2]), "TMPDIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    *roots, method, home = done.stdout.split()
    assert roots == ["None"] * 2 and method == "nuts" and home.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_home_folder_that_is_there_is_kept(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    private.lend_home()
    assert os.environ["HOME"] == str(tmp_path) and not private._LENT


def test_a_file_where_the_folder_should_be(cache):
    cache.write_text("a file")
    assert silent() == -2.0 and cache.read_text() == "a file"
