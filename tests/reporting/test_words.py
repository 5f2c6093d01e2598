"""Methods text and citations: every number is the posterior's, also of a stored one."""

import json
import re
import warnings
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.reporting.dialects import short
from bayescale.reporting.references import RECORDS, key_of, of_source
from tests.conftest import QUICK, pooled


@pytest.fixture(scope="module")
def known():
    """A posterior of a bundled table, with its source in the attributes."""
    runs = bs.load("known_entropy").query("split == 'grid'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return bs.fit(chinchilla, runs, method="laplace", seed=1)


def test_the_numbers_of_the_text_are_those_of_the_posterior(post, runs):
    text = bs.methods(post)
    for name in ("N", "D", "C"):
        low, high = short(runs[name].min()), short(runs[name].max())
        assert f"{name} from {low} to {high}" in text
        assert float(low) == pytest.approx(runs[name].min(), rel=5e-4)
    assert f"{len(runs)} training runs" in text
    sizes, attrs = post["posterior"].sizes, post.attrs
    assert f"{sizes['chain']} chains of {sizes['draw']} draws" in text and f"seed {attrs['seed']}" in text
    assert f"is {attrs['rhat']:.3f}, the smallest effective sample size {attrs['ess']:.0f}" in text
    assert "no transition diverged" in text
    for package, number in json.loads(attrs["versions"]).items():
        assert number in text, package
    assert "E ~ loss_min * Uniform(lower=0.0, upper=1.0)" in text and "nu = 4.0" in text


def test_a_stored_posterior_gives_the_same_words(post, known, tmp_path):
    for name, each in {"a": post, "b": known}.items():
        path = bs.storage.save(each, tmp_path / f"{name}.nc")
        again, plain = bs.storage.load(path), xr.open_datatree(path, engine="h5netcdf")
        for form in ("text", "latex"):
            assert bs.methods(each, form=form) == bs.methods(again, form=form) == bs.methods(plain, form=form)
        assert bs.cite(each) == bs.cite(again) == bs.cite(plain)
        plain.close()


def test_the_data_set_its_units_and_its_citation_come_with_the_posterior(known):
    text = bs.methods(known)
    assert "training runs of known_entropy (bayescale, benchmarks/sweep" in text
    assert "symbols" in text and "nats/symbol" in text and "tokens" not in text
    assert f"Pareto k of the weights is {known.attrs['pareto_k']:.2f}" in text
    assert "% The fitted table has no citation" not in bs.cite(known)


def test_a_table_without_a_source_is_told_so(post):
    assert bs.cite(post).count("\n%") == 1 and "% The fitted table has no citation" in bs.cite(post)


def test_keys_of_the_text_are_entries(post, known):
    for each in (post, known):
        wanted = {
            key for keys in re.findall(r"\\citep\{(.*?)\}", bs.methods(each, form="latex")) for key in keys.split(",")
        }
        had = re.findall(r"^@\w+\{([^,]+),", bs.cite(each), re.MULTILINE)
        assert wanted and wanted <= set(had) and len(had) == len(set(had))


@pytest.mark.parametrize("name", bs.laws.names())
def test_every_law_has_an_entry_with_title_and_authors(name):
    entries = of_source(name, bs.laws.names()[name].source)
    assert entries
    for entry in entries:
        assert key_of(entry) and "title" in entry and "author" in entry and "year" in entry
        assert entry.count("{") == entry.count("}")


def test_records_are_of_the_paper_they_stand_for():
    for number, name in RECORDS.items():
        assert f"eprint = {{{number}}}" in bs.datasets.info(name).cite


def test_unknown_sources():
    assert of_source("mine", "") == []
    assert (
        "note = {My thesis}" in of_source("mine.law", "My thesis")[0]
        and key_of(of_source("mine.law", "x")[0]) == "mine_law"
    )
    assert "eprint = {2999.12345}" in of_source("mine", "Somebody 2999, arXiv:2999.12345")[0]


def test_groups_and_own_laws(runs):
    own = replace(pooled(centered=False), name="mine", source="")
    table = runs.assign(family=np.where(np.arange(len(runs)) % 2, "a_1", "b"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = bs.fit(own, table, seed=1, **QUICK)
    assert "levels of family (b, a_1)" in bs.methods(fitted)
    assert r"a\_1" in bs.methods(fitted, form="latex")
    assert "% The law 'mine' names no source" in bs.cite(fitted)


def test_what_is_wrong_with_a_fit_is_said(post):
    bad = post.copy()
    bad.attrs |= {"rhat": 1.2, "converged": 0, "divergences": 3, "influential": '{"7": 0.9}', "unidentified": '["E"]'}
    text = bs.methods(bad)
    for words in ("3 transitions diverged", "has not converged", "runs with a Pareto k above 0.7: 7 (0.90)"):
        assert words in text
    assert "do not identify E." in text


def test_what_is_no_posterior_of_fit_raises(post):
    with pytest.raises(TypeError, match="wanted the DataTree"):
        bs.methods(post["posterior"].to_dataset())
    with pytest.raises(ValueError, match="lacks the groups"):
        bs.cite(xr.DataTree())
    with pytest.raises(ValueError, match="wanted one of \\['text', 'latex'\\]"):
        bs.methods(post, form="html")
