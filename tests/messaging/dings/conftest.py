"""DINGs that tests begin with, and the timers as a worker runs them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String, cast, select, update

from tests.conftest import SignedIn
from tests.messaging.conftest import CITY
from zzd.db import reading, transaction
from zzd.messaging.dings import calls, channels, measuring, steps
from zzd.messaging.dings.channels import Call, Outcome
from zzd.orgtree.models import Official

# Of today, as sign-ins are, which would have ended long ago otherwise.
START = datetime.now(UTC).replace(microsecond=0)
# Of 石塘镇, which the city's DINGs address in these tests.
LEADER, DUTY = "331081100.leader", "331081100.duty_officer"
# Everybody at and below 石塘镇: the town, one staffed village and its one staffed group.
BELOW_TOWN = {
    f"{code}.{role}"
    for code in ("331081100", "331081100201", "331081100201001")
    for role in ("leader", "duty_officer")
}

Ding = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def counting_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long it takes here, it is done again after the usual time."""
    monkeypatch.setattr(measuring, "REST_AFTER_COUNTING", 0)


@pytest.fixture
def ding(as_: SignedIn, unit_id: Callable[[str], str], official_id: Callable[[str], str]) -> Ding:
    """``ding("331081100", LEADER)``: send one to an audience (None: to none) and the named."""

    def send(code: str | None, *named: str, by: str = CITY, **more: Any) -> dict[str, Any]:
        narrowed = {key: more.pop(key) for key in ("levels", "line", "role") if key in more}
        body = {
            "text": "19时前全部转移到位，收到请确认",
            "audience": {"unit_id": unit_id(code), **narrowed} if code else None,
            "official_ids": [official_id(name) for name in named],
            **more,
        }
        made: dict[str, Any] = as_(by).post("/dings", body)
        return made

    return send


@pytest.fixture
def confirm(as_: SignedIn) -> Callable[[str, dict[str, Any]], Any]:
    def tap(username: str, ding: dict[str, Any], **expect: Any) -> Any:
        expect.setdefault("status", 200)
        return as_(username).post(f"/dings/{ding['id']}/confirmation", **expect)

    return tap


def run_timers() -> None:
    """Once around, as a worker does each second."""
    steps.fire_due()
    steps.tell_progress()
    calls.spread_due()
    for channel in channels.channels_here():
        calls.call_due(channel)


class Recorder:
    """A channel that keeps what it was handed and answers as it is told to."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answer: Callable[[Call], Outcome | None] = lambda _call: Outcome("sent")

    def called(self) -> list[str]:
        """The user names of whoever was called, as often as they were."""
        with reading() as session:
            names = dict(session.execute(select(Official.phone, Official.staff_no)).all())
        return [names[call.phone] for call in self.calls]

    def send(self, batch: Sequence[Call]) -> Mapping[str, Outcome]:
        self.calls += batch
        answers = {call.id: self.answer(call) for call in batch}
        return {id_: outcome for id_, outcome in answers.items() if outcome is not None}


def give_numbers() -> None:
    with transaction() as session:
        session.execute(update(Official).values(phone=cast(Official.id, String)))


@pytest.fixture
def telephones(app: Flask) -> Iterator[dict[str, Recorder]]:
    """SMS and voice are set up here, and everybody has a number of their own."""
    recorders = {"sms": Recorder(), "voice": Recorder()}
    give_numbers()
    before = app.extensions[channels.CHANNELS]
    app.extensions[channels.CHANNELS] = recorders
    yield recorders
    app.extensions[channels.CHANNELS] = before
