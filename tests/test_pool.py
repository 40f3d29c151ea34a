"""Connections are given out in turn."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.util.queue import Empty, Full

from zzd.pool import FairPool, InTurn, _Turn


def wait_until(holds: Callable[[], bool]) -> None:
    for _ in range(5000):
        if holds():
            return
        threading.Event().wait(0.001)
    raise AssertionError("it never came to hold")


def test_what_comes_back_goes_to_whoever_waited_longest_and_nobody_passes_by() -> None:
    queue: InTurn[str] = InTurn(2)
    with ThreadPoolExecutor(3) as pool:
        waiting: list[Future[str]] = []
        for number in range(3):
            waiting.append(pool.submit(queue.get, True, 10))
            wait_until(lambda number=number: len(queue._waiting) == number + 1)
        for item in "abc":
            queue.put(item, False)
            # The next to come finds nothing, although nobody has run yet who was woken.
            with pytest.raises(Empty):
                queue.get_nowait()
        assert [each.result(10) for each in waiting] == ["a", "b", "c"]
    assert queue.empty()


def test_who_waited_too_long_is_given_nothing_any_more() -> None:
    queue: InTurn[str] = InTurn(1)
    with pytest.raises(Empty):
        queue.get(True, 0.01)
    queue.put("a")
    with pytest.raises(Full):
        queue.put("b")
    assert queue.get() == "a"


def test_what_was_given_to_somebody_who_was_interrupted_is_not_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue: InTurn[str] = InTurn(1)

    def interrupted(_turn: _Turn, _timeout: float | None = None) -> bool:
        queue.put("a")
        raise InterruptedError

    monkeypatch.setattr(_Turn, "wait", interrupted)
    with pytest.raises(InterruptedError):
        queue.get(True, 10)
    assert queue.get_nowait() == "a"


def test_a_pool_of_two_serves_many_and_refuses_in_time() -> None:
    engine = create_engine(
        "sqlite://", poolclass=FairPool, pool_size=2, max_overflow=0, pool_timeout=0.05,
        connect_args={"check_same_thread": False},
    )  # fmt: skip
    with engine.connect(), engine.connect(), pytest.raises(PoolTimeout):
        engine.connect()
    for _ in range(5):
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
    engine.dispose()
