"""Settings: files of settings next to a log, as JSON or YAML."""

import json
import re
from pathlib import Path
from typing import Any

from bayescale.data.logs.log import flat

#: Files whose settings belong to the log in the same folder.
NAMES = ("config.json", "hparams.yaml", "config.yaml", "args.json", "params.json", "training_args.json")


def in_folder(folder: Path, names: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """The settings in files of a folder, without nesting; a file that cannot be read has none."""
    found: dict[str, Any] = {}
    for name in names:
        path = folder / name
        if path.is_file():
            found = {**read(path), **found}
    return found


def read(path: Path) -> dict[str, Any]:
    """The settings in a JSON or YAML file, without nesting; none if it is no mapping.

    Raises
    ------
    ImportError
        If the file is YAML and PyYAML is not installed.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    try:
        found = json.loads(text) if path.suffix == ".json" else _yaml(path, text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    if all(isinstance(value, dict) and "value" in value for key, value in found.items() if key != "wandb_version"):
        found = {key: value["value"] for key, value in found.items() if isinstance(value, dict)}  # of W&B
    return flat({key: value for key, value in found.items() if not str(key).startswith("_")})


def _yaml(path: Path, text: str) -> Any:
    """YAML without running what its tags name."""
    try:
        import yaml
    except ImportError:
        raise ImportError(f"'{path}' is YAML, which needs PyYAML: pip install 'bayescale[logs]'.") from None
    try:
        return yaml.safe_load(re.sub(r"!!python/\S+", "", text))
    except yaml.YAMLError:
        return {}
