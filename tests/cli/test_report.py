"""The commands show and report."""

import json

import numpy as np
import pytest

import bayescale as bs
from bayescale.reporting.page import findings
from tests.cli.test_commands import done, refused

FIT = ["--law", "chinchilla", "--where", "split == 'grid'", "--quick"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("cli") / "sweep"
    done("fit", "known_entropy", *FIT, "-o", out)
    return out


def test_show_prints_what_the_functions_return(folder):
    post = bs.storage.load(folder)
    text = done("show", folder).stdout
    assert bs.table(post, form="markdown") in text and "Laplace approximation accepted" in text
    assert done("show", folder, "--methods").stdout.strip() == bs.methods(post)
    assert done("show", folder, "--cite").stdout.strip() == bs.cite(post)
    both = done("show", folder, "--table", "--law", "--latex").stdout.strip()
    assert both == f"{bs.table(post)}\n\n{bs.equation(post)}"
    assert done("show", folder, "--methods", "--latex").stdout.strip() == bs.methods(post, form="latex")
    assert done("show", folder, "--law").stdout.strip() == post.attrs["law_text"]


def test_a_data_set_brings_its_source_and_units(folder):
    post = bs.storage.load(folder)
    assert post.attrs["data_name"] == "known_entropy" and "bayescale" in post.attrs["data_cite"]
    assert json.loads(post.attrs["data_units"])["loss"] == post.attrs["loss_unit"] == "nats/symbol"
    assert "nats/symbol" in done("show", folder).stdout


def test_report_is_written_next_to_the_posterior_and_leaves_with_it(folder, monkeypatch):
    monkeypatch.setattr(findings, "FRONTIER_DRAWS", 100)
    monkeypatch.setattr(findings, "BUDGETS", 6)
    assert "report.html" in done("report", folder, "--N", "1e6", "--D", "2e7").stdout
    text = (folder / "report.html").read_text(encoding="utf-8")
    assert "N = 1e6, D = 2e7" in text and "No back-test was run" in text
    post = bs.storage.load(folder)
    assert f'data-value="{float(np.median(post["posterior"]["E"]))!r}"' in text
    done("fit", "known_entropy", *FIT, "-o", folder, "--force")
    assert not (folder / "report.html").exists()


def test_what_is_missing_is_said(folder, tmp_path):
    assert "wanted .html" in refused("report", folder, "-o", tmp_path / "a.pdf")
    assert "give two of --N, --D and --C" in refused("report", folder, "--C", "1e13")
    assert "has no posterior.nc" in refused("show", tmp_path)
