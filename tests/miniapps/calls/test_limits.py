"""Counting calls where several processes share a Redis, and where it is gone."""

from __future__ import annotations

import secrets

from tests.databases import redis_url
from zzd.miniapps.calls.limits import InProcess, InRedis


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
