"""Bad files of posteriors, and bad commands, in this process and in processes of their own."""

import json

import xarray as xr

import bayescale as bs
from benchmarks.robustness.case import WARNING, cases

_FIT = ("--law", "chinchilla", "--quick")


def _header(w, sep: str) -> str:
    """The table as text with another separator."""
    return w.runs.to_csv(index=False, sep=sep)


def _wide(w) -> str:
    """The table with one column a run."""
    return w.runs.T.to_csv()


def _hostile(w):
    """A fitted folder whose law is a file that would leave a trace if it ran."""
    folder = w.copy("hostile")
    trace = w.file("hostile.py", f"open({str(w.folder / 'ran')!r}, 'w').close()\n")
    post = bs.storage.load(folder)
    post.attrs["cli_law"] = f"{trace}:law"
    bs.storage.save(post, folder / bs.storage.NAME)
    try:
        return w.command("forecast", folder, "--N", "7e9", "--D", "1e11")
    finally:
        if (w.folder / "ran").exists():
            raise AssertionError("the law file of a folder ran")


def _foreign_file(w):
    """A netCDF file that is no posterior."""
    xr.Dataset({"a": 1}).to_netcdf(w.folder / "other.nc", engine="h5netcdf")
    return bs.storage.load(w.folder / "other.nc")


def _later(w):
    """A posterior of a later version."""
    post = w.post.copy()
    post.attrs["schema"] = 10**6
    return bs.storage.load(bs.storage.save(post, w.folder / "later.nc"))


CASES = [
    *cases(
        "storage",
        ("wrong type", "save a dict", "DataTree", lambda w: bs.storage.save({}, w.folder / "a.nc")),
        ("wrong type", "save a law", "DataTree", lambda w: bs.storage.save(w.law, w.folder / "a.nc")),
        ("wrong type", "swapped arguments", "", lambda w: bs.storage.save(w.folder / "a.nc", w.post)),
        ("wrong type", "save an empty tree", "posterior", lambda w: bs.storage.save(xr.DataTree(), w.folder / "a.nc")),
        ("file", "save as CSV", "nc", lambda w: bs.storage.save(w.post, w.folder / "a.csv")),
        ("file", "save under a file", "", lambda w: bs.storage.save(w.post, w.file("plain", "") / "a.nc")),
        ("file", "load no file", "no file", lambda w: bs.storage.load(w.folder / "none.nc")),
        ("file", "load a folder without posterior", "posterior", lambda w: bs.storage.load(w.folder)),
        ("file", "load an empty file", "cannot be read", lambda w: bs.storage.load(w.file("void.nc", b""))),
        ("file", "load text", "cannot be read", lambda w: bs.storage.load(w.file("text.nc", "N,D,loss"))),
        ("file", "load a table", "posterior|read", lambda w: bs.storage.load(w.csv)),
        (
            "file",
            "a file cut in the middle",
            "cannot be read",
            lambda w: bs.storage.load(w.spoiled("cut.nc", 5000, cut=True)),
        ),
        (
            "file",
            "a file without its last bytes",
            "cannot be read",
            lambda w: bs.storage.load(w.spoiled("end.nc", -100, cut=True)),
        ),
        (
            "file",
            "flipped bytes in the header",
            "cannot be read|damaged",
            lambda w: bs.storage.load(w.spoiled("head.nc", 0, 16)),
        ),
        (
            "file",
            "flipped bytes in the middle",
            "damaged|read",
            lambda w: bs.storage.load(w.spoiled("flip.nc", -400_000, 64)),
        ),
        ("file", "another netCDF file", "posterior", _foreign_file),
        ("file", "a later version's file", "newer", _later),
        ("wrong type", "load None", "", lambda w: bs.storage.load(None)),
    ),
    *cases(
        "bayescale fit",
        (
            "file",
            "no such file",
            "no (file|data set)",
            lambda w: w.command("fit", "none.csv", *_FIT, "-o", w.folder / "o1"),
        ),
        (
            "file",
            "a host name as path",
            "",
            lambda w: w.command("fit", "node07.example.com", *_FIT, "-o", w.folder / "o1"),
        ),
        ("file", "a folder", "folder", lambda w: w.command("fit", w.folder, *_FIT, "-o", w.folder / "o1")),
        (
            "file",
            "an empty file",
            "empty",
            lambda w: w.command("fit", w.file("e.csv", ""), *_FIT, "-o", w.folder / "o1"),
        ),
        (
            "file",
            "only a header",
            "no runs",
            lambda w: w.command("fit", w.file("h.csv", "N,D,loss\n"), *_FIT, "-o", w.folder / "o1"),
        ),
        (
            "columns",
            "one column a run",
            "column",
            lambda w: w.command("fit", w.file("w.csv", _wide(w)), *_FIT, "-o", w.folder / "o1"),
        ),
        (
            "columns",
            "--column of no column",
            "params",
            lambda w: w.command("fit", w.csv, *_FIT, "--column", "N=params", "-o", w.folder / "o1"),
        ),
        (
            "columns",
            "--column without =",
            "KEY=VALUE",
            lambda w: w.command("fit", w.csv, *_FIT, "--column", "N", "-o", w.folder / "o1"),
        ),
        ("law", "an unknown law", "law", lambda w: w.command("fit", w.csv, "--law", "nothing", "-o", w.folder / "o1")),
        (
            "law",
            "a law file that is not there",
            "does not exist",
            lambda w: w.command("fit", w.csv, "--law", "no.py:law", "-o", w.folder / "o1"),
        ),
        (
            "law",
            "a law file that raises",
            "failed",
            lambda w: w.command("fit", w.csv, "--law", f"{w.file('bad.py', '1 / 0')}:law", "-o", w.folder / "o1"),
        ),
        (
            "law",
            "an unknown noise",
            "noise",
            lambda w: w.command("fit", w.csv, *_FIT, "--noise", "cauchy", "-o", w.folder / "o1"),
        ),
        (
            "hostile condition",
            "Python by @",
            "@",
            lambda w: w.command(
                "fit", w.csv, *_FIT, "--where", "@pd.io.common.os.system('true')", "-o", w.folder / "o1"
            ),
        ),
        (
            "hostile condition",
            "keeps nothing",
            "none of",
            lambda w: w.command("fit", w.csv, *_FIT, "--where", "N < 0", "-o", w.folder / "o1"),
        ),
        (
            "bad option",
            "a negative seed",
            "seed",
            lambda w: w.command("fit", w.csv, *_FIT, "--seed", "-1", "-o", w.folder / "o1"),
        ),
        (
            "bad option",
            "no draws",
            "draws",
            lambda w: w.command("fit", w.csv, *_FIT, "--draws", "0", "-o", w.folder / "o1"),
        ),
        (
            "bad option",
            "text as chains",
            "chains",
            lambda w: w.command("fit", w.csv, *_FIT, "--chains", "two", "-o", w.folder / "o1"),
        ),
        (
            "bad option",
            "NaN as reference",
            "N0",
            lambda w: w.command("fit", w.csv, *_FIT, "--reference", "N0=nan", "-o", w.folder / "o1"),
        ),
        ("file", "a folder that has a posterior", "--force", lambda w: w.command("fit", w.csv, *_FIT, "-o", w.fitted)),
        ("file", "a file for the folder", "", lambda w: w.command("fit", w.csv, *_FIT, "-o", w.file("taken", ""))),
    ),
    *cases(
        "bayescale fit",
        ("file", "semicolons and tabs are read", "", lambda w: _same(w)),
        right="number",
    ),
    *cases(
        "bayescale forecast",
        ("unit", "N in billions", "billions", lambda w: w.command("forecast", w.fitted, "--N", "70", "--D", "1400")),
        (
            "NaN, infinite, negative, zero",
            "N is NaN",
            "N",
            lambda w: w.command("forecast", w.fitted, "--N", "nan", "--D", "1e11"),
        ),
        (
            "NaN, infinite, negative, zero",
            "N below zero",
            "N",
            lambda w: w.command("forecast", w.fitted, "--N", "-1", "--D", "1e11"),
        ),
        (
            "text, dates, other cells",
            "N is text",
            "N",
            lambda w: w.command("forecast", w.fitted, "--N", "7B", "--D", "1e11"),
        ),
        ("columns", "no sizes", "N|C", lambda w: w.command("forecast", w.fitted)),
        (
            "columns",
            "N, D and C",
            "N|C",
            lambda w: w.command("forecast", w.fitted, "--N", "1e9", "--D", "1e11", "--C", "1"),
        ),
        (
            "columns",
            "--at of an unknown column",
            "U",
            lambda w: w.command("forecast", w.fitted, "--N", "1e9", "--D", "1e11", "--at", "U=3"),
        ),
        ("hostile folder", "a law file that this user never ran", "not run", _hostile),
        (
            "file",
            "no such folder",
            "no file or folder",
            lambda w: w.command("forecast", w.folder / "none", "--C", "1e22"),
        ),
        ("file", "a folder without posterior", "posterior", lambda w: w.command("forecast", w.folder, "--C", "1e22")),
        (
            "bad option",
            "a negative seed",
            "seed",
            lambda w: w.command("forecast", w.fitted, "--C", "1e23", "--seed", "-1"),
        ),
    ),
    *cases(
        "bayescale frontier, reach",
        (
            "NaN, infinite, negative, zero",
            "C is infinite",
            "C",
            lambda w: w.command("frontier", w.fitted, "--C", "inf"),
        ),
        ("unit", "C in PF-days", "PF-days", lambda w: w.command("frontier", w.fitted, "--C", "100")),
        (
            "file",
            "no such folder",
            "no file or folder",
            lambda w: w.command("frontier", w.folder / "none", "--C", "1e22"),
        ),
        (
            "file",
            "an output of another kind",
            "csv",
            lambda w: w.command("frontier", w.fitted, "--C", "1e23", "-o", w.folder / "a.xyz"),
        ),
        (
            "NaN, infinite, negative, zero",
            "loss below zero",
            "loss",
            lambda w: w.command("reach", w.fitted, "--loss", "-1"),
        ),
        (
            "bad option",
            "N and D are held",
            "held",
            lambda w: w.command("reach", w.fitted, "--loss", "2", "--N", "1e9", "--D", "1e11"),
        ),
        ("columns", "no loss", "loss", lambda w: w.command("reach", w.fitted)),
    ),
    *cases(
        "bayescale backtest, compare, data",
        ("law", "an unknown law", "law", lambda w: w.command("backtest", w.csv, "--law", "nothing")),
        (
            "columns",
            "by an unknown column",
            "date",
            lambda w: w.command("backtest", w.csv, "--law", "chinchilla", "--by", "date"),
        ),
        ("rows", "one folder", "two", lambda w: w.command("compare", w.fitted)),
        (
            "file",
            "a folder that is not there",
            "no folder",
            lambda w: w.command("compare", w.fitted, w.folder / "none"),
        ),
        ("name", "an unknown data set", "no data set", lambda w: w.command("data", "show", "nothing")),
        ("file", "export to another kind", "xlsx", lambda w: w.command("data", "export", "gpt3", w.folder / "a.xlsx")),
        ("bad option", "rows below zero", "rows", lambda w: w.command("data", "show", "gpt3", "--rows", "-1")),
    ),
    *cases(
        "bayescale forecast",
        (
            "unit",
            "N far below the runs",
            "below the smallest",
            lambda w: w.command("forecast", w.fitted, "--N", "7000", "--D", "1e6"),
        ),
        right=WARNING,
    ),
]


def _same(w) -> None:
    """The same table with other separators gives the same runs."""
    from bayescale.data.read import read

    one, two, three = (
        read(w.file(f"s{i}.{kind}", _header(w, sep)))
        for i, (kind, sep) in enumerate([("csv", ","), ("csv", ";"), ("tsv", "\t")])
    )
    if not (one.equals(two) and one.equals(three)):
        raise AssertionError(json.dumps([list(two), list(three)]))


#: Real processes.
PROCESSES = cases(
    "a process",
    ("file", "fit: no such file", "no", lambda w: w.process("fit", "none.csv", *_FIT, "-o", "p1")),
    ("file", "fit: an empty file", "empty", lambda w: w.process("fit", w.file("p.csv", ""), *_FIT, "-o", "p1")),
    ("law", "fit: an unknown law", "law", lambda w: w.process("fit", w.csv, "--law", "nothing", "-o", "p1")),
    ("law", "fit: no law", "--law", lambda w: w.process("fit", w.csv, "-o", "p1")),
    ("bad option", "fit: no chains", "chains", lambda w: w.process("fit", w.csv, *_FIT, "--chains", "0", "-o", "p1")),
    (
        "hostile condition",
        "fit: Python by @",
        "@",
        lambda w: w.process("fit", w.csv, *_FIT, "--where", "@x", "-o", "p1"),
    ),
    ("file", "forecast: no such folder", "no file or folder", lambda w: w.process("forecast", "none", "--C", "1e22")),
    (
        "unit",
        "forecast: N in billions",
        "billions",
        lambda w: w.process("forecast", w.fitted, "--N", "70", "--D", "1400"),
    ),
    (
        "file",
        "forecast: a file cut in the middle",
        "cannot be read",
        lambda w: w.process("forecast", w.spoiled("p.nc", 5000, cut=True), "--C", "1e22"),
    ),
    (
        "NaN, infinite, negative, zero",
        "frontier: C is NaN",
        "C",
        lambda w: w.process("frontier", w.fitted, "--C", "nan"),
    ),
    ("rows", "compare: one folder", "two", lambda w: w.process("compare", w.fitted)),
    ("name", "no such command", "command", lambda w: w.process("predict")),
)
