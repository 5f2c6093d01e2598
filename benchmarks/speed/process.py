"""Contenders as processes: started, timed from outside, and their line of JSON read."""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
TIMEOUT = 1800


def contend(name: str, table: Path, caches: Path | None = None) -> dict[str, Any]:
    """Run a contender on a table.

    Returns
    -------
    dict : what the contender printed, and ``wall`` and ``cpu`` [s] of the whole process with its children; or
        ``failed``, the last line of its errors.
    """
    seconds, cpu, done = timed([sys.executable, "-m", f"benchmarks.speed.{name}", str(table)], empty_caches(caches))
    result: dict[str, Any] = {"wall": seconds, "cpu": cpu}
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        errors = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        return result | {"failed": errors[-1]}
    return result | json.loads(lines[-1])


def timed(command: Sequence[str], environment: Mapping[str, str] | None = None):
    """Wall and CPU seconds of a process and its children, and the completed process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    env = {**os.environ, **(environment or {})}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's Python reads its libraries from byte code
    try:
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        done = subprocess.CompletedProcess(command, 1, "", f"stopped after {TIMEOUT} s")
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done


def best_of(command: Sequence[str], times: int = 5) -> float | None:
    """The shortest wall time [s] of a command; None if it fails."""
    runs = [timed(command) for _ in range(times)]
    return None if any(done.returncode for *_, done in runs) else min(wall for wall, *_ in runs)


def empty_caches(folder: Path | None) -> dict[str, str]:
    """Environment in which every library compiles as on its first day; none of it without a folder."""
    if folder is None:
        return {}
    flags = [flag for flag in (os.environ.get("PYTENSOR_FLAGS"), f"base_compiledir={folder}") if flag]
    names = ("XDG_CACHE_HOME", "BAYESCALE_CACHE", "NUMBA_CACHE_DIR")
    return {"PYTENSOR_FLAGS": ",".join(flags)} | {name: str(folder) for name in names}
