"""What a benchmark ran on: the processor, the versions, the load."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


def describe(packages: Sequence[str]) -> dict[str, str]:
    """The machine, Python, the packages that are installed, the time, and the load of the last five minutes."""
    versions = ", ".join(f"{name} {number}" for name in packages if (number := _version(name)))
    return {
        "Processor": f"{_processor()}, {os.cpu_count()} cores",
        "System": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "Packages": versions,
        "Started": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "Load at the start": load(),
    }


def load() -> str:
    """Mean number of busy processes in the last 1, 5 and 15 minutes."""
    return ", ".join(f"{value:.1f}" for value in os.getloadavg())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
