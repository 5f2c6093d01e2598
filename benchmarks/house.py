"""``python -m benchmarks house``: the size of the package, its imports, and what an addition costs.

Everything is read from the source: rooms and imports by `tests.rooms`, lines by counting them, loaded modules by a fit
in a new process, and the cost of an addition by what the additions that are there took.
"""

import ast
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.house_picture import picture
from benchmarks.table import table, write
from tests.rooms import FLOORS, ROOT, arrows, modules

REPOSITORY = ROOT.parent
#: A program that fits by one method and prints the files of the package that it loaded.
FIT = """
import json, sys, warnings
import numpy as np
import pandas as pd
import bayescale as bs
from bayescale.laws.hoffmann2022 import chinchilla

warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
N, D = np.exp(rng.uniform(np.log([[6e7], [1e9]]), np.log([[1e10], [3e11]]), size=(2, 20)))
loss = (1.82 + 482 * N**-0.348 + 2085 * D**-0.366) * np.exp(0.005 * rng.standard_normal(20))
runs = pd.DataFrame({"N": N, "D": D, "loss": loss})
bs.fit(chinchilla, runs, seed=1, method=sys.argv[1], draws=100, tune=200, chains=2, progressbar=False)
ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "bayescale"}
print(json.dumps(sorted({module.__file__ for module in ours.values()})))
"""
#: Additions of users, taken from the tests and benchmarks: what is added -> (file, its top-level names that are added).
OUTSIDE = {
    "a law": ("tests/cli/test_commands.py", ("OWN_LAW",)),
    "a noise": ("tests/twelve_fits.py", ("scale", "noisy")),
    "a plot": ("benchmarks/reproductions.py", ("picture",)),
}
#: The noise of the package whose lines are counted, and where it is: it has a formula of its own for the scale.
NOISE = ("bayescale/modelling/noise*.py", ("_by_compute", "by_compute"))
#: Paragraphs of the page.
ROOMS = """The package is divided into rooms, which are its subpackages. A room may import rooms of lower floors only.
`tests/rooms.py` holds the floors, and `tests/test_layers.py` fails if an import points up."""
FITS = """Modules of bayescale that are loaded in a new process once `fit` has run on 20 runs with Chinchilla's law."""
ADDING = f"""Inside the package, a law takes a file of its own. A plot or a data set also takes lines that name it in a
file beside it. The table has the medians over all that are there. The noise is `{NOISE[1][-1]}`.

Outside the package nothing is registered. A law or a noise is a value that `fit` takes. A plot is a function that
takes draws. A data set is a DataFrame or a CSV file with the columns of the law. The lines are those of
{", ".join(f"`{names[-1]}` in `{place}`" for place, names in OUTSIDE.values())}."""


def lines(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def loaded(method: str) -> list[Path]:
    """Files of the package that are loaded once `fit` has run by a method ("nuts" or "laplace"), in a new process."""
    command = [sys.executable, "-c", FIT, method]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return [Path(name) for name in json.loads(done.stdout.splitlines()[-1])]


def defined(place: str, names: Sequence[str]) -> int:
    """Lines of the statements at the top level of a file (or of files, if `place` is a pattern) that define the names.

    Raises
    ------
    ValueError
        If one of the names is not defined there.
    """
    spans = {}
    for node in (node for path in REPOSITORY.glob(place) for node in ast.parse(path.read_text(encoding="utf-8")).body):
        for target in node.targets if isinstance(node, ast.Assign) else [node]:
            spans[getattr(target, "id", getattr(target, "name", ""))] = (node.end_lineno or 0) - node.lineno + 1
    if missing := set(names) - set(spans):
        raise ValueError(f"{place} does not define {sorted(missing)}; name another example in benchmarks/house.py.")
    return sum(spans[name] for name in names)


def naming(path: Path, name: str) -> int:
    """Lines of code that name something: as a whole string, a variable, an attribute, or an import."""
    hits = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        said = [getattr(node, key, None) for key in ("id", "attr", "value", "module", "name")]
        if any(isinstance(word, str) and word.rpartition(".")[2] in (name, f"_{name}") for word in said):
            hits.add(node.lineno)  # pyright: ignore[reportAttributeAccessIssue]
    return len(hits)


def additions() -> dict[str, list[tuple[int, int]]]:
    """What is added -> files and lines, in its room, of each one that the package has.

    A law, a plot or a data set has a file of its own. Lines of other files in the same folder that name it are added.
    """
    from bayescale import plots
    from bayescale.data.literature.catalogue import names
    from bayescale.laws._find import PAPERS

    drawn = [name for name in plots.__all__ if "ax" in getattr(getattr(plots, name), "__annotations__", ())]
    kinds = {
        "a law": ("laws", PAPERS, "{}.py"),
        "a plot": ("plots", drawn, "_{}.py"),
        "a data set": ("data/literature", names(), "{}.py"),
    }
    costs: dict[str, list[tuple[int, int]]] = {}
    for kind, (folder, known, pattern) in kinds.items():
        for name in known:
            own = ROOT / folder / pattern.format(name)
            beside = [naming(path, name) for path in sorted((ROOT / folder).glob("*.py")) if path != own]
            costs.setdefault(kind, []).append((1 + sum(map(bool, beside)), lines(own) + sum(beside)))
    return costs


def sizes() -> dict[str, tuple[int, int]]:
    """Room -> its files and their lines, from the highest floor to the lowest."""
    found = {room: (0, 0) for room in sorted(FLOORS, key=lambda room: -FLOORS[room])}
    for room, path in modules():
        files, before = found[room]
        found[room] = files + 1, before + lines(path)
    return found


def costs() -> str:
    """Table of what an addition takes: files and lines inside the package, and outside of it."""
    inside = {kind: tuple(median(column) for column in zip(*found, strict=True)) for kind, found in additions().items()}
    inside["a noise"] = (1, defined(*NOISE))
    outside = {kind: (1, defined(*example)) for kind, example in OUTSIDE.items()} | {"a data set": (0, 0)}
    rows = [(kind, *inside[kind], *outside[kind]) for kind in sorted(inside)]
    return table(["to add", "files, inside", "lines", "files, outside", "lines"], rows)


def page(path: Path) -> None:
    """Measure the package, and write the page and, in `figures` beside it, the picture."""
    picture(path.parent / "figures" / "house.svg", sizes())
    imports, files = arrows(), [file for _, file in modules()]
    length = {str(file.relative_to(ROOT)): lines(file) for file in files}
    longest = max(length, key=lambda name: length[name])
    fits = {method: loaded(method) for method in ("nuts", "laplace")}
    rooms = [
        (room, str(FLOORS[room]), *size, *(len([key for key in imports if key[side] == room]) for side in (0, 1)))
        for room, size in sizes().items()
    ]
    shape = [
        ("rooms", len(rooms)),
        ("floors", len(set(FLOORS.values()))),
        ("arrows: pairs of rooms of which one imports the other", len(imports)),
        ("imports between rooms", sum(imports.values())),
        ("files", len(files)),
        ("lines", sum(length.values())),
        ("lines of the median file", median(length.values())),
        (f"lines of the longest file, `{longest}`", length[longest]),
    ]
    ours = [(f"`{method}`", len(found), sum(map(lines, found))) for method, found in fits.items()]
    counted = "Lines are counted as they stand: code, comments, docstrings and blank lines."
    sections = [
        f"Written by `python -m benchmarks house`. {counted}",
        ROOMS,
        "![The rooms and their imports](figures/house.svg)",
        table(["room", "floor", "files", "lines", "rooms it imports", "rooms that import it"], rooms, 2),
        table(["size", "number"], shape),
        "## What a fit loads",
        FITS,
        table(["method", "modules", "lines"], ours),
        "## What an addition takes",
        ADDING,
        costs(),
    ]
    write(path, "The layout of the package", sections)
