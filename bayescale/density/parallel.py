"""Threads: blocks of work in NumPy side by side.

Most arrays here are too small for the threads of a linear algebra library (BLAS), which then only wait for each other.
While `shared` holds, BLAS has one thread, and blocks of work have as many as BLAS was allowed (OMP_NUM_THREADS, …).
Results do not depend on their number.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

#: Numbers in flight at once when many points are evaluated: more would leave the processor's cache.
BLOCK = 75_000

_lock = threading.Lock()
_users = 0  # of the pool: those who fit in threads of their own share it
_pool: ThreadPoolExecutor | None = None
_held = ExitStack()


@contextmanager
def shared() -> Iterator[None]:
    """Hold BLAS to one thread, and let `each` have those it was allowed."""
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            _begin()
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                _end()


def blocks(points: int, numbers: int) -> Iterator[slice]:
    """Slices of so many points, each of which takes so many numbers."""
    step = max(1, BLOCK // max(1, numbers))
    return (slice(at, at + step) for at in range(0, points, step))


def each(function: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
    """The function of each part, in their order; side by side where there are threads for it."""
    parts, pool = list(parts), _pool
    if pool is None or len(parts) < 2:
        return [function(part) for part in parts]
    return list(pool.map(function, parts))


def _begin() -> None:
    global _pool
    from threadpoolctl import ThreadpoolController

    controller = ThreadpoolController().select(user_api="blas")
    allowed = max((library["num_threads"] for library in controller.info()), default=1)
    _held.enter_context(controller.limit(limits=1))
    if allowed > 1:
        _pool = _held.enter_context(ThreadPoolExecutor(allowed, thread_name_prefix="bayescale"))


def _end() -> None:
    global _pool
    _pool = None
    _held.close()
