"""Runs the code blocks of a page: those marked ``python`` in one namespace, those marked ``bash`` in a shell, in order.

A block of `bayescale` commands alone runs in this process, which spares each command its imports.

A comment on the line above a block leaves the block out, with a reason: ``<!-- skip: needs the network -->``.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

#: A fenced block, with the comment above it, if that says to skip it.
FENCE = re.compile(
    r"^(?:<!-- skip: *(?P<skip>[^\n]*?) *-->\n\n?)?```(?P<language>\w+)\n(?P<text>.*?)^```$", re.S | re.M
)
#: Words that only a shell understands.
SHELL = {"|", ">", ">>", "<", "&&", "||", ";", "&"}
#: Seconds that one bash block may take.
LIMIT = 600


class Block(NamedTuple):
    """A code block: its language, its text, the line of its first statement, and why it is skipped, if it is."""

    language: str
    text: str
    line: int
    skip: str | None


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page that are marked ``python`` or ``bash``."""
    text = page.read_text(encoding="utf-8")
    for found in FENCE.finditer(text):
        if found["language"] in ("python", "bash"):
            line = text.count("\n", 0, found.start("text")) + 1
            yield Block(found["language"], found["text"], line, found["skip"])


def run(page: Path, folder: Path) -> list[str]:
    """Run the blocks of a page in a folder, which is the working directory already.

    Returns
    -------
    list of str : the reasons of the blocks that were skipped.

    Raises
    ------
    Exception
        What a python block raises. An `AssertionError` with the output of a bash block that fails.
    """
    scope: dict = {"__name__": page.stem}
    for block in (found := list(blocks(page))):
        if block.skip is not None:
            continue
        if block.language == "python":
            exec(compile("\n" * (block.line - 1) + block.text, str(page), "exec"), scope)
        elif (commands := _commands(block.text)) is not None:
            _invoke(commands, block, page)
        else:
            _shell(block, page, folder)
    return [block.skip for block in found if block.skip is not None]


def _commands(text: str) -> list[list[str]] | None:
    """Arguments of each command, if all of them are of `bayescale` and nothing is left to the shell; otherwise None."""
    lines = [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    words = [shlex.split(line) for line in lines]
    plain = all(each[0] == "bayescale" and not SHELL.intersection(each) for each in words)
    return [each[1:] for each in words] if plain else None


def _invoke(commands: list[list[str]], block: Block, page: Path) -> None:
    """Run commands of `bayescale` in this process."""
    from click.testing import CliRunner

    from bayescale.cli.main import main

    for arguments in commands:
        done = CliRunner(env={"COLUMNS": "120"}).invoke(main, arguments)
        if done.exit_code:
            text = f"{page.name}:{block.line} ended with {done.exit_code}:\n{done.output}"
            raise AssertionError(text) from done.exception


def _shell(block: Block, page: Path, folder: Path) -> None:
    """Run a bash block with the programs of this Python's environment."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "COLUMNS": "120"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT,
    )
    if done.returncode:
        raise AssertionError(f"{page.name}:{block.line} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
