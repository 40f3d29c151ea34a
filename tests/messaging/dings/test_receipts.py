"""What recipients answer, and what the sender and their other devices hear of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY, OUTSIDER, PROVINCE
from tests.messaging.dings.conftest import DUTY, LEADER, START, Ding, run_timers
from tests.messaging.test_concurrency import at_once, statuses
from tests.messaging.test_rights import denials
from zzd import clock
from zzd.messaging.dings.models import DingReceipt


def test_one_tap_confirms_in_the_post_acted_in_and_from_that_device(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening, unit_id: Any
) -> None:
    made = ding("331081100")
    device = listening(DUTY)
    with clock.at(START):
        answer = confirm(DUTY, made)
    now = START.isoformat()
    mine = {"delivered_at": now, "read_at": now, "confirmed_at": now, "late": False}
    assert answer == {"id": made["id"], "state": "open", "my": mine}
    assert device.hear("ding.receipt") == [{"ding_id": made["id"], "my": mine}]
    assert as_(DUTY).get("/sync")["dings"] == {"unconfirmed": 0}
    assert as_(DUTY).get("/dings", state="unconfirmed")["items"] == []
    assert len(as_(DUTY).get("/dings", state="confirmed")["items"]) == 1
    [row] = as_(CITY).get(f"/dings/{made['id']}/officials", state="confirmed")["items"]
    assert row["confirmed"] == {
        "at": now,
        "post_title": "值班员",
        "unit_name": "石塘镇",
        "device": "test",
        "late": False,
    }
    assert (row["name"], row["state"], row["phone"]) == ("陈石塘", "confirmed", "13800000000")
    assert row["unit"] == {"id": unit_id("331081100"), "name": "石塘镇"}


def test_a_repeated_tap_changes_nothing(ding: Ding, confirm: Any, listening: Listening) -> None:
    made = ding("331081100")
    with clock.at(START):
        first = confirm(DUTY, made)
    device = listening(DUTY)
    with clock.at(START + timedelta(minutes=1)):
        assert confirm(DUTY, made) == first
    assert device.types() == []


def test_twenty_taps_at_once_are_one_confirmation(
    app: Flask, ding: Ding, as_: SignedIn, session: Session
) -> None:
    path = f"/dings/{ding('331081100')['id']}/confirmation"
    answers = at_once(app, [(as_(DUTY), lambda own: own.request("POST", path, json={}))] * 20)
    assert statuses(answers) == [200] * 20
    assert len({str(answer.get_json()) for answer in answers}) == 1
    assert len(session.scalars(select(DingReceipt)).all()) == 1


def test_a_confirmation_costs_four_statements(
    ding: Ding, confirm: Any, as_: SignedIn, statements: Callable[[], Any]
) -> None:
    made = ding("33", LEADER, by=PROVINCE)
    as_(DUTY).get("/me")
    with statements() as seen:
        confirm(DUTY, made)
    own = [
        s
        for s in seen
        if not any(t in s for t in ("JOIN account ", "FROM post JOIN", "account_grant"))
    ]
    assert len(own) <= 4, own


def test_receipts_come_in_batches_all_or_none(
    ding: Ding, as_: SignedIn, listening: Listening
) -> None:
    ids = [ding("331081100")["id"] for _ in range(3)]
    foreign = ding("330327", by=PROVINCE)["id"]
    send = as_(DUTY).post
    with clock.at(START):
        got = send("/dings/receipts", {"ding_ids": ids[:2], "kind": "delivered"}, status=200)
    assert [item["id"] for item in got["items"]] == ids[:2]
    assert all(item["my"]["delivered_at"] == START.isoformat() for item in got["items"])
    assert all(item["my"]["read_at"] is None for item in got["items"])
    device = listening(DUTY)
    later = START + timedelta(minutes=1)
    with clock.at(later):
        got = send("/dings/receipts", {"ding_ids": ids, "kind": "read"}, status=200)
        again = send("/dings/receipts", {"ding_ids": ids, "kind": "read"}, status=200)
        send("/dings/receipts", {"ding_ids": [*ids, foreign], "kind": "read"}, status=404)
    assert again == got
    assert [item["my"]["delivered_at"] for item in got["items"]] == [
        START.isoformat(),
        START.isoformat(),
        later.isoformat(),
    ]
    assert {item["my"]["read_at"] for item in got["items"]} == {later.isoformat()}
    assert [heard["ding_id"] for heard in device.hear("ding.receipt")] == ids


@pytest.mark.parametrize(
    "body",
    [
        {"ding_ids": [], "kind": "read"},
        {"ding_ids": ["1"] * 201, "kind": "read"},
        {"ding_ids": ["x"], "kind": "read"},
        {"ding_ids": ["1"], "kind": "confirmed"},
        {"kind": "read"},
    ],
    ids=str,
)
def test_receipts_asked_for_wrongly_are_refused(as_: SignedIn, body: dict[str, Any]) -> None:
    as_(DUTY).post("/dings/receipts", body, status=422)


def test_to_another_county_a_ding_does_not_exist_and_that_is_audited(
    ding: Ding, as_: SignedIn
) -> None:
    made = ding("331081100", LEADER)
    doors = [
        ("GET", "", None),
        ("GET", "/rollup", None),
        ("GET", "/officials", None),
        ("POST", "/confirmation", {}),
        ("POST", "/cancellation", {}),
    ]
    for method, door, body in doors:
        absent = as_(OUTSIDER).request(method, f"/dings/999999{door}", json=body)
        before = denials()
        answer = as_(OUTSIDER).request(method, f"/dings/{made['id']}{door}", json=body)
        assert answer.status_code == absent.status_code == 404
        assert {**answer.get_json(), "instance": 0} == {**absent.get_json(), "instance": 0}
        assert denials()[len(before) :] == [(denials()[-1][0], "ding", made["id"])]


def test_who_has_answered_is_the_senders_alone(ding: Ding, as_: SignedIn) -> None:
    made = ding("331081100")
    for method, door in (("GET", "rollup"), ("GET", "officials"), ("POST", "cancellation")):
        before = len(denials())
        answer = as_(LEADER).request(method, f"/dings/{made['id']}/{door}")
        assert (answer.status_code, answer.get_json()["code"]) == (403, "not_permitted")
        assert len(denials()) == before + 1
    assert as_(LEADER).get(f"/dings/{made['id']}")["sent"] is None


def test_the_sender_hears_of_progress_at_most_every_two_seconds(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening
) -> None:
    with clock.at(START):
        made = ding("331081100", LEADER)
        sender = listening(CITY)
        run_timers()
        [first] = sender.hear("ding.progress")
        assert (first["addressed"], first["unreached"], first["confirmed"]) == (6, 6, 0)
    heard = []
    for tenths in range(1, 120):
        with clock.at(START + timedelta(seconds=tenths / 10)):
            if tenths <= 20:
                as_(DUTY).post(
                    "/dings/receipts", {"ding_ids": [made["id"]], "kind": "read"}, status=200
                )
            if tenths == 21:
                confirm(LEADER, made)
            run_timers()
            heard += [(tenths, data) for data in sender.hear("ding.progress")]
    times = [at for at, _ in heard]
    assert all(later - earlier >= 20 for earlier, later in pairwise(times))
    assert len(heard) <= 4
    last = heard[-1][1]
    assert last == {**last, "addressed": 6, "confirmed": 1, "read": 1, "unreached": 4}
    shown = as_(CITY).get(f"/dings/{made['id']}")
    # Stale state and the event are the fresh state.
    numbers = ("addressed", "confirmed", "read", "delivered", "unreached")
    assert shown["sent"]["progress"] == {name: last[name] for name in numbers}
    assert {name: shown[name] for name in ("state", "completed_at", "next_repeat_at")} == {
        name: last[name] for name in ("state", "completed_at", "next_repeat_at")
    }


def test_a_ding_is_complete_when_the_last_one_has_confirmed(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening
) -> None:
    repeat = {"every_minutes": 1, "times": 5}
    with clock.at(START):
        made = ding("331081100", levels=[4], repeat=repeat)
        confirm(LEADER, made)
        confirm(DUTY, made)
    sender, other = listening(CITY), listening(DUTY)
    with clock.at(START + timedelta(seconds=3)):
        run_timers()
        shown = as_(CITY).get(f"/dings/{made['id']}")
        assert (shown["state"], shown["next_repeat_at"]) == ("complete", None)
        assert sender.hear("ding.progress")[-1]["state"] == "complete"
        answer = as_(CITY).post(f"/dings/{made['id']}/cancellation", status=409)
        assert answer["code"] == "ding_complete"
    with clock.at(START + timedelta(minutes=2)):
        run_timers()
    assert other.types() == ["ding.completed"]


def test_who_confirms_what_was_cancelled_is_late(
    ding: Ding, confirm: Any, as_: SignedIn, listening: Listening
) -> None:
    with clock.at(START):
        made = ding("331081100", repeat={"every_minutes": 1, "times": 5})
        in_time = confirm(LEADER, made)
    device = listening(DUTY)
    with clock.at(START + timedelta(seconds=30)):
        shown = as_(CITY).post(f"/dings/{made['id']}/cancellation", status=200)
        again = as_(CITY).post(f"/dings/{made['id']}/cancellation", status=200)
        assert shown == again
        assert (shown["state"], shown["next_repeat_at"]) == ("cancelled", None)
        told = {"ding_id": made["id"], "cancelled_at": shown["cancelled_at"]}
        assert device.hear("ding.cancelled") == [told]
        assert as_(DUTY).get("/sync")["dings"] == {"unconfirmed": 0}
    with clock.at(START + timedelta(seconds=40)):
        answer = confirm(DUTY, made)
        assert (answer["state"], answer["my"]["late"]) == ("cancelled", True)
        assert in_time["my"]["late"] is False
    rows = as_(CITY).get(f"/dings/{made['id']}/officials", state="confirmed")["items"]
    late = {row["name"]: row["confirmed"]["late"] for row in rows}
    assert late == {"王石塘": False, "陈石塘": True}
    with clock.at(START + timedelta(minutes=3)):
        run_timers()
    assert "ding.repeated" not in device.types()


def test_an_old_ding_is_nobodys_debt_any_more(ding: Ding, confirm: Any, as_: SignedIn) -> None:
    with clock.at(START):
        made = ding("331081100")
    with clock.at(START + timedelta(days=7)):
        assert as_(DUTY).get("/sync")["dings"] == {"unconfirmed": 0}
        assert as_(CITY).get("/dings", box="sent", state="open")["items"] == []
        [over] = as_(CITY).get("/dings", box="sent", state="over")["items"]
        assert over["state"] == "over"
        assert confirm(DUTY, made)["my"]["confirmed_at"] is not None
