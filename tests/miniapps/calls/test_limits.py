"""Counting calls where several processes share a Redis, and where it is gone."""

from __future__ import annotations

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from tests.databases import redis_url
from zzd.miniapps.allowances import InParts, InProcess, InRedis


def test_processes_share_their_counts() -> None:
    url, prefix = redis_url(), secrets.token_hex(4)
    one, other = InRedis(url, prefix), InRedis(url, prefix)
    assert [one.count("1:1", 7), other.count("1:1", 7), one.count("1:1", 7)] == [1, 2, 3]
    assert (one.count("1:2", 7), one.count("1:1", 8)) == (1, 1)


def test_without_an_answer_each_counts_for_itself() -> None:
    one = InRedis("redis://127.0.0.1:1", "x")
    assert [one.count("1:1", 7), one.count("1:1", 7)] == [1, 2]


def test_a_new_minute_begins_anew() -> None:
    counter = InProcess()
    assert [counter.count("a", 1), counter.count("a", 1), counter.count("a", 2)] == [1, 2, 1]


def test_whoever_counts_in_parts_never_goes_beyond_what_there_is() -> None:
    shared = InProcess()
    one, other = InParts(shared, 3), InParts(shared, 3)
    numbers = [each.count("a", 1) for each in (one, other, one, one, one, other)]
    assert numbers == [1, 4, 2, 3, 7, 5]
    assert shared.count("a", 1) == 10
    assert one.count("a", 2) == 1


def test_of_those_who_come_together_one_asks_for_the_next_part() -> None:
    asked: list[int] = []

    class Slow(InProcess):
        def count(self, name: str, window: int, by: int = 1) -> int:
            asked.append(by)
            time.sleep(0.02)
            return super().count(name, window, by)

    counter = InParts(Slow(), 10)
    with ThreadPoolExecutor(20) as pool:
        numbers = list(pool.map(lambda _: counter.count("a", 1), range(20)))
    assert (sorted(numbers), asked) == ([*range(1, 21)], [10, 10])
