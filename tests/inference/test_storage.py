"""Posteriors on disk: whole, checked, and never at the price of the process."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from bayescale.inference import checksums, storage

OLD = Path(__file__).parents[1] / "data_files" / "old_posterior.nc"


@pytest.fixture
def small():
    return storage.load(OLD)


@pytest.fixture
def saved(small, tmp_path):
    return storage.save(small, tmp_path / "post.nc")


def test_files_without_checksums_load(small):
    assert storage.CHECKSUMS not in small.attrs
    assert small.identical(xr.open_datatree(OLD, engine="h5netcdf").load())


def test_a_round_trip_changes_nothing(small, saved):
    del small.attrs["rhat"]  # NaN, which equals nothing
    small["more/deep"] = xr.DataTree(
        xr.Dataset(
            {
                "words": ("k", np.array(["a", "bé", ""], dtype=object)),
                "flags": ("k", [True, False, True]),
                "days": ("k", np.array(["2024-01-01", "2025-01-01", "NaT"], dtype="M8[ns]")),
                "none": ("j", np.zeros(0)),
                "number": ((), 3),
                "whole": ("k", np.arange(3, dtype="i2")),
            },
            attrs={"text": "x", "list": [1, 2], "float": 0.1},
        )
    )
    again = storage.load(storage.save(small, saved))
    xr.testing.assert_equal(small, again)
    assert again.attrs == small.attrs and storage.CHECKSUMS not in again.attrs
    assert again.identical(storage.load(storage.save(again, saved)))


def test_arviz_reads_the_file(saved, small):
    import arviz as az

    read = az.from_netcdf(saved)
    assert set(read.children) == set(small.children)
    assert az.summary(read, kind="stats", round_to="none").shape == az.summary(small, kind="stats").shape


def test_hdf5_ignores_the_checksum_and_removes_it_with_a_change(saved, small):
    import h5py

    whole = saved.read_bytes()
    assert whole[:8] == b"\x89HDF\r\n\x1a\n" and whole.endswith(b"\n") and checksums.SEAL in whole[-100:]
    with h5py.File(saved, "r") as file:
        assert set(file) >= set(small.children)
    assert saved.read_bytes() == whole
    with h5py.File(saved, "r+") as file:
        file.attrs["note"] = "mine"
    assert checksums.SEAL not in saved.read_bytes()


def test_damage_is_seen_before_hdf5_opens_the_file(saved, monkeypatch):
    content = bytearray(saved.read_bytes())
    content[len(content) // 2] ^= 1
    saved.write_bytes(content)
    monkeypatch.setattr(xr, "open_datatree", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(ValueError, match="does not match its checksum: the file is damaged"):
        storage.load(saved)


def test_a_flipped_bit_is_seen_and_its_group_named(small, saved, tmp_path):
    content = bytearray(saved.read_bytes())
    del content[content.rindex(checksums.SEAL) :]  # as after a change by another program
    place = content.find(small["posterior"]["E"].values.tobytes()[:64])
    assert place > 0
    content[place + 7] ^= 1
    saved.write_bytes(content)
    with pytest.raises(ValueError, match=r"checksums of the groups \['/posterior'\]: the file is damaged") as caught:
        storage.load(saved)
    assert "verify=False" in str(caught.value)
    loose = storage.load(saved, verify=False)
    assert not loose.identical(small) and storage.CHECKSUMS not in loose.attrs


@pytest.mark.parametrize("group, attribute", [("/", "verdict"), ("posterior", "note"), ("posterior/E", "units")])
def test_changed_attributes_are_seen(small, saved, group, attribute):
    import h5py

    with h5py.File(saved, "r+") as file:
        file[group].attrs[attribute] = "better"
    with pytest.raises(ValueError, match=r"checksums of the groups \['/(posterior)?'\]"):
        storage.load(saved)


def test_a_missing_group_is_seen(saved):
    import h5py

    with h5py.File(saved, "r+") as file:
        del file["sample_stats"]
    with pytest.raises(ValueError, match="'/sample_stats'"):
        storage.load(saved)


def test_random_damage_is_never_silent(small, saved):
    whole, rng = saved.read_bytes(), np.random.default_rng(0)
    for place in (*rng.integers(0, len(whole), 200), *range(len(whole) - 90, len(whole))):
        content = bytearray(whole)
        content[place] ^= 1 << rng.integers(8)
        saved.write_bytes(content)
        try:
            again = storage.load(saved)
        except ValueError:
            continue
        assert again.identical(small)


# Full disks

FULL = """
import resource, sys
from bayescale.inference import storage
post, way, target = storage.load(sys.argv[1]), sys.argv[2], sys.argv[3]
if way == "limit":
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    storage.save(post, target)
except OSError as error:
    assert float(post["posterior"]["E"].mean()) > 0
    print(error)
"""


def _saved_elsewhere(way, folder):
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(OLD), way, str(folder / "post.nc")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr  # no segmentation fault as the interpreter ends
    assert os.listdir(folder) == []
    return done.stdout


def test_a_file_that_may_not_grow_is_one_error(tmp_path):
    pytest.importorskip("resource", reason="limits of this kind are POSIX's")
    assert "may not be so large" in _saved_elsewhere("limit", tmp_path)


def test_a_full_disk_is_one_error(tmp_path):
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path)], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted: {mounted.stderr.strip()}")
    try:
        said = _saved_elsewhere("disk", tmp_path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)
    assert (
        "is full: 0.13" in said and "MB free. Free space, or choose another folder. The posterior is still in" in said
    )


def test_the_posterior_can_be_saved_elsewhere(small, tmp_path, monkeypatch):
    (tmp_path / "post.nc").write_text("old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(OSError(errno.ENOSPC, "No space left")))
        with pytest.raises(OSError, match="The posterior is still in memory") as caught:
            storage.save(small, tmp_path / "post.nc")
    assert caught.value.errno == errno.ENOSPC and (tmp_path / "post.nc").read_text() == "old"
    assert storage.load(storage.save(small, tmp_path / "other.nc")).identical(small)


def test_other_errors_stay_as_they_are(small, tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "write_bytes", lambda *_: (_ for _ in ()).throw(PermissionError(errno.EACCES, "no")))
    with pytest.raises(PermissionError):
        storage.save(small, tmp_path / "post.nc")


@pytest.mark.parametrize(
    "value", [{"a": 1}, None, object(), True, "a\0b"], ids=["mapping", "none", "object", "truth value", "null byte"]
)
def test_what_netcdf_cannot_store_is_said(small, tmp_path, value):
    small.attrs["mine"] = value
    with pytest.raises(
        ValueError, match="cannot be stored as netCDF: .* Attributes and variables must be numbers or text"
    ):
        storage.save(small, tmp_path / "post.nc")
    assert not list(tmp_path.iterdir())


def test_a_schema_that_is_no_number(small, tmp_path):
    small.attrs["schema"] = "x"
    with pytest.raises(ValueError, match="has schema x, wanted 2 or less"):
        storage.load(storage.save(small, tmp_path / "post.nc"))
    with pytest.raises(ValueError, match="no NUL"):
        storage.load("a\0b.nc")
