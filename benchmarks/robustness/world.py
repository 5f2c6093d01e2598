"""The good inputs that the cases spoil: a table, its posterior, and a folder of `bayescale fit`."""

import os
import shutil
import subprocess
import sys
import warnings
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from click.testing import CliRunner

import bayescale as bs
from bayescale.laws import chinchilla
from bayescale.laws.henighan2020 import L_C
from bayescale.modelling.law import Law
from benchmarks.robustness.case import Foreign, Refused

#: Number of simulated runs.
RUNS = 24
#: Options of every fit: the method that takes a fraction of a second.
QUICK = {"method": "laplace", "seed": 1, "progressbar": False}


class World:
    """Good inputs, each made at its first use.

    Parameters
    ----------
    folder : Path, an empty folder for files.
    """

    law, law_C = chinchilla, L_C

    def __init__(self, folder: Path):
        self.folder = folder

    @cached_property
    def runs(self) -> pd.DataFrame:
        """Runs of a Chinchilla law: N, D, C and loss."""
        rng = np.random.default_rng(0)
        N, D = np.exp(rng.uniform(np.log([[6e7], [1e9]]), np.log([[1e10], [3e11]]), size=(2, RUNS)))
        loss = (1.82 + 482 * N**-0.348 + 2085 * D**-0.366) * np.exp(0.005 * rng.standard_normal(RUNS))
        return pd.DataFrame({"N": N, "D": D, "C": 6 * N * D, "loss": loss})

    @cached_property
    def runs_C(self) -> pd.DataFrame:
        """Runs of a law in C."""
        C, rng = np.geomspace(1e18, 1e22, RUNS), np.random.default_rng(1)
        return pd.DataFrame({"C": C, "loss": (1.8 + (C / 1e20) ** -0.2) * np.exp(0.005 * rng.standard_normal(RUNS))})

    @cached_property
    def post(self) -> xr.DataTree:
        """Posterior of `law`."""
        return self._quiet(self.law, self.runs)

    @cached_property
    def post_C(self) -> xr.DataTree:
        """Posterior of `law_C`."""
        return self._quiet(self.law_C, self.runs_C)

    @cached_property
    def predicted(self) -> xr.Dataset:
        """Draws of `predict` for two runs."""
        return bs.predict(self.law, self.post, self.targets(), seed=1)

    @cached_property
    def csv(self) -> Path:
        """The runs as a file."""
        return self.file("runs.csv", self.runs.to_csv(index=False))

    @cached_property
    def fitted(self) -> Path:
        """A folder of ``bayescale fit``."""
        self.command("fit", self.csv, "--law", "chinchilla", "--quick", "-o", self.folder / "fitted")
        return self.folder / "fitted"

    @cached_property
    def saved(self) -> Path:
        """A file of the posterior."""
        return bs.storage.save(self.post, self.folder / "good.nc")

    def _quiet(self, law: Law, runs: pd.DataFrame) -> xr.DataTree:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return bs.fit(law, runs, **QUICK)

    def targets(self, **columns: Any) -> pd.DataFrame:
        """Two good runs to forecast, with other columns or none (None)."""
        table = {"N": [2e10, 4e10], "D": [4e11, 8e11]} | columns
        return pd.DataFrame({name: values for name, values in table.items() if values is not None})

    def fit(self, runs: Any = None, law: Any = None, **options: Any) -> xr.DataTree:
        """`fit`, with these in place of what is good."""
        return bs.fit(self.law if law is None else law, self.runs if runs is None else runs, **{**QUICK, **options})

    def put(self, column: str, value: Any, row: int = 3) -> pd.DataFrame:
        """The runs with another value in one row."""
        table = self.runs.copy()
        table[column] = table[column].astype(object if isinstance(value, str) else type(value))
        table.loc[row, column] = value
        return table

    def file(self, name: str, content: str | bytes) -> Path:
        """A file in the folder."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def spoiled(self, name: str, start: int, count: int = 1, cut: bool = False) -> Path:
        """A copy of the saved posterior that is cut at a byte, or has some of its bytes flipped."""
        content = bytearray(self.saved.read_bytes())
        start = start if start >= 0 else len(content) + start
        content[start : len(content) if cut else start + count] = (
            b"" if cut else bytes(255 - byte for byte in content[start : start + count])
        )
        return self.file(name, bytes(content))

    def copy(self, name: str) -> Path:
        """A copy of the fitted folder."""
        path = self.folder / name
        shutil.rmtree(path, ignore_errors=True)
        return Path(shutil.copytree(self.fitted, path))

    def command(self, *words: Any) -> str:
        """The output of a command, run in this process."""
        from bayescale.cli.main import main

        done = CliRunner().invoke(main, [str(word) for word in words])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise Foreign(f"{type(done.exception).__name__}: {done.exception}")
        return self._ended(done.exit_code, done.output)

    def process(self, *words: Any, **environment: str) -> str:
        """The same in a process of its own."""
        command = [sys.executable, "-m", "bayescale", *map(str, words)]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env={**os.environ, **environment}, timeout=50
        )
        output = done.stdout + done.stderr
        if "Traceback" in output or done.returncode < 0:
            raise Foreign(output[-300:])
        return self._ended(done.returncode, output)

    @staticmethod
    def _ended(status: int, output: str) -> str:
        if status not in (0, 3):
            raise Refused(output)
        for line in output.splitlines():
            if line.startswith(("warning: ", "note: ", "sign: ")):
                warnings.warn(line, UserWarning, stacklevel=3)
        return output
