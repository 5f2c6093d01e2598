"""Executors: run jobs here or on an executor; retry those whose worker died; end the work at an interrupt."""

import queue
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any


def spread(
    function: Callable[..., Any], jobs: Mapping[Any, tuple], executor: Executor | None, lost: Callable[[str], Any]
) -> Iterator[tuple[Any, Any]]:
    """Name and result of each job, as they come.

    If a worker process dies, all jobs of its pool are lost. Each of these is tried once more, in a process of its own.

    Parameters
    ----------
    function : called as ``function(*job)``.
    jobs : mapping from a name to the arguments.
    executor : Executor, or None for this process.
    lost : makes the result of a job that failed on the way, from the reason.
    """
    if executor is None:
        for name, job in jobs.items():
            yield name, function(*job)
        return
    if not callable(getattr(executor, "submit", None)):
        raise TypeError(f"executor is {executor!r}; wanted a concurrent.futures.Executor, or None for this process.")
    import cloudpickle  # plain pickle cannot carry a law that was renamed or made by a function

    packed = {name: cloudpickle.dumps((function, job)) for name, job in jobs.items()}
    broken = []
    for name, result in _each(executor, packed):
        if isinstance(result, BrokenProcessPool):
            broken.append(name)
        else:
            yield name, _or_lost(result, lost)
    if broken:
        for name, result in _again({name: packed[name] for name in broken}, executor):
            yield name, _or_lost(result, lost)


def _or_lost(result: Any, lost: Callable[[str], Any]) -> Any:
    return lost(f"{type(result).__name__}: {result}") if isinstance(result, Exception) else result


def _each(executor: Executor, packed: Mapping[Any, bytes]) -> Iterator[tuple[Any, Any]]:
    """Name and result, or exception, of each job, as they come. An interrupt ends the work."""
    futures: dict[Future, Any] = {}
    try:
        for name, job in packed.items():
            try:
                futures[executor.submit(_unpacked, job)] = name
            except BrokenProcessPool as error:
                yield name, error
        for future in as_completed(futures):
            yield futures[future], future.exception() or future.result()
    except BaseException:
        _end(executor, list(futures))
        raise


def _again(packed: Mapping[Any, bytes], executor: Executor) -> Iterator[tuple[Any, Any]]:
    """As `_each`, each job in a pool of one process, so that a job that kills its process takes no other with it."""
    workers = min(len(packed), getattr(executor, "_max_workers", None) or 1)
    context = getattr(executor, "_mp_context", None) or get_context("spawn")
    options = {"initializer": getattr(executor, "_initializer", None), "initargs": getattr(executor, "_initargs", ())}
    idle: queue.SimpleQueue[ProcessPoolExecutor] = queue.SimpleQueue()
    pools = [ProcessPoolExecutor(1, mp_context=context, **options) for _ in range(workers)]
    for pool in pools:
        idle.put(pool)

    def alone(job: bytes) -> Any:
        pool = idle.get()
        try:
            return pool.submit(_unpacked, job).result()
        except BrokenProcessPool:
            pool = ProcessPoolExecutor(1, mp_context=context, **options)
            pools.append(pool)
            raise BrokenProcessPool("the worker process died twice, such as for lack of memory.") from None
        finally:
            idle.put(pool)

    threads = ThreadPoolExecutor(workers)
    try:
        futures = {threads.submit(alone, job): name for name, job in packed.items()}
        for future in as_completed(futures):
            yield futures[future], future.exception() or future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            _terminate(pool)


def _end(executor: Executor, futures: list[Future]) -> None:
    """Cancel jobs. Processes that run them are ended, unless the pool has other work; else say what is waited for."""
    for future in futures:
        future.cancel()
    running = [future for future in futures if not future.done()]
    if not running:
        return
    if isinstance(executor, ProcessPoolExecutor):
        pending = {item.future for item in dict(getattr(executor, "_pending_work_items", {})).values()}
        if pending <= set(futures):
            _terminate(executor)
            return
    print(f"interrupted: the executor still runs {len(running)} fits, and may wait for them to end.", file=sys.stderr)


def _terminate(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool now (from Python 3.14 on, ``pool.terminate_workers()``)."""
    processes = list((getattr(pool, "_processes", None) or {}).values())  # the pool forgets them at its shutdown
    pool.shutdown(wait=False, cancel_futures=True)
    for process in processes:
        process.terminate()


def _unpacked(packed: bytes) -> Any:
    import cloudpickle

    function, job = cloudpickle.loads(packed)
    return function(*job)
