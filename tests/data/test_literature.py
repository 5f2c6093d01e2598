"""Data sets: one harness for all of them, the numbers against each other, and downloads from a real server."""

import ast
import hashlib
import json
import os
import subprocess
import sys
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import curve_fit

from bayescale.data.literature import besiroglu2024, catalogue, clark2022, muennighoff2023
from bayescale.data.literature.catalogue import info, load, names
from bayescale.data.literature.fetch import keys
from bayescale.data.literature.marin import without_embeddings

PF_DAY = 8.64e19
ROOT = Path(__file__).parents[2]
#: C/(6ND) where C is a nominal budget.
RATIO = {"isoflop": (0.74, 1.12), "delphi": (0.74, 1.08)}
#: Columns of the tidy copies with another name in the tables.
OURS = {
    "compute_flops": "C",
    "n_params": "N",
    "n_tokens": "D",
    "n_params_no_embed": "N_no_embed",
    "n_params_total": "N_total",
    "unique_tokens": "U",
    "flops_per_step": "forward_flops",
    "is_train": "training",
    "outlier_flag": "outlier",
    "outlier_reason": "reason",
    "paper_fit_point": "paper_fit",
    "excluded_besiroglu": "excluded",
}
#: Published table -> its tidy copy, and the columns of ours that the copy lacks or calls something else.
COPIES = {
    "besiroglu2024": ("besiroglu2024", {}),
    "gadre2024": ("gadre2024", {"run_id": "run"}),
    "porian2024": ("porian2024", {}),
    "muennighoff2023": ("muennighoff2023", {"run_id": "run"}),
    "gemstones2025": ("gemstones2025", {}),
    "clark2022": ("clark2022_routed", {"run_id": "run"}),
    "alabdulmohsin2022": ("alabdulmohsin2022", {"run_id": "run"}),
    "gpt3_curves": ("gpt3_curves_digitised", {"run_id": "run", "group": "split"}),
    "isoflop": ("isoflop_openathena", {}),
    "delphi": ("marin_delphi2026", {"run_id": "run"}),
    "brandfonbrener2024": ("brandfonbrener2024", {"run_id": "run", "n_layers": "depth", "d_model": "width"}),
    "misfitting2025": ("misfitting2025", {"run_id": "run", "step": "steps"}),
    "xlstm2025": ("xlstm2025", {"run_id": "run"}),
    "hagele2024": ("hagele2024", {"run_id": "name", "family": "group", "iters": "steps"}),
}
CONTENT = b"n,c,l\n1000000000,6000000000000000000,3.5\n2000000000,24000000000000000000,3.1\n"


@pytest.fixture(autouse=True)
def private(monkeypatch, tmp_path):
    """No test touches the user's cache or the network beyond loopback."""
    monkeypatch.setenv("BAYESCALE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("BAYESCALE_MIRROR", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def table(request):
    """Loads a data set; a published one needs its local copy."""

    def loaded(name: str) -> pd.DataFrame:
        if name in catalogue.PUBLISHED:
            folder = request.getfixturevalue("shared_data")
            missing = [key for key in keys(info(name)) if not (folder / key).is_file()]
            if missing:
                pytest.skip(f"BAYESCALE_DATA has no {missing} of {name}")
        return load(name)

    return loaded


# -- every data set ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", names())
def test_record_is_complete(name):
    record = info(name)
    assert record.name == name
    assert record.kind in ("runs", "curves", "constants")
    assert "run" in record.columns or record.kind != "curves"
    assert all((record.title, record.source, record.url, record.licence, record.columns))
    assert record.cite.count("{") == record.cite.count("}") > 0
    assert all(unit and meaning for unit, meaning in record.columns.values())
    assert all(len(sha) == 64 for sha in record.raw.values())
    assert bool(record.raw) + bool(record.local) == (record.read is not None) == (name in catalogue.PUBLISHED)
    assert bool(record.local) == bool(record.recipe)
    assert not record.raw or record.base.endswith("/")
    assert set(record.renamed) <= set(record.raw)


@pytest.mark.parametrize("name", names())
def test_card_shows_everything(name):
    record = info(name)
    card = str(record)
    for text in (name, record.title, str(record.rows), record.source, record.url, record.licence, *record.columns):
        assert text in card
    assert record.cite.split("\n")[1] in card
    assert all(note.split()[0] in card for note in record.notes)
    assert (record.base or record.local) in card and " ".join(record.recipe.split()[:5]) in card


@pytest.mark.parametrize("name", names())
def test_table_matches_its_record(name, table):
    record, found = info(name), table(name)
    assert list(found.columns) == list(record.columns)
    assert len(found) == record.rows
    assert found.attrs == {
        "name": name,
        "source": record.source,
        "licence": record.licence,
        "cite": record.cite,
        "units": record.units,
        **record.truths,
    }
    for column, unit in record.units.items():
        if unit == "flag":
            assert found[column].dtype == bool
        elif unit == "label":
            assert not pd.api.types.is_numeric_dtype(found[column]) and found[column].notna().all()
        else:
            assert found[column].dtype == np.float64
    assert not found.duplicated().any()


@pytest.mark.parametrize("name", names())
def test_runs_are_plausible(name, table):
    found = table(name)
    if info(name).kind == "constants":
        assert "loss" not in found
        return
    if name == "alabdulmohsin2022":  # images have no 6ND
        found = found.assign(C=6 * found.N * found.D)
    numbers = found[["N", "D", "C", "loss"]]
    assert np.isfinite(numbers).all(axis=None) and (numbers > 0).all(axis=None)
    assert (found.C / (6 * found.N * found.D)).between(*RATIO.get(name, (0.9, 1.8))).all()


@pytest.mark.parametrize("name", names())
def test_is_documented(name):
    page = (ROOT / "docs" / "reference" / "datasets.md").read_text(encoding="utf-8")
    row = [line for line in page.splitlines() if f"| `{name}` |" in line]
    assert len(row) == 1
    assert f"| {info(name).rows} |" in row[0]


@pytest.mark.parametrize("name", catalogue.BUNDLED)
def test_loads_are_independent(name):
    first = load(name)
    first.iloc[:, -1] = first.iloc[0, -1]
    first.attrs["units"].clear()
    assert load(name).attrs["units"] == info(name).units
    assert not load(name).equals(first)


# -- the typed numbers -------------------------------------------------------------------------------------------------


def test_gpt3():
    t = load("gpt3")
    np.testing.assert_allclose(t.C, 6 * t.N * t.D, rtol=0.05)
    np.testing.assert_allclose(t.pf_days * PF_DAY, t.C, rtol=0.01)
    np.testing.assert_allclose(t.loss, np.log(t.lambada_ppl), atol=5.1e-5)
    assert t.N.is_monotonic_increasing and t.loss.is_monotonic_decreasing


def test_cerebras_gpt():
    t = load("cerebras_gpt")
    np.testing.assert_allclose(t.D / t.N, 20, rtol=0.03)
    SP, muP = (t[t.family == family] for family in ("SP", "muP"))
    assert (len(SP), len(muP)) == (7, 5)
    assert muP.loss_model_card.isna().all()
    # With embeddings of 50257 tokens and 2048 positions the exact counts are the nominal sizes, to 2 %.
    widths = dict(zip(SP.model, (768, 1088, 1536, 2048, 2560, 4096, 5120), strict=True))
    np.testing.assert_allclose(t.N_no_embed + (50257 + 2048) * t.model.map(widths), t.N, rtol=0.025)
    # The paper's law describes the losses of the GitHub card to one per cent.
    np.testing.assert_allclose(SP.loss, (SP.C / 5.984e22) ** -0.0737 + 0.5066, rtol=0.0105)
    assert (abs(SP.loss - SP.loss_model_card) > 5e-4).sum() == 5


def test_pythia():
    t = load("pythia")
    assert (t.D == 300e9).all()
    assert t.N.is_monotonic_increasing and t.C.is_monotonic_increasing and t.loss.is_monotonic_decreasing
    # A floor and a power of C describe the losses; the floor, which contains the data term, is known to be near 1.36.
    (E, scale, power), _ = curve_fit(lambda C, E, s, g: E + s * C**-g, t.C / 3e21, t.loss, p0=[1.3, 0.5, 0.3])
    np.testing.assert_allclose(t.loss, E + scale * (t.C / 3e21) ** -power, rtol=0.008)
    assert 1.29 < E < 1.41


@pytest.mark.parametrize("name", ["hoffmann2022_table3", "hoffmann2022_tableA3"])
def test_hoffmann_budgets_are_6ND(name):
    t = load(name)
    np.testing.assert_allclose(t.C, 6 * t.N * t.D, rtol=0.05)


def test_hoffmann_exponents():
    A3 = load("hoffmann2022_tableA3")
    groups = [load("hoffmann2022_table3"), A3[A3.approach == "Approach 2"], A3[A3.approach == "Approach 3"]]
    slopes = [np.polyfit(np.log(t.C), np.log(t.N), 1)[0] for t in groups]
    np.testing.assert_allclose(slopes, [0.50, 0.49, 0.46], atol=0.006)  # Table 2


def test_henighan():
    t = load("henighan2020_table1")
    assert t.law.value_counts().to_dict() == {"L(N)": 12, "L(C)": 10, "N_opt(C)": 10}
    L_N, L_C, N_opt = (t[t.law == law].set_index("domain") for law in ("L(N)", "L(C)", "N_opt(C)"))
    assert N_opt.L_inf.isna().all() and L_N.L_inf.notna().all() and L_C.L_inf.notna().all()
    assert list(L_C.index) == list(N_opt.index) and N_opt.alpha.between(0.6, 0.8).all()
    # At one PF-day the reducible loss is x0^alpha; its share, computed independently.
    share = (L_C.x0**L_C.alpha / (L_C.L_inf + L_C.x0**L_C.alpha))[lambda s: L_C.L_inf > 0]
    expected = [0.011, 0.021, 0.061, 0.048, 0.063, 0.19, 0.52]
    np.testing.assert_allclose(share.filter(regex="^(Image|Video|Math)"), expected, rtol=0.05)
    # Language: 2.57 C^-0.048, the line of the GPT-3 paper.
    np.testing.assert_allclose(L_C.x0["Language"] ** L_C.alpha["Language"], 2.57, atol=0.005)


def test_kaplan():
    t = load("kaplan2020_constants")

    def value(law: str, *quantities: str) -> list[float]:
        return [t[(t.law == law) & (t.quantity == q)].value.item() for q in quantities]

    # The breakdown point (Eq 6.8), from Table 6 and Eqs 1.2 and 1.3.
    C_c, alpha_C = value("L(C_min)", "C_c_min", "alpha_C_min")
    D_c, alpha_D = value("L(D)", "D_c", "alpha_D")
    D_e, p_D = value("D_opt(C_min)", "D_e", "p_D")
    N_e, p_N = value("N_opt(C_min)", "N_e", "p_N")
    # (C_c/C)^alpha_C = (D_c / (D_e C^p_D))^alpha_D, solved for C
    C = (C_c**alpha_C * (D_e / D_c) ** alpha_D) ** (1 / (alpha_C - alpha_D * p_D))
    assert C == pytest.approx(1.1e4, rel=0.05)
    assert N_e * C**p_N == pytest.approx(1.2e12, rel=0.05)
    assert D_e * C**p_D == pytest.approx(2.5e11, rel=0.05)
    assert (C_c / C) ** alpha_C == pytest.approx(value("breakdown", "L_star")[0], abs=0.05)
    # The optimum conserves compute: C = 6 N B S, in PF-days.
    B_e, p_B = value("B(C_min)", "B_e", "p_B")
    S_e, p_S = value("S_min(C_min)", "S_e", "p_S")
    assert p_N + p_B + p_S == pytest.approx(1)
    assert 6 * N_e * B_e * S_e / PF_DAY == pytest.approx(1, rel=0.05)
    assert B_e * S_e == pytest.approx(D_e / 2, rel=0.1)  # twice the tokens at the critical batch size
    assert p_B + p_S == pytest.approx(p_D)


def _ordered(table: pd.DataFrame) -> pd.DataFrame:
    """Rows in an order that does not depend on the last digit; yes and no as numbers, as the tidy copies have them."""
    flags = table.select_dtypes(bool).columns
    table = table.astype(dict.fromkeys(flags, "float64"))
    return table.sort_values([c for c in table if c != "C"], ignore_index=True)


@pytest.mark.parametrize("name", catalogue.PUBLISHED)
def test_agrees_with_the_tidy_copy(shared_data, table, name):
    folder, columns = COPIES[name]
    found = table(name)
    tidy = pd.read_csv(shared_data / folder / f"{folder}.csv").rename(columns=OURS | columns)
    if name == "alabdulmohsin2022":  # the README has the size that the copy lacks
        tidy["N"] = tidy.N.fillna(262e6)
    tidy = tidy.fillna({"variant": "main"} if "variant" in tidy else {})
    both = [column for column in found if column in tidy]
    assert {"N", "D", "loss"} <= set(both) and ("C" in both) == ("C" in found and name != "clark2022")
    assert len(tidy) == info(name).rows
    numbers = [column for column in both if found[column].dtype.kind in "fb"]
    tidy = tidy[both].astype(dict.fromkeys(numbers, "float64"))
    found = pd.DataFrame(found[both])
    pd.testing.assert_frame_equal(_ordered(found), _ordered(tidy), rtol=1e-14, atol=0, check_dtype=False)


def test_subsets_that_the_notes_name(table):
    assert (~table("besiroglu2024").excluded).sum() == 240
    fits = table("gadre2024").query("paper_fit")
    assert fits.group.value_counts().to_dict() == {"c4_original": 5, "rpj": 5, "rw_original": 5}
    assert table("porian2024").group.nunique() == 15
    assert (table("muennighoff2023").variant == "main").sum() == 229
    assert table("gemstones2025").groupby("group").run.nunique().max() == 22
    dense = table("clark2022").query("group == 'Dense' and num_blocks == 12 and d_model == 896")
    assert dense.loss.std() == pytest.approx(0.0007, abs=5e-5)
    curves = table("alabdulmohsin2022")
    assert curves.drop_duplicates("run").group.value_counts().to_dict() == {"IC": 72, "BB": 10, "NMT": 5, "LM": 5}
    assert table("isoflop").group.nunique() == 6
    assert table("delphi").group.value_counts().to_dict() == {"isoflop": 81, "heldout_optimal": 7}
    corpora = table("brandfonbrener2024").groupby("group").heldout.sum()
    assert list(corpora) == [1] * 6


def test_runs_of_the_best_learning_rate(table):
    runs = table("misfitting2025")
    best = runs[runs.best_lr]
    assert len(best) == 81 and not best.duplicated(["N", "D"]).any()
    assert (best.loss == runs.groupby(["N", "D"]).loss.transform("min")[best.index]).all()
    runs = table("xlstm2025")
    lowest = runs.groupby(["group", "N", "D", "batch_tokens"]).loss.transform("min")
    assert ((runs.loss == lowest) == runs.best_lr).all() and ((runs.loss > 7) == runs.diverged).all()
    best = runs[runs.best_lr & ~runs.diverged]
    pairs = best[best.duplicated(["group", "N", "D"], keep=False)]
    large, small = (pairs[pairs.batch_tokens == tokens].set_index("N").loss for tokens in (2**20, 2**19))
    assert (pairs.group == "llama|ctx8192").all() and (large / small).between(1.01, 1.08).all() and len(small) == 7


def test_cooldowns_of_one_constant_rate_run_share_its_name(table):
    runs = table("hagele2024")
    cooldowns = runs[runs.group.str.endswith("|wsd20")]
    assert (len(cooldowns), cooldowns.run.nunique()) == (25, 11)
    assert (cooldowns.groupby("run").N.nunique() == 1).all() and not cooldowns.duplicated(["run", "D"]).any()
    cosine = runs[runs.group == "slimpajama|cosine"].set_index(["N", "D"])
    assert len(cosine) == cosine.run.nunique() == 24
    other = runs[runs.group == "slimpajama|wsd20"].set_index(["N", "D"])
    difference = (other.loss - cosine.loss).dropna()
    assert (len(difference), difference.mean(), difference.std()) == pytest.approx((16, -0.0009, 0.0037), abs=5e-5)


def test_delphi_optima(shared_data, table):
    """Quadratics of the loss in log10 tokens return the published optima of all budgets."""
    optima = pd.read_csv(shared_data / "marin_delphi2026" / "marin_delphi2026_optima.csv").set_index("compute_flops")
    for C, sweep in table("delphi").query("group == 'isoflop'").groupby("C"):
        x = np.log10(sweep.D)
        a, b, c = np.polyfit(x - 10, sweep.loss, 2)
        assert 10 ** (10 - b / (2 * a)) == pytest.approx(optima.d_opt[C], rel=1e-6)
        assert c - b**2 / (4 * a) == pytest.approx(optima.loss_opt[C], rel=1e-9)


def test_embeddings_that_a_count_of_parameters_has(table):
    delphi, isoflop, gemstones = table("delphi"), table("isoflop"), table("gemstones2025")
    widths = delphi[delphi["width"].notna()]
    assert (widths["N"] - widths["N_no_embed"] == 2 * 128256 * widths["width"]).all()
    assert (delphi["N"] - delphi["N_no_embed"]).iloc[-1] == 2 * 128256 * 5376  # whose width the table does not say
    assert (isoflop["N_no_embed"].notna() == (isoflop["source"] == "marin_202603")).all()
    one = (gemstones["N_no_embed"] - gemstones["width"]) / (gemstones["depth"] * gemstones["width"])
    assert (one % 1 == 0).all() and one.between(14 * gemstones["width"], 16 * gemstones["width"]).all()
    loss_to_loss, xlstm = table("brandfonbrener2024"), table("xlstm2025")
    d, w = loss_to_loss["depth"], loss_to_loss["width"]
    assert (loss_to_loss["N_no_embed"] == 12 * d * w**2 + 4 * d * w + w).all()
    for _, models in xlstm.groupby(["group", "width"]):  # a block has one size for each width
        block = (models["N_no_embed"] - models["width"]) / models["depth"]
        assert np.ptp(block) < 1e-6
    with pytest.raises(ValueError, match="of 0 models of Marin's suite"):
        without_embeddings(pd.Series([1e9]))


def test_muennighoff_reader(tmp_path):
    losses = {"1b11b5400mc4seed1": 3.0, "1b12b7100m": 5.0, "1b11b5100m": 4.0, "7m1b25100m": 0, "1b1100m100m": 6.0}
    file = tmp_path / "f.json"
    file.write_text(json.dumps({"NAMES_TO_VAL_LOSSES": losses, "PARAMS_MAP": {"1b1": 1.1e9, "7m": 7e6}}))
    found = muennighoff2023.read(file)
    assert list(found.D) == [1.5e9, 2.7e9, 1.5e9, 1e8] and list(found.U) == [4e8, 1e8, 1e8, 1e8]
    assert list(found.overfit) == [False, True, False, False] and list(found.variant)[:2] == ["seed1", "main"]
    file.write_text(json.dumps({"NAMES_TO_VAL_LOSSES": {"1b1": 3.0}, "PARAMS_MAP": {"1b1": 1.1e9}}))
    with pytest.raises(ValueError, match="the name '1b1'"):
        muennighoff2023.read(file)


def test_clark_reader_takes_the_last_evaluation(tmp_path):
    raw = {"hyper_id": [7, 7, 7, 8], "step": [0, 10000, 20000, 10000], "loss_validation": [9.0, 3.0, np.nan, 2.0]}
    given = {"dense_parameter_count": 10**9, "flops_per_step": 1.0, "router_type": "Dense"}
    pd.DataFrame(raw | given).to_csv(tmp_path / "f.csv", index=False)
    found = clark2022.read(tmp_path / "f.csv")
    assert list(found.run) == ["hyper7", "hyper8"] and list(found.loss) == [3.0, 2.0]
    np.testing.assert_allclose(found.C, 6e9 * 10000 * 256 * 2048)


def test_besiroglu_reader(tmp_path):
    C = np.array([6.1e18, 1.2e19, 3.0e21, 2.9e19, 6e20, 1e21, 9e17])
    loss = [2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 1.0]
    pd.DataFrame({"x": 0, "Model Size": 10**9, "Training FLOP": C, "loss": loss}).to_csv(tmp_path / "f.csv")
    found = besiroglu2024.read(tmp_path / "f.csv")
    np.testing.assert_allclose(found.D, C / 6e9)
    assert list(found.excluded) == [False, True, True, True, True, True, False]
    np.testing.assert_array_equal(found.isoflop_budget, [6e18, np.nan, 3e21, 3e19, 6e20, 1e21, np.nan])


# -- names and imports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("given", "meant"), [("gpt-3", "gpt3"), ("Pythia", "pythia"), ("HOFFMANN2022_TABLEA", "hoff")])
def test_unknown_name_suggests_and_lists(given, meant):
    with pytest.raises(ValueError, match=f"Did you mean '{meant}") as caught:
        load(given)
    assert all(name in str(caught.value) for name in names())


def test_unlike_name_has_no_suggestion():
    with pytest.raises(ValueError, match="no data set 'zzz'") as caught:
        info("zzz")
    assert "Did you mean" not in str(caught.value)


def test_bundled_tables_need_pandas_only():
    code = (
        "import sys, bayescale; bayescale.load('gpt3'); "
        "sys.exit(str([m for m in ('pooch', 'requests', 'pymc', 'arviz', 'matplotlib') if m in sys.modules] or ''))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert not done.stderr.strip() and not done.stdout


def test_imports_only_base_of_the_rest_of_bayescale():
    for file in (ROOT / "bayescale" / "data" / "literature").glob("*.py"):
        nodes = list(ast.walk(ast.parse(file.read_text())))
        modules = [n.module or "" for n in nodes if isinstance(n, ast.ImportFrom)]
        modules += [alias.name for n in nodes if isinstance(n, ast.Import) for alias in n.names]
        ours = [m for m in modules if m.split(".")[0] == "bayescale"]
        assert all(m.startswith(("bayescale.data.literature", "bayescale.base")) for m in ours), file.name


# -- downloads, from a server on loopback ------------------------------------------------------------------------------


@pytest.fixture
def server(monkeypatch):
    """A server whose answer a test may change; BAYESCALE_MIRROR names it."""
    answer = SimpleNamespace(status=200, body=CONTENT, length=None, asked=[])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            answer.asked.append(self.path)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format, *args):
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    answer.address = f"http://127.0.0.1:{http.server_port}"
    monkeypatch.setenv("BAYESCALE_MIRROR", answer.address)
    yield answer
    http.shutdown()
    http.server_close()


def _read_toy(path: Path) -> pd.DataFrame:
    raw = pd.read_csv(path)
    return pd.DataFrame({"N": raw.n, "D": raw.c / (6 * raw.n), "C": raw.c, "loss": raw.l})


@pytest.fixture
def toy(monkeypatch):
    """A published data set of the tests: what a new member has to bring, and no more."""
    columns = {"N": ("parameters", "-"), "D": ("tokens", "-"), "C": ("FLOP", "-"), "loss": ("nats/token", "-")}
    record = replace(
        info("gpt3"),
        name="toy2024",
        rows=2,
        columns=columns,
        base="http://127.0.0.1:9/upstream/",
        raw={"deep/folder/toy.csv": hashlib.sha256(CONTENT).hexdigest()},
        read=_read_toy,
    )
    module = ModuleType("bayescale.data.literature.toy2024")
    module.__dict__["DATASET"] = record
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(catalogue, "PUBLISHED", ("besiroglu2024", "toy2024"))
    monkeypatch.delenv("BAYESCALE_DATA", raising=False)
    return record


@pytest.fixture
def cached(tmp_path):
    return tmp_path / "cache" / "toy2024" / "raw" / "toy.csv"


def kept(tmp_path: Path) -> list[Path]:
    return [file for file in (tmp_path / "cache").rglob("*") if file.is_file()]


def test_download_is_kept_and_silent(toy, server, cached, capfd):
    found = load("toy2024")
    assert list(found.N) == [1e9, 2e9] and (found.dtypes == "float64").all()  # 2.4e19 does not fit into int64
    assert cached.read_bytes() == CONTENT
    server.status = 500
    assert load("toy2024").equals(found)
    assert server.asked == ["/toy2024/raw/toy.csv"]
    assert capfd.readouterr() == ("", "")


def test_without_mirror_the_pinned_address_is_asked(toy, server, monkeypatch):
    monkeypatch.delenv("BAYESCALE_MIRROR")
    module = sys.modules["bayescale.data.literature.toy2024"]
    monkeypatch.setattr(module, "DATASET", replace(toy, base=f"{server.address}/up/"))
    load("toy2024")
    assert server.asked == ["/up/deep/folder/toy.csv"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"status": 404}, ConnectionError),
        ({"status": 500}, ConnectionError),
        ({"body": CONTENT.replace(b"3.5", b"3.6")}, ValueError),
        ({"body": CONTENT[:-20]}, ValueError),
        ({"body": CONTENT[:-20], "length": len(CONTENT)}, ConnectionError),
        ({"body": b""}, ValueError),
    ],
    ids=["absent", "server error", "corrupted", "short", "broken off", "empty"],
)
def test_bad_download_is_refused_and_leaves_nothing(toy, server, tmp_path, fault, error):
    vars(server).update(fault)
    with pytest.raises(error) as caught:
        load("toy2024")
    for text in ("toy2024", server.address, "BAYESCALE_DATA", "toy2024/raw/toy.csv"):
        assert text in str(caught.value)
    assert kept(tmp_path) == []
    server.status, server.body, server.length = 200, CONTENT, None
    assert len(load("toy2024")) == 2


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "nonsense", "gopher://127.0.0.1"])
def test_offline_says_what_to_do(toy, tmp_path, cached, monkeypatch, address):
    monkeypatch.setenv("BAYESCALE_MIRROR", address)
    with pytest.raises(ConnectionError) as caught:
        load("toy2024")
    for text in ("toy2024", address, "BAYESCALE_DATA", "BAYESCALE_MIRROR", str(cached)):
        assert text in str(caught.value)
    assert kept(tmp_path) == []


def test_file_put_into_the_cache_works_offline(toy, cached):
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    assert len(load("toy2024")) == 2


def test_bad_file_in_the_cache_is_replaced(toy, server, cached):
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT[:-5])
    server.status = 503
    with pytest.raises(ConnectionError):
        load("toy2024")
    server.status = 200
    assert len(load("toy2024")) == 2
    assert cached.read_bytes() == CONTENT


def test_cache_that_cannot_be_written(toy, server, tmp_path):
    (tmp_path / "cache").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="BAYESCALE_CACHE"):
        load("toy2024")


def test_without_a_home_folder_only_downloads_fail(toy, server, tmp_path, monkeypatch):
    def nobody(*_):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("BAYESCALE_CACHE")
    monkeypatch.chdir(tmp_path)
    for home in (nobody, lambda *_: "~no-such-user/.cache/bayescale"):
        monkeypatch.setattr("platformdirs.user_cache_dir", home)
        with pytest.raises(OSError, match="no home folder. Set BAYESCALE_CACHE"):
            load("toy2024")
    assert len(load("known_entropy")) and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="no modes on this system")
def test_a_cache_that_is_made_is_closed_to_others(toy, server, tmp_path):
    before = os.umask(0)
    try:
        load("toy2024")
    finally:
        os.umask(before)
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_local_copy_comes_first(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("BAYESCALE_DATA", str(tmp_path / "local"))
    file = tmp_path / "local" / "toy2024" / "raw" / "toy.csv"
    with pytest.raises(ConnectionError):
        load("toy2024")
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    assert len(load("toy2024")) == 2
    file.write_bytes(CONTENT + b"\n")
    with pytest.raises(ValueError, match="not the published file of 'toy2024'"):
        load("toy2024")


MADE = [name for name in catalogue.PUBLISHED if info(name).local]


@pytest.mark.parametrize("name", MADE)
def test_absent_file_says_how_to_make_it(name, tmp_path, monkeypatch):
    record = info(name)
    for folder in (None, str(tmp_path)):
        monkeypatch.setenv("BAYESCALE_DATA", folder) if folder else monkeypatch.delenv("BAYESCALE_DATA", raising=False)
        with pytest.raises(FileNotFoundError) as caught:
            load(name)
        for text in (name, record.url, record.recipe, record.local, "BAYESCALE_DATA", folder or "unset"):
            assert text in str(caught.value)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("content", ["", "{}", "[1]", "a,b\n1,2\n", '{"a": {"hyperparameters": {}, "results": []}}'])
def test_another_file_is_refused(name, content, tmp_path, monkeypatch):
    file = tmp_path / info(name).local
    file.parent.mkdir(parents=True)
    file.write_text(content)
    monkeypatch.setenv("BAYESCALE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=f"is not the file of '{name}'"):
        load(name)


def test_too_few_rows_are_refused(tmp_path, monkeypatch):
    file = tmp_path / info("delphi").local
    file.parent.mkdir(parents=True)
    pd.DataFrame(1, index=range(3), columns=list(info("delphi").columns)).assign(N=156508160).to_csv(file)
    monkeypatch.setenv("BAYESCALE_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="3 rows, wanted 88"):
        load("delphi")


def test_folder_and_name_of_a_local_copy():
    assert keys(info("isoflop")) == ["isoflop_openathena/raw/isoflops_transform.csv"]
    assert keys(info("clark2022")) == ["clark2022_routed/raw/curves.csv.gz"]


def test_besiroglu_from_a_mirror(shared_data, server, monkeypatch, table):
    local = table("besiroglu2024")
    (path,) = info("besiroglu2024").raw
    server.body = (shared_data / "besiroglu2024" / "raw" / Path(path).name).read_bytes()
    monkeypatch.delenv("BAYESCALE_DATA")
    pd.testing.assert_frame_equal(load("besiroglu2024"), local)
    assert server.asked == ["/besiroglu2024/raw/svg_extracted_data.csv"]


def test_the_exact_entropy_comes_with_its_table():
    assert load("known_entropy").attrs["entropy"] == pytest.approx(1.96532, abs=1e-5)
