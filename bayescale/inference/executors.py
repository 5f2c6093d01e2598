"""inference.executors"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, as_completed
from typing import Any


def spread(
    function: Callable[..., Any], jobs: Mapping[Any, tuple], executor: Executor | None, lost: Callable[[str], Any]
) -> Iterator[tuple[Any, Any]]:
    """Name and result of each job, ``function(*job)``, here or by an executor, as they come; `lost` makes the result
    of a job whose worker died."""
    if executor is None:
        for name, job in jobs.items():
            yield name, function(*job)
        return
    import cloudpickle  # plain pickle cannot carry a law that was renamed or made by a function

    futures = {executor.submit(_unpacked, cloudpickle.dumps((function, job))): name for name, job in jobs.items()}
    try:
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except Exception as error:  # a worker that died, or a result that could not travel
                yield futures[future], lost(f"{type(error).__name__}: {error}")
    finally:
        for future in futures:
            future.cancel()


def _unpacked(packed: bytes) -> Any:
    import cloudpickle

    function, job = cloudpickle.loads(packed)
    return function(*job)


def progress(visible: bool):
    """A progress bar on stderr."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=Console(stderr=True), disable=not visible)
