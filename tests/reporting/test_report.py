"""The report: what it says is the posterior's; in a browser it works without a network, at every width and in print."""

import json
import re
import shutil
import warnings
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest

import bayescale as bs
from bayescale.laws import chinchilla, find
from bayescale.reporting.page import findings
from bayescale.reporting.page.findings import influence, thinned
from bayescale.reporting.page.sections import SECTIONS
from bayescale.reporting.report import known_law
from tests.conftest import QUICK, pooled

#: Names of the browser's program, in the order of preference.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Page(HTMLParser):
    """Rows of each table that has an id, as (text, exact value) of each cell; and every id."""

    def __init__(self, text: str):
        super().__init__()
        self.tables, self.ids, self.addresses = {}, [], []
        self._rows, self._value = None, None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.addresses += [given[key] for key in ("src", "href", "xlink:href") if key in given]
        if tag == "table":
            self._rows = self.tables.setdefault(given.get("id", ""), [])
        if tag == "tr" and self._rows is not None:
            self._rows.append([])
        if tag in ("td", "th") and self._rows:
            self._rows[-1].append(["", float(given["data-value"]) if "data-value" in given else None])

    def handle_endtag(self, tag):
        if tag == "table":
            self._rows = None

    def handle_data(self, data):
        if self._rows and self._rows[-1]:
            self._rows[-1][-1][0] += data


@pytest.fixture(scope="module")
def file(post, tmp_path_factory):
    return bs.report(post, tmp_path_factory.mktemp("report") / "report.html", seed=1)


@pytest.fixture
def few(monkeypatch):
    """Frontiers of few draws, for tests that do not look at them."""
    monkeypatch.setattr(findings, "FRONTIER_DRAWS", 100)
    monkeypatch.setattr(findings, "BUDGETS", 6)


@pytest.fixture(scope="module")
def page(file):
    return Page(file.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium; without one, or without Playwright, the test is skipped."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed (group dev)")
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no browser: none of {BROWSERS} is installed (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


def test_parameters_are_those_of_the_posterior(page, post):
    rows = {cells[0][0]: cells for cells in page.tables["parameters"][1:]}
    assert set(rows) == set(post["posterior"].data_vars)
    for name, cells in rows.items():
        draws = post["posterior"][name].to_numpy()
        values = [value for _, value in cells[2:5]]
        assert values == pytest.approx(np.quantile(draws, [0.5, 0.05, 0.95]).tolist(), rel=1e-12)
        width = values[2] - values[1]
        assert all(abs(float(text) - value) <= 0.06 * width for text, value in cells[2:5])
    assert max(cells[5][1] for cells in rows.values()) == pytest.approx(post.attrs["rhat"], abs=1e-9)
    assert min(cells[6][1] for cells in rows.values()) == pytest.approx(post.attrs["ess"], rel=1e-6)


def test_runs_and_ranges_are_those_of_the_table(page, runs):
    rows = page.tables["runs"]
    assert len(rows) == 1 + len(runs)
    names = [text.partition(" ")[0] for text, _ in rows[0]]
    for name in ("N", "D", "C", "loss"):
        shown = [cells[names.index(name)][1] for cells in rows[1:]]
        assert shown == pytest.approx(runs[name].tolist(), rel=1e-12)
    ends = {cells[0][0]: (cells[3][1], cells[4][1]) for cells in page.tables["data"][1:]}
    assert ends["Model size N"] == pytest.approx((runs["N"].min(), runs["N"].max()))
    assert ends["Loss"] == pytest.approx((runs["loss"].min(), runs["loss"].max()))


def test_forecasts_are_those_of_predict(post, tmp_path, few):
    targets = pd.DataFrame({"N": [7e10], "D": [1.4e12]})
    text = bs.report(post, tmp_path / "a.html", targets=targets, seed=3).read_text(encoding="utf-8")
    drawn = bs.predict(chinchilla, post, targets, seed=3)
    ((_, (_, mu), _, (_, loss), _),) = Page(text).tables["forecast"][1:]
    assert mu == pytest.approx(float(drawn["mu"].median())) and loss == pytest.approx(float(drawn["loss"].median()))


def test_the_frontier_is_that_of_a_thousand_draws(page, post):
    first = page.tables["frontier-table"][1]
    budget = float(first[0][0])
    best = bs.frontier(chinchilla, thinned(post, 1000), budget, seed=1).isel(C=0)
    assert best["loss"].size == 1000
    assert first[1][1] == pytest.approx(float(best["N"].median()), rel=0.01)
    assert first[4][1] == pytest.approx(float(best["loss"].median()), rel=1e-3)


def test_influence_is_that_of_fits_without_the_run(post, runs):
    """Reweighted draws move the forecast as a new fit without the run does."""
    targets = pd.DataFrame({"N": [7e10], "D": [1.4e12]})
    drawn = bs.predict(chinchilla, post, targets, seed=1)
    found = influence(post, drawn)
    most = found[found["k"] < 0.5].index[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = bs.fit(chinchilla, runs.drop(index=int(most)), seed=1, progressbar=False)
    moved = 100 * float(np.log(chinchilla(again, **targets).median() / chinchilla(post, **targets).median()))
    assert len(found) == len(runs) and found.loc[most, "moved"] == pytest.approx(moved, abs=0.05)


def test_the_page_is_complete_and_alone(page, file, post):
    text = file.read_text(encoding="utf-8")
    for name in SECTIONS:
        assert f">{name}</h2>" in text
    assert len(page.ids) == len(set(page.ids))
    assert all(each.startswith("#") for each in page.addresses)
    assert {each[1:] for each in page.addresses} <= set(page.ids)
    assert bs.methods(post)[:60] in text and "@misc{hoffmann2022," in text
    assert 'http-equiv="Content-Security-Policy" content="default-src \'none\'' in text
    assert json.loads(re.findall(r'id="frontier-data">(.*?)</script>', text)[0])["C"]


def test_a_back_test_is_shown(post, runs, tmp_path, few):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tests = bs.backtest(chinchilla, runs, cuts=[float(runs["C"].quantile(0.6))], seed=1, progressbar=False)
    text = bs.report(post, tmp_path / "a.html", backtest=tests).read_text(encoding="utf-8")
    assert 'id="backtest-coverage"' in text and "No back-test" not in text
    told = bs.evidence(tests)
    assert str(told).split(";")[0][:40].replace("'", "&#x27;") in text
    assert 'id="backtest-coverage"' not in bs.report(post, tmp_path / "b.html", backtest=told).read_text()


@pytest.mark.parametrize("law, table", [
    ("henighan2020.L_C", "known_entropy"),
    ("kaplan2020.L_N", "pythia"),
    ("muennighoff2023.data_constrained", None),
    ("busbridge2025.generalised_N", "pythia"),
])  # fmt: skip
def test_other_laws_have_a_report(law, table, runs, tmp_path, few):
    table = runs.assign(U=runs["D"].clip(upper=5e10)) if table is None else bs.load(table)
    table = table.query("split == 'grid'") if "split" in table else table
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = bs.fit(find(law), table, method="laplace", seed=1)
    text = bs.report(fitted, tmp_path / "a.html").read_text(encoding="utf-8")
    assert all(f">{name}</h2>" in text for name in SECTIONS)
    assert 'id="forecast-figure"' in text or len(find(law).inputs) > 2


def test_a_law_with_groups_has_a_report(runs, tmp_path, few):
    own, table = pooled(centered=False), runs.assign(family=np.where(np.arange(len(runs)) % 2, "a", "b"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = bs.fit(own, table, seed=1, **QUICK)
    page = Page(bs.report(fitted, tmp_path / "a.html", law=own).read_text(encoding="utf-8"))
    assert [cells[0][0][:10] for cells in page.tables["forecast"][1:]] == ["family = b", "family = a"] * 2
    names = {cells[0][0] for cells in page.tables["parameters"]}
    assert {"E[b]", "E[a]", "alpha_N[b]"} <= names


def test_what_cannot_be_written_raises_and_leaves_what_was_there(post, tmp_path, few):
    with pytest.raises(ValueError, match="wanted .html"):
        bs.report(post, tmp_path / "report.pdf")
    with pytest.raises(FileNotFoundError, match="make it first"):
        bs.report(post, tmp_path / "absent" / "report.html")
    with pytest.raises(TypeError, match="path of a file"):
        bs.report(post, 3)
    own = post.copy()
    own.attrs["law_text"] = own.attrs["law_text"].replace("mu=-1.2", "mu=-1.3")
    with pytest.raises(ValueError, match="give it as law="):
        bs.report(own, tmp_path / "report.html")
    old = tmp_path / "report.html"
    old.write_text("old")
    with pytest.raises(ValueError):
        bs.report(post, old, targets=pd.DataFrame({"N": [-1.0], "D": [1.0]}))
    assert old.read_text() == "old" and [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_the_law_is_found_with_the_noise_of_the_fit(post):
    other = post.copy()
    law = replace(chinchilla, noise=bs.noises.lognormal)
    other.attrs |= {"law_text": str(law)}
    assert str(known_law(other)) == str(law) and str(known_law(post)) == str(chinchilla)


def test_names_of_the_user_cannot_add_elements(post, tmp_path, few):
    own = post.copy()
    own.attrs |= {"data_name": "<script>alert(1)</script>", "data_source": "<img src=x>"}
    page = Page(bs.report(own, tmp_path / "a.html").read_text(encoding="utf-8"))
    assert all(each.startswith("#") for each in page.addresses)


def _opened(browser, file, width):
    """The page in the browser, and what went wrong: errors, warnings of the console, requests but that of the file."""
    view = browser.new_page(viewport={"width": width, "height": 800})
    wrong = []
    view.on("console", lambda message: wrong.append(message.text))
    view.on("pageerror", lambda error: wrong.append(str(error)))
    view.on("request", lambda request: None if request.url == file.as_uri() else wrong.append(request.url))
    view.goto(file.as_uri())
    return view, wrong


@pytest.mark.parametrize("width", [380, 1400])
def test_the_browser_shows_it_without_errors_or_overflow(browser, file, width):
    view, wrong = _opened(browser, file, width)
    sizes = view.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wrong == [] and sizes[0] <= sizes[1] == width
    assert view.locator("figure svg").count() >= 10
    smallest = view.evaluate(
        "Math.min(...[...document.querySelectorAll('figure svg')].map(s => s.getBoundingClientRect().width))"
    )
    assert smallest >= 300  # 3.35 inches of 7-point type need no magnifier at this width
    view.close()


def test_the_slider_moves_values_and_lines(browser, file):
    view, wrong = _opened(browser, file, 1400)
    data = json.loads(view.locator("#frontier-data").text_content())
    last = len(data["C"]) - 1
    view.locator("#budget").focus()
    view.keyboard.press("End")
    assert view.locator("#budget-value").text_content() == f"{data['C'][last]} FLOP"
    cells = view.locator("#optimum tbody td").all_text_contents()
    assert cells == [text for row in data["rows"] for text in row["cells"][last]]
    at = view.locator("#frontier-loss line.cursor").get_attribute("x1")
    assert float(at) == data["figures"]["frontier-loss"]["x"][last] and wrong == []
    view.close()


def test_pointing_at_a_run_shows_its_values(browser, file, runs):
    view, wrong = _opened(browser, file, 1400)
    hit = view.locator("#residuals-N .hit").nth(7)
    hit.scroll_into_view_if_needed()
    box = hit.bounding_box()
    view.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    text = view.locator("#tip").text_content()
    assert view.locator("#tip").is_visible() and wrong == []
    shown = int(re.match(r"run (\d+)", text)[1])
    assert f"loss {runs['loss'].iloc[shown]:.4g} nats/token" in text
    x, middle = float(hit.get_attribute("cx")), runs["N"].iloc[7]
    others = view.locator("#residuals-N .hit").evaluate_all("hits => hits.map(h => Number(h.getAttribute('cx')))")
    assert np.argsort(others).tolist() == np.argsort(runs["N"]).tolist() and x == others[7] and middle > 0
    view.mouse.move(5, 5)
    assert not view.locator("#tip").is_visible()
    view.close()


def test_it_prints(browser, file, tmp_path):
    view, wrong = _opened(browser, file, 1400)
    paper = view.pdf(path=str(tmp_path / "report.pdf"), prefer_css_page_size=True)
    assert paper.startswith(b"%PDF") and len(paper) > 50_000 and paper.count(b"/Type /Page\n") >= 3 and wrong == []
    view.close()


def test_a_figure_that_cannot_be_drawn_does_not_cost_the_report(post, tmp_path, few, monkeypatch):
    """As where a fifth of the draws have no optimum; the slider then has no dot there."""
    real = findings.frontier

    def patchy(*given, **options):
        best = real(*given, **options)
        best["curvature"] = best["curvature"].where(best["draw"] % 2 == 0)
        return best.assign(slope=best["slope"] * np.nan)

    monkeypatch.setattr(findings, "frontier", patchy)
    text = bs.report(post, tmp_path / "a.html").read_text(encoding="utf-8")
    assert "The figure &#x27;frontier-curvature&#x27; was left out" in text and 'id="frontier-loss"' in text
    data = json.loads(re.findall(r'id="frontier-data">(.*?)</script>', text)[0])
    assert "frontier-curvature" not in data["figures"]
    assert all(cells == ["none"] * 3 for row in data["rows"] if row["name"] == "slope" for cells in row["cells"])
