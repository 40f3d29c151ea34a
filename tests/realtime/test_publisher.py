"""When the publisher calls an event published, and when it leaves it to the sweeper."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import redis

from tests.servers import wait_until
from zzd.realtime.publisher import Publication, Publisher

OK, GONE = 1, redis.ConnectionError("gone")
SILENT, REFUSED = redis.TimeoutError("silent"), redis.ResponseError("refused")


class ScriptedConnection:
    """A connection to Redis whose answers are given; then it answers every command."""

    def __init__(self, *answers: int | Exception) -> None:
        self.answers = iter(answers)
        self.writes: list[list[Any]] = []
        self.closed = False

    def pack_commands(self, commands: list[Any]) -> list[Any]:
        return [command[2] for command in commands]

    def send_packed_command(self, command: list[Any], check_health: bool) -> None:
        self.writes.append(command)

    def read_response(self, disable_decoding: bool = False) -> Any:
        answer = next(self.answers, OK)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send_command(self, *command: str, check_health: bool) -> None:
        raise NotImplementedError

    def disconnect(self) -> None:
        self.closed = True


class Outcome:
    """What became of publications, by their names."""

    def __init__(self) -> None:
        self.of: dict[bytes, Exception | None] = {}

    def publication(self, name: bytes, channels: int = 1) -> Publication:
        def done(error: Exception | None) -> None:
            assert name not in self.of, "done is called once"
            self.of[name] = error

        return Publication([("c", name)] * channels, done)


@pytest.fixture
def outcome() -> Outcome:
    return Outcome()


def publisher_over(*connections: ScriptedConnection | Exception) -> Publisher:
    """One that gets these connections, one after the other."""
    coming = iter(connections)

    def connect() -> ScriptedConnection:
        following = next(coming)
        if isinstance(following, Exception):
            raise following
        return following

    return Publisher(connect)


@pytest.fixture
def running() -> Iterator[Callable[..., Publisher]]:
    started: list[Publisher] = []

    def run(*connections: ScriptedConnection | Exception) -> Publisher:
        started.append(publisher_over(*connections))
        return started[-1]

    yield run
    for publisher in started:
        publisher.close()


def test_what_waits_goes_out_in_one_write_and_in_order(
    running: Callable[..., Publisher], outcome: Outcome
) -> None:
    connection = ScriptedConnection()
    publisher = running(connection)
    publisher.start()
    with publisher._writing:
        publisher.hand_over(outcome.publication(b"first"))
        wait_until(lambda: not publisher._waiting, 20, "the first is taken")
        for name in (b"a", b"b", b"c"):
            publisher.hand_over(outcome.publication(name, channels=2))
        assert outcome.of == {}
    wait_until(lambda: len(outcome.of) == 4, 20, "all are confirmed")
    assert connection.writes == [[b"first"], [b"a", b"a", b"b", b"b", b"c", b"c"]]
    assert list(outcome.of) == [b"first", b"a", b"b", b"c"]


def test_what_was_confirmed_before_the_failure_stays_confirmed(outcome: Outcome) -> None:
    publisher = publisher_over(ScriptedConnection(OK, OK, SILENT))
    publisher._write([outcome.publication(name, channels=2) for name in (b"a", b"b", b"c")])
    assert outcome.of == {b"a": None, b"b": SILENT, b"c": SILENT}


def test_a_connection_that_died_while_idle_is_replaced_and_nobody_notices(
    outcome: Outcome,
) -> None:
    died = ScriptedConnection(OK, OK, GONE)
    fresh = ScriptedConnection()
    publisher = publisher_over(died, fresh)
    publisher.hand_over(outcome.publication(b"before"))
    publisher._write([outcome.publication(b"a"), outcome.publication(b"b")])
    assert outcome.of == {b"before": None, b"a": None, b"b": None}
    # What the old one had confirmed is not said twice.
    assert fresh.writes == [[b"b"]]
    assert died.closed


def test_after_a_failure_nobody_waits_for_a_while(
    outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = publisher_over(ScriptedConnection(SILENT), ScriptedConnection())
    publisher.hand_over(outcome.publication(b"a"))
    assert publisher.failed_lately
    publisher.hand_over(outcome.publication(b"b"))
    assert outcome.of[b"a"] is SILENT
    assert isinstance(outcome.of[b"b"], redis.ConnectionError)
    monkeypatch.setattr(publisher, "_paused_until", 0.0)
    publisher.hand_over(outcome.publication(b"c"))
    assert outcome.of[b"c"] is None


def test_what_redis_refuses_is_left_to_the_sweeper_and_the_rest_is_not(outcome: Outcome) -> None:
    publisher = publisher_over(ScriptedConnection(OK, REFUSED, OK))
    publisher._write([outcome.publication(name) for name in (b"a", b"b", b"c")])
    assert outcome.of == {b"a": None, b"b": REFUSED, b"c": None}


def test_no_more_is_kept_than_fits(
    running: Callable[..., Publisher], outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zzd.realtime.publisher.AT_MOST", 2)
    publisher = running(ScriptedConnection())
    publisher.start()
    with publisher._writing:
        publisher.hand_over(outcome.publication(b"taken"))
        wait_until(lambda: not publisher._waiting, 20, "the first is taken")
        for name in (b"a", b"b", b"too much"):
            publisher.hand_over(outcome.publication(name))
        assert isinstance(outcome.of[b"too much"], redis.ConnectionError)
    wait_until(lambda: len(outcome.of) == 4, 20, "the others are published")
    assert outcome.of[b"b"] is None


def test_no_connection_is_a_failure(outcome: Outcome) -> None:
    publisher_over(GONE, GONE).hand_over(outcome.publication(b"a"))
    assert outcome.of == {b"a": GONE}


def test_one_who_does_not_take_the_answer_keeps_nobody_else_from_theirs(
    running: Callable[..., Publisher], outcome: Outcome
) -> None:
    def fail(_error: Exception | None) -> None:
        raise RuntimeError

    first, second = ScriptedConnection(), ScriptedConnection()
    publisher = running(first, second)
    publisher.start()
    publisher.hand_over(Publication([("c", b"bad")], fail))
    wait_until(lambda: not publisher._waiting, 20, "it is taken")
    time.sleep(0.1)
    publisher.hand_over(outcome.publication(b"a"))
    wait_until(lambda: bool(outcome.of), 20, "the next is published")
    assert outcome.of == {b"a": None}
    # Answers that nobody read would be taken for those to other commands.
    assert (first.closed, second.writes) == (True, [[b"a"]])
