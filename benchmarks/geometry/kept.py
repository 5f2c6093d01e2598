"""A table on disk that grows by a row at a time, so that a measurement can stop and continue."""

from pathlib import Path

import pandas as pd


class Kept:
    """A CSV file with key columns.

    Parameters
    ----------
    path : Path, the file; it need not exist.
    keys : names of the columns that say which measurement a row is.
    """

    def __init__(self, path: Path, keys: tuple[str, ...]):
        self.path, self.keys, self.known = path, keys, set()
        if path.is_file():
            self.known = {tuple(row) for row in pd.read_csv(path)[list(keys)].itertuples(index=False, name=None)}

    def __contains__(self, key: dict) -> bool:
        return tuple(key[name] for name in self.keys) in self.known

    def add(self, row: dict) -> None:
        """Write one row; floats keep six digits."""
        new = not self.path.is_file()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            if new:
                file.write(",".join(row) + "\n")
            file.write(",".join(f"{x:.6g}" if isinstance(x, float) else str(x) for x in row.values()) + "\n")
        self.known.add(tuple(row[name] for name in self.keys))
