"""The page of the sweeps is written from the stored records."""

import pytest

from benchmarks.evidence import EVIDENCE
from benchmarks.sweep import outcome_page as page
from benchmarks.sweep.outcome import main, read


def test_the_page_has_the_stored_numbers():
    text = (EVIDENCE / "sweeps.md").read_text(encoding="utf-8")
    assert page.filled(text, read()) == text


def test_a_changed_record_changes_the_page():
    """Seen outside its intervals, a run is no longer counted as inside."""
    records = read()
    first = next(record for record in records if record["kind"] == "forecast")
    before = page.inside(records)[0][3]
    first["observed"] = first["loss"][-1] + 1
    assert before == "3 of 3" and page.inside(records)[0][3] == "2 of 3"
    text = (EVIDENCE / "sweeps.md").read_text(encoding="utf-8")
    assert page.filled(text, records) != text


def test_unknown_options_are_refused():
    with pytest.raises(SystemExit, match="wanted nothing, or --stored"):
        main(["--quick"])
