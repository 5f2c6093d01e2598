"""A case: a bad input, what is right for it, and what came."""

import re
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bayescale

#: Time limit of a case [s]: the slowest takes a few seconds, more on a busy machine.
LIMIT = 60
#: Folder of the package's source.
SOURCE = Path(bayescale.__file__).parent
#: What may come of a case. The last four are never right.
ERROR, WARNING, NUMBER = "error", "warning", "number"
SILENT, FOREIGN, HANG, WORDLESS = "silent number", "foreign traceback", "hang", "error without the word"
WRONG = (SILENT, FOREIGN, HANG, WORDLESS)


class Refused(Exception):
    """A command or a process has ended with an error message of its own, which is the text."""


class Foreign(Exception):
    """A command or a process has ended with a traceback."""


class TimeUp(BaseException):
    """The time limit of a case is over; no handler of `Exception` catches it."""


@dataclass(frozen=True)
class Case:
    """A bad input.

    Parameters
    ----------
    verb, kind, name : str. What is called, of which kind the input is, and the input in words.
    call : callable of the `World` that gives the input and returns what the verb returns.
    right : {"error", "warning", "number"}
    word : pattern that the error or the warning must have, upper or lower case.
    """

    verb: str
    kind: str
    name: str
    call: Callable[[Any], Any]
    right: str = ERROR
    word: str = ""


@dataclass(frozen=True)
class Outcome:
    """What came of a case: one of the words above, and the message."""

    came: str
    message: str = ""


def cases(verb: str, *rows: tuple, right: str = ERROR) -> list[Case]:
    """Cases of one verb from rows (kind, name, word, call)."""
    return [Case(verb, kind, name, call, right, word) for kind, name, word, call in rows]


def outcome(case: Case, world: Any, limit: int = LIMIT) -> Outcome:
    """Run a case and say what came."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            with _limited(limit):
                case.call(world)
        except TimeUp:
            return Outcome(HANG, f"more than {limit} s")
        except Foreign as error:
            return Outcome(FOREIGN, str(error))
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            if not _ours(error):
                return Outcome(FOREIGN, message)
            return Outcome(ERROR if _says(case, str(error)) or case.right != ERROR else WORDLESS, message)
    said = [str(each.message) for each in caught if issubclass(each.category, UserWarning | RuntimeWarning)]
    if case.right == NUMBER:
        return Outcome(WARNING if said else NUMBER, " ".join(said))
    return Outcome(WARNING if any(_says(case, text) for text in said) else SILENT, " ".join(said))


def _says(case: Case, text: str) -> bool:
    return re.search(case.word, text, re.IGNORECASE | re.DOTALL) is not None


def _ours(error: Exception) -> bool:
    """Whether an error is of a kind that users mend, and that the package raised itself."""
    if isinstance(error, Refused):
        return True
    if isinstance(error, OSError) and error.filename is not None:  # the system's message, with the path
        return True
    last = traceback.extract_tb(error.__traceback__)[-1]
    raised = (last.line or "").startswith("raise")  # and not by Python on that line
    return isinstance(error, ValueError | TypeError | OSError) and raised and Path(last.filename).is_relative_to(SOURCE)


@contextmanager
def _limited(seconds: int) -> Iterator[None]:
    """Raise `TimeUp` after so many seconds, where there are alarms (not on Windows, nor outside the main thread)."""
    if not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_):
        raise TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
