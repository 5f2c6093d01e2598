"""Threads: BLAS is held to one and given back, blocks come in order, whoever else fits."""

import threading
import time

import numpy as np
import pytest
from threadpoolctl import ThreadpoolController, threadpool_limits

from bayescale.density.parallel import blocks, each, shared
from bayescale.inference.fit import draw
from bayescale.laws import chinchilla


def allowed() -> set[int]:
    return {one["num_threads"] for one in ThreadpoolController().select(user_api="blas").info()}


def test_blocks_cover_all_points_once():
    parts = list(blocks(1001, 1000))
    assert np.concatenate([np.arange(1001)[part] for part in parts]).tolist() == list(range(1001))
    assert len(parts) > 1 and list(blocks(0, 10)) == []
    assert [np.arange(3)[part].tolist() for part in blocks(3, 10**9)] == [[0], [1], [2]]


@pytest.mark.parametrize("threads", [1, 2])
def test_blocks_have_the_threads_of_blas_meanwhile(threads):
    with threadpool_limits(threads, user_api="blas"):
        with shared():
            assert allowed() == {1}
            meeting = threading.Barrier(threads, timeout=120)

            def work(block):
                meeting.wait()  # passes only if so many blocks are worked on at once
                time.sleep(0.01 * (4 - block))  # the first takes longest
                return block, threading.current_thread() is threading.main_thread()

            found = each(work, range(4))
        assert [block for block, _ in found] == [0, 1, 2, 3]
        assert all(here == (threads == 1) for _, here in found)
        assert allowed() == {threads}


def test_the_last_who_shares_gives_threads_back():
    with threadpool_limits(2, user_api="blas"):
        first, second = shared(), shared()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert allowed() == {1} and each(abs, [-1, -2]) == [1, 2]
        second.__exit__(None, None, None)
        assert allowed() == {2}


def test_an_error_gives_threads_back():
    with threadpool_limits(2, user_api="blas"):
        with pytest.raises(ZeroDivisionError), shared():
            each(lambda block: 1 / block, [1, 0])
        assert allowed() == {2} and each(abs, [-1]) == [1]


def test_draws_do_not_depend_on_threads(runs):
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            found.append(draw(chinchilla, runs, method="laplace", seed=1)["posterior"].to_dataset())
    assert found[0].identical(found[1])
