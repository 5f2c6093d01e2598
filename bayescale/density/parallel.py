"""Parallel: blocks of NumPy work in threads.

Most arrays here are too small to be worth the threads of a linear algebra library (BLAS). Within `shared`, BLAS has one
thread, and blocks of work share as many threads as BLAS was allowed (OMP_NUM_THREADS, …). Results do not depend on the
number of threads.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

#: Floats of a block of points, so that its arrays fit the processor's cache.
BLOCK = 100_000

_lock = threading.Lock()
#: Number of threads that are within `shared`; they use one pool.
_users = 0
_pool: ThreadPoolExecutor | None = None
#: The limit of BLAS and the pool, closed when the last user leaves.
_held = ExitStack()


@contextmanager
def shared() -> Iterator[None]:
    """Limit BLAS to one thread, and let `each` use the threads that BLAS was allowed."""
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
    """Slices of `points` points that fit the cache at `numbers` floats a point."""
    step = max(1, BLOCK // max(1, numbers))
    return (slice(at, at + step) for at in range(0, points, step))


def each(function: Callable[[Any], Any], parts: Iterable[Any]) -> list[Any]:
    """Values of a function at each part, in order; computed in threads within `shared`."""
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
