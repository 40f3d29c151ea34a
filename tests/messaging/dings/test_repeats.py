"""What is due is done once, by whichever worker, and not at all when there is no need."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY
from tests.messaging.dings.conftest import DUTY, LEADER, START, Ding, run_timers
from zzd import clock
from zzd.messaging.dings import events, rules, steps
from zzd.messaging.dings.models import DingStep
from zzd.realtime.models import OutboxEntry

MINUTE = timedelta(minutes=1)


def work_at_once(app: Flask, moment: Any, act: Callable[[], object], workers: int = 6) -> None:
    """Have so many workers do it at the same moment."""
    both(app, moment, *[act] * workers)


def both(app: Flask, moment: Any, *acts: Callable[[], Any]) -> list[Any]:
    """What these return when they begin together; the time stands still unless it is None."""
    barrier = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        with app.app_context(), clock.at(moment) if moment else nullcontext():
            barrier.wait(timeout=30)
            return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, act) for act in acts]]


def test_it_repeats_in_its_beat_until_its_limit(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening
) -> None:
    with clock.at(START):
        made = ding("331081100", repeat={"every_minutes": 5, "times": 2})
    assert made["next_repeat_at"] == (START + 5 * MINUTE).isoformat()
    device = listening(DUTY)
    heard: list[tuple[int, dict[str, Any]]] = []
    for second in range(0, 1200, 2):
        with clock.at(START + timedelta(seconds=second)):
            run_timers()
        heard += [(second, data) for data in device.hear("ding.repeated")]
    assert [(at, data["step"]) for at, data in heard] == [(300, 1), (600, 2)]
    assert heard[0][1]["next_repeat_at"] == (START + 10 * MINUTE).isoformat()
    assert heard[1][1]["next_repeat_at"] is None
    # What is repeated is the fresh state, but for one's own part.
    with clock.at(START + 20 * MINUTE):
        shown = as_(DUTY).get(f"/dings/{made['id']}")
    assert {**heard[1][1], "my": shown["my"]} == shown
    fired = as_(CITY).get(f"/dings/{made['id']}")["sent"]["steps"]
    assert [step["step"] for step in fired] == [0, 1, 2]
    assert [step["due_at"] for step in fired[1:]] == [
        (START + 5 * MINUTE).isoformat(),
        (START + 10 * MINUTE).isoformat(),
    ]


def test_a_repeat_is_one_event_and_no_row_for_anybody(
    ding: Ding, crowd: Callable[[int], list[str]], statements: Callable[[], Any]
) -> None:
    counts = []
    for size in (0, 300):
        crowd(size)
        with clock.at(START):
            ding("331081", repeat={"every_minutes": 5, "times": 1})
        with clock.at(START + 5 * MINUTE), statements() as seen:
            steps.fire_due()
        counts.append(len([s for s in seen if s.startswith("INSERT")]))
        with clock.at(START + 6 * MINUTE):
            run_timers()
    assert counts == [2, 2]


def test_many_workers_fire_each_step_once(
    app: Flask, ding: Ding, session: Session, listening: Listening
) -> None:
    with clock.at(START):
        made = [ding("331081100", repeat={"every_minutes": 1, "times": 3}) for _ in range(5)]
    device = listening(DUTY)
    for minute in (1, 2, 3, 4):
        work_at_once(app, START + minute * MINUTE, steps.fire_due)
    heard = sorted((data["id"], data["step"]) for data in device.hear("ding.repeated"))
    assert heard == sorted((each["id"], step) for each in made for step in (1, 2, 3))
    assert len(session.scalars(select(DingStep)).all()) == 4 * 5


def test_a_worker_that_dies_before_the_commit_did_nothing(
    ding: Ding, listening: Listening, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    with clock.at(START):
        ding("331081100", repeat={"every_minutes": 1, "times": 3})
    device = listening(DUTY)
    with clock.at(START + MINUTE):
        with monkeypatch.context() as patched:

            def die(*_args: Any) -> None:
                raise SystemExit

            patched.setattr(events, "ding_repeated", die)
            with pytest.raises(SystemExit):
                steps.fire_due()
        assert session.scalars(select(DingStep.step)).all() == [0]
        assert device.hear("ding.repeated") == []
        steps.fire_due()
        steps.fire_due()
    assert [data["step"] for data in device.hear("ding.repeated")] == [1]


def test_an_event_whose_worker_died_after_the_commit_still_goes_out(
    app: Flask, ding: Ding, session: Session
) -> None:
    """It stands in the outbox, from which the sweeper takes it."""
    with clock.at(START):
        ding("331081100", repeat={"every_minutes": 1, "times": 1})
    fanout = app.extensions["zzd.fanout"]
    app.extensions["zzd.fanout"] = None
    try:
        with clock.at(START + MINUTE):
            steps.fire_due()
    finally:
        app.extensions["zzd.fanout"] = fanout
    left = session.scalars(select(OutboxEntry).where(OutboxEntry.type == "ding.repeated")).all()
    assert len(left) == 1


def test_what_was_missed_while_no_worker_ran_is_not_made_up_for(
    ding: Ding, listening: Listening
) -> None:
    with clock.at(START):
        ding("331081100", repeat={"every_minutes": 10, "times": 5})
    device = listening(DUTY)
    with clock.at(START + 47 * MINUTE):
        for _ in range(3):
            run_timers()
    [heard] = device.hear("ding.repeated")
    assert heard["next_repeat_at"] == (START + 57 * MINUTE).isoformat()


def test_nothing_repeats_once_everybody_has_confirmed(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening
) -> None:
    """Also when nobody has looked at it between the last confirmation and the repeat."""
    with clock.at(START):
        made = ding("331081100", levels=[4], repeat={"every_minutes": 1, "times": 5})
    device = listening(DUTY)
    with clock.at(START + MINUTE - timedelta(milliseconds=1)):
        confirm(LEADER, made)
        confirm(DUTY, made)
    with clock.at(START + MINUTE):
        steps.fire_due()
        assert as_(CITY).get(f"/dings/{made['id']}")["state"] == "complete"
    assert device.hear("ding.repeated") == []


def test_a_cancellation_and_a_repeat_at_once_leave_one_of_two_histories(
    app: Flask, ding: Ding, as_: SignedIn, session: Session
) -> None:
    client = as_(CITY)

    def cancel(made: dict[str, Any]) -> Any:
        own = type(client)(app, token=client.token)
        return own.post(f"/dings/{made['id']}/cancellation", status=200)

    for _ in range(5):
        with clock.at(START):
            made = ding("331081100", repeat={"every_minutes": 1, "times": 3})
        _, cancelled = both(app, START + MINUTE, steps.fire_due, partial(cancel, made))
        assert cancelled["step"] in (0, 1)
        with clock.at(START + 2 * MINUTE):
            run_timers()
            shown = client.get(f"/dings/{made['id']}")
        assert (shown["state"], shown["step"]) == ("cancelled", cancelled["step"])
        assert len(shown["sent"]["steps"]) == cancelled["step"] + 1


def test_a_cancellation_and_a_confirmation_at_once_both_hold(
    app: Flask, ding: Ding, as_: SignedIn
) -> None:
    made = ding("331081100", repeat={"every_minutes": 1, "times": 3})
    clients = [as_(CITY), as_(DUTY)]

    def act(who: int, door: str) -> Any:
        own = type(clients[who])(app, token=clients[who].token)
        return own.post(f"/dings/{made['id']}/{door}", status=200)

    cancelled, _ = both(app, None, partial(act, 0, "cancellation"), partial(act, 1, "confirmation"))
    mine = as_(DUTY).get(f"/dings/{made['id']}")["my"]
    assert mine["late"] == (mine["confirmed_at"] > cancelled["cancelled_at"])
    assert as_(CITY).get(f"/dings/{made['id']}")["state"] == "cancelled"


def test_what_is_wrong_with_one_does_not_hold_up_the_others(
    ding: Ding, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    with clock.at(START):
        broken, whole = (
            ding("331081100", repeat={"every_minutes": 1, "times": 1}) for _ in range(2)
        )
    device = listening(DUTY)
    measure = steps._measure

    def fail_for_one(ding_id: int) -> Any:
        if str(ding_id) == broken["id"]:
            raise ValueError("something of ours")
        return measure(ding_id)

    monkeypatch.setattr(steps, "_measure", fail_for_one)
    with clock.at(START + MINUTE):
        steps.fire_due()
    assert [data["id"] for data in device.hear("ding.repeated")] == [whole["id"]]


@pytest.mark.parametrize(
    ("late", "following"), [(0, 600), (4, 600), (149, 600), (150, 750), (600, 1200)]
)
def test_a_timer_that_is_a_little_late_does_not_shift_the_beat(late: int, following: int) -> None:
    next_at = rules.next_repeat(
        created_at=START,
        now=START + timedelta(seconds=300 + late),
        step=1,
        times=9,
        every_minutes=5,
    )
    assert next_at == START + timedelta(seconds=following)


def test_timers_look_without_locking_the_database_for_writing(
    app: Flask, statements: Callable[[], Any]
) -> None:
    with statements() as seen:
        run_timers()
    assert not [s for s in seen if s.startswith(("UPDATE", "INSERT")) or "FOR " in s]
