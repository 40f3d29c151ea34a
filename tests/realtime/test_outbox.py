"""Events go out after the commit, at least once, and in their order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from zzd import clock
from zzd.db import database, reading, transaction, try_lock_name
from zzd.realtime import outbox
from zzd.realtime.fanout import LocalFanOut
from zzd.realtime.models import OutboxEntry
from zzd.realtime.outbox import Event, publish
from zzd.realtime.publisher import Done


class RecordingFanOut:
    """Keeps what it is given, and how many rows the outbox held at that moment."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.rows_seen: list[int] = []
        self.broken = False
        self.breaks_after: int | None = None

    def publish(self, events: Sequence[Event]) -> None:
        if self.broken:
            raise ConnectionError("no fan-out")
        self.events += events
        self.rows_seen.append(rows_left())
        if len(self.rows_seen) == self.breaks_after:
            self.broken = True

    def hand_over(self, events: Sequence[Event], done: Done) -> None:
        try:
            self.publish(events)
        except ConnectionError as error:
            done(error)
        else:
            done(None)

    @property
    def types(self) -> list[str]:
        return [event.type for event in self.events]


def rows_left() -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(OutboxEntry)) or 0


@pytest.fixture
def fanout(app: Flask) -> Iterator[RecordingFanOut]:
    kept, recording = app.extensions["zzd.fanout"], RecordingFanOut()
    app.extensions["zzd.fanout"] = recording
    app.extensions["zzd.published"].flush()
    yield recording
    app.extensions["zzd.fanout"] = kept


def write(*types: str) -> None:
    with transaction() as session:
        for type_ in types:
            publish(session, type_, {"n": 1}, rooms=["r"])


def swept_later() -> int:
    with clock.at(clock.now() + timedelta(seconds=10)):
        return outbox.sweep()


def test_an_event_goes_out_once_its_transaction_is_committed(fanout: RecordingFanOut) -> None:
    with transaction() as session:
        publish(session, "first", {"text": "中文"}, rooms=["a", "b"])
        publish(session, "second", {}, rooms=["a"])
        session.flush()
        assert fanout.events == []
    assert fanout.types == ["first", "second"]
    # Both were in the database when they went out.
    assert fanout.rows_seen == [2]
    assert (fanout.events[0].rooms, fanout.events[0].data) == (("a", "b"), {"text": "中文"})


def test_an_event_of_a_transaction_that_failed_never_goes_out(fanout: RecordingFanOut) -> None:
    def fail() -> None:
        with transaction() as session:
            publish(session, "lost", {}, rooms=["a"])
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert swept_later() == 0
    assert fanout.events == []


def test_a_broken_fan_out_is_not_the_writers_trouble(fanout: RecordingFanOut) -> None:
    fanout.broken = True
    write("first", "second")
    write("third")
    assert rows_left() == 3
    with pytest.raises(ConnectionError):
        swept_later()
    assert rows_left() == 3
    fanout.broken = False
    assert swept_later() == 3
    assert fanout.types == ["first", "second", "third"]
    assert rows_left() == 0
    assert swept_later() == 0


def test_what_went_out_is_forgotten_and_not_swept(app: Flask, fanout: RecordingFanOut) -> None:
    write("first")
    fanout.broken = True
    write("second")
    fanout.broken = False
    app.extensions["zzd.published"].flush()
    assert rows_left() == 1
    assert swept_later() == 1
    assert fanout.types == ["first", "second"]


def test_what_is_still_in_its_writers_hands_is_left_alone(fanout: RecordingFanOut) -> None:
    fanout.broken = True
    write("fresh")
    fanout.broken = False
    assert outbox.sweep() == 0


def test_a_crash_between_publishing_and_forgetting_repeats_with_the_same_id(
    app: Flask, fanout: RecordingFanOut
) -> None:
    write("first")
    # The process dies with its list of what it published.
    app.extensions["zzd.published"]._ids.clear()
    assert swept_later() == 1
    assert len({event.id for event in fanout.events}) == 1
    assert rows_left() == 0


def test_one_sweep_takes_everything_in_order(
    fanout: RecordingFanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SWEEP_BATCH", 3)
    fanout.broken = True
    for number in range(10):
        write(f"e{number}")
    fanout.broken = False
    assert swept_later() == 10
    assert fanout.types == [f"e{number}" for number in range(10)]
    assert rows_left() == 0


def test_a_fan_out_that_breaks_midway_leaves_the_rest(
    fanout: RecordingFanOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "SWEEP_BATCH", 2)
    fanout.broken = True
    for number in range(4):
        write(f"e{number}")
    fanout.broken = False
    fanout.breaks_after = 1
    with pytest.raises(ConnectionError):
        swept_later()
    assert (len(fanout.events), rows_left()) == (2, 2)
    fanout.broken, fanout.breaks_after = False, None
    swept_later()
    assert fanout.types == [f"e{number}" for number in range(4)]


def test_only_one_process_sweeps_at_a_time(fanout: RecordingFanOut) -> None:
    fanout.broken = True
    write("left")
    fanout.broken = False
    with reading() as other:
        assert try_lock_name(other, "outbox sweep")
        # On SQLite there is no other process, and what looks like one is not asked.
        assert swept_later() == (1 if database().is_sqlite else 0)
    swept_later()
    assert fanout.types == ["left"]


def test_an_event_that_cannot_be_delivered_does_not_keep_the_others() -> None:
    delivered: list[Any] = []

    def deliver(event: Event) -> None:
        if event.type == "bad":
            raise ValueError
        delivered.append(event.type)

    events = [Event("1", type_, clock.now(), ("r",), {}) for type_ in ("a", "bad", "b")]
    LocalFanOut(deliver).publish(events)
    assert delivered == ["a", "b"]
