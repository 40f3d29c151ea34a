"""Sending a DING: to whom, how often, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY, MEMBER, OUTSIDER, OWNER, PROVINCE, MakeGroup, say
from tests.messaging.dings.conftest import DUTY, LEADER, START, Ding, Recorder
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.messaging.dings.models import DingPerson, DingReceipt


def test_a_ding_reaches_its_audience_and_those_named_and_nobody_else(
    ding: Ding, as_: SignedIn, listening: Listening
) -> None:
    inside, named, outside, sender = map(listening, (DUTY, MEMBER, OUTSIDER, CITY))
    made = ding("331081100", "331002.leader", role="duty_officer")
    [heard] = inside.hear("ding.created")
    assert heard == {**made, "sent": None}
    assert named.hear("ding.created") == [heard]
    assert sender.hear("ding.created") == [heard]
    assert outside.hear("ding.created") == []
    for reader in (DUTY, "331002.leader"):
        shown = as_(reader).get(f"/dings/{made['id']}")
        nothing = {"delivered_at": None, "read_at": None, "confirmed_at": None, "late": False}
        assert shown == {**heard, "my": nothing}
        assert as_(reader).get("/dings")["items"] == [shown]
        assert as_(reader).get("/sync")["dings"] == {"unconfirmed": 1}
    for reader in (LEADER, OUTSIDER):
        assert as_(reader).get("/dings")["items"] == []
        assert as_(reader).get("/sync")["dings"] == {"unconfirmed": 0}


def test_the_sender_is_not_asked_though_the_audience_holds_them(
    ding: Ding, as_: SignedIn, confirm: Any
) -> None:
    made = ding("33", by=PROVINCE)
    assert as_(PROVINCE).get("/dings")["items"] == []
    assert as_(PROVINCE).get("/sync")["dings"] == {"unconfirmed": 0}
    assert as_(PROVINCE).get("/dings", box="sent")["items"] == [made]
    assert confirm(PROVINCE, made, status=403)["code"] == "not_permitted"


def test_an_audience_of_any_size_is_one_row(
    ding: Ding,
    crowd: Callable[[int], list[str]],
    statements: Callable[[], Any],
    session: Session,
) -> None:
    counts = []
    for size in (0, 300):
        crowd(size)
        ding("33", by=PROVINCE)
        with statements() as seen:
            ding("33", by=PROVINCE, repeat={"every_minutes": 5, "times": 3})
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 20
    assert session.scalars(select(DingReceipt)).all() == []
    assert session.scalars(select(DingPerson)).all() == []


def test_naming_two_hundred_costs_what_naming_one_costs(
    as_: SignedIn, crowd: Callable[[int], list[str]], statements: Callable[[], Any]
) -> None:
    people = crowd(200)
    as_(CITY).get("/me")
    counts = []
    for named in (people[:1], people):
        with statements() as seen:
            as_(CITY).post("/dings", {"text": "收到请确认", "official_ids": named})
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_a_repeated_request_is_one_ding_also_when_it_was_cancelled(
    ding: Ding, as_: SignedIn, unit_id: Callable[[str], str], session: Session
) -> None:
    body = {"text": "确认", "audience": {"unit_id": unit_id("331081100")}, "client_id": "once"}
    made = as_(CITY).post("/dings", body)
    assert as_(CITY).post("/dings", body, status=200) == made
    as_(CITY).post(f"/dings/{made['id']}/cancellation", status=200)
    again = as_(CITY).post("/dings", body, status=200)
    assert (again["id"], again["state"]) == (made["id"], "cancelled")
    answer = as_(CITY).post("/dings", {**body, "text": "别的"}, status=409)
    assert answer["code"] == "idempotency_conflict"
    assert len(as_(CITY).get("/dings", box="sent")["items"]) == 1


@pytest.mark.parametrize(
    ("by", "code", "status"),
    [
        ("331081100.duty_officer", "331081100", 201),
        ("331081100.duty_officer", "331081100201", 201),
        # The county above, the neighbour, the whole province.
        ("331081100.duty_officer", "331081", 403),
        ("331081100.duty_officer", "331081101", 403),
        (OUTSIDER, "33", 403),
        # By grant: an issuer, and a unit administrator.
        (CITY, "331081", 201),
        (OWNER, "331081", 201),
        (CITY, "33", 403),
    ],
)
def test_one_addresses_ones_own_unit_and_what_a_grant_covers(
    as_: SignedIn, unit_id: Callable[[str], str], session: Session, by: str, code: str, status: int
) -> None:
    body = {"text": "确认", "audience": {"unit_id": unit_id(code)}}
    answer = as_(by).post("/dings", body, status=status)
    if status == 403:
        assert answer["code"] == "not_permitted"
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (last.action, last.object_id) == ("ding.send", unit_id(code))


def test_a_plain_member_addresses_people_and_no_part_of_the_tree(
    as_: SignedIn, unit_id: Callable[[str], str], official_id: Callable[[str], str]
) -> None:
    # The duty officer of 松门镇 is a plain member in 温岭市's water line.
    client = as_("331081101.duty_officer")
    posts = client.get("/me")["posts"]
    client.put("/me/post", {"post_id": next(p["id"] for p in posts if p["role"] == "member")})
    audience = {"unit_id": unit_id("331081")}
    client.post("/dings", {"text": "确认", "audience": audience}, status=403)
    client.post("/dings", {"text": "确认", "official_ids": [official_id(OUTSIDER)]})
    options = client.get("/dings/options")
    assert (options["own_unit"], options["by_grant"]) == (None, False)
    assert options["channels"] == ["in_app"]
    assert as_(DUTY).get("/dings/options")["own_unit"]["id"] == unit_id("331081100")


def test_telephones_are_for_those_in_charge_and_whose_number_is_seen(
    as_: SignedIn,
    telephones: dict[str, Recorder],
    official_id: Callable[[str], str],
    unit_id: Callable[[str], str],
) -> None:
    sms = {"text": "确认", "channels": ["sms"]}
    made = as_(DUTY).post("/dings", {**sms, "official_ids": [official_id("331081.leader")]})
    assert made["channels"] == ["in_app", "sms"]
    abroad = [official_id(LEADER), official_id(OUTSIDER)]
    answer = as_(DUTY).post("/dings", {**sms, "official_ids": abroad}, status=422)
    assert answer["errors"][0]["pointer"] == "/official_ids/1"
    as_(DUTY).post("/dings", {**sms, "audience": {"unit_id": unit_id("331081100")}})
    client = as_("331081101.duty_officer")
    posts = client.get("/me")["posts"]
    client.put("/me/post", {"post_id": next(p["id"] for p in posts if p["role"] == "member")})
    body = {**sms, "official_ids": [official_id("331081.leader")]}
    assert client.post("/dings", body, status=403)["code"] == "not_permitted"
    assert as_(DUTY).get("/dings/options")["channels"] == ["in_app", "sms", "voice"]


def test_a_channel_that_is_not_set_up_is_refused(ding: Ding, as_: SignedIn) -> None:
    body = {"text": "确认", "official_ids": ["1"], "channels": ["in_app", "voice"]}
    answer = as_(CITY).post("/dings", body, status=422)
    assert answer["errors"][0]["pointer"] == "/channels/1"


def test_so_many_an_hour_are_enough(
    as_: SignedIn, telephones: dict[str, Recorder], official_id: Callable[[str], str]
) -> None:
    body: dict[str, Any] = {"text": "确认", "official_ids": [official_id(LEADER)]}
    ringing = {**body, "channels": ["sms"]}
    with clock.at(START):
        for number in range(10):
            first = as_(DUTY).post("/dings", {**ringing, "client_id": f"n{number}"})
    with clock.at(START + timedelta(minutes=50)):
        answer = as_(DUTY).request("POST", "/dings", json=ringing)
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "601")
        # A repeat is none more; others have their own hour; in the application there is room.
        again = as_(DUTY).post("/dings", {**ringing, "client_id": "n9"}, status=200)
        assert again["id"] == first["id"]
        as_(CITY).post("/dings", ringing)
        for _ in range(20):
            as_(DUTY).post("/dings", body)
        assert as_(DUTY).post("/dings", body, status=429)["code"] == "too_many_requests"
    with clock.at(START + timedelta(minutes=60, seconds=1)):
        as_(DUTY).post("/dings", ringing)


def test_a_ding_may_point_to_a_message_that_its_sender_sees(
    as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    say(as_(MEMBER), made)
    message = {"conversation_id": made["id"], "seq": 1}
    body = {"text": "看这条", "official_ids": [official_id(LEADER)], "message": message}
    assert as_(OWNER).post("/dings", body)["message"] == message
    as_(OUTSIDER).post("/dings", body, status=404)
    absent = {**body, "message": {**message, "seq": 2}}
    as_(OWNER).post("/dings", absent, status=404)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "/text"),
    ({"text": "x" * 501}, "/text"),
    ({"text": "a\x00b"}, "/text"),
    ({"official_ids": []}, "/official_ids"),
    ({"official_ids": ["999999"]}, "/official_ids/0"),
    ({"official_ids": [str(n) for n in range(1, 202)]}, "/official_ids"),
    ({"official_ids": ["9" * 30]}, "/official_ids/0"),
    ({"audience": {"unit_id": "999999"}}, "/audience/unit_id"),
    ({"audience": {"unit_id": "1", "levels": [9]}}, "/audience/levels"),
    ({"channels": []}, "/channels"),
    ({"channels": ["pigeon"]}, "/channels/0"),
    ({"repeat": {"every_minutes": 0, "times": 1}}, "/repeat/every_minutes"),
    ({"repeat": {"every_minutes": 1441, "times": 1}}, "/repeat/every_minutes"),
    ({"repeat": {"every_minutes": 1, "times": 21}}, "/repeat/times"),
    ({"repeat": {"every_minutes": 1.5, "times": 1}}, "/repeat/every_minutes"),
    ({"repeat": {"times": 1}}, "/repeat/every_minutes"),
    ({"message": {"conversation_id": "1", "seq": 0}}, "/message/seq"),
    ({"client_id": "含空格 "}, "/client_id"),
    ({"urgent": True}, "/urgent"),
]


@pytest.mark.parametrize(("wrong", "pointer"), WRONG, ids=str)
def test_what_is_wrong_is_named(
    as_: SignedIn, official_id: Callable[[str], str], wrong: dict[str, Any], pointer: str
) -> None:
    body = {"text": "确认", "official_ids": [official_id(LEADER)], **wrong}
    answer = as_(CITY).post("/dings", body, status=422)
    assert any(error["pointer"].startswith(pointer) for error in answer["errors"]), answer


def test_one_does_not_ding_oneself(as_: SignedIn, official_id: Callable[[str], str]) -> None:
    body = {"text": "确认", "official_ids": [official_id(LEADER), official_id(CITY)]}
    answer = as_(CITY).post("/dings", body, status=422)
    assert answer["errors"][0]["pointer"] == "/official_ids/1"


@pytest.mark.parametrize(
    "query",
    [
        {"box": "lost"},
        {"state": "x"},
        {"box": "sent", "state": "unconfirmed"},
        {"cursor": "x"},
        {"limit": "0"},
    ],
    ids=str,
)
def test_a_list_asked_for_wrongly_is_refused(as_: SignedIn, query: dict[str, str]) -> None:
    as_(CITY).get("/dings", status=422, **query)


def test_lists_come_in_pages_newest_first(ding: Ding, as_: SignedIn) -> None:
    made = [ding("331081100", text=str(n))["id"] for n in range(5)]
    for reader, box in ((CITY, "sent"), (DUTY, "received")):
        seen, query = [], {"box": box, "limit": "2"}
        while True:
            page = as_(reader).get("/dings", **query)
            seen += [item["id"] for item in page["items"]]
            if page["next"] is None:
                break
            query["cursor"] = page["next"]
        assert seen == made[::-1]
