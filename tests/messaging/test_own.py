"""How one keeps conversations for oneself: pins, favourites, drafts, quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    MakeGroup,
    say,
)
from zzd import clock
from zzd.messaging.marks.notifications import CHINA, is_quiet

OfficialId = Callable[[str], str]


def test_managers_pin_messages_for_everybody(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    for text in ("一", "二"):
        say(as_(MEMBER), made, text)
    as_(OWNER).put(f"{path}/pins/1")
    answer = as_(OWNER).put(f"{path}/pins/2")
    assert as_(OWNER).put(f"{path}/pins/2") == answer
    seen = as_(MEMBER).get(f"{path}/pins")["items"]
    assert [(p["message"]["text"], p["pinned_by"]["name"]) for p in seen] == [
        ("二", "王温岭"),
        ("一", "王温岭"),
    ]
    assert [m["pinned"] for m in as_(MEMBER).get(f"{path}/messages")["items"]] == [True, True]
    as_(MEMBER).put(f"{path}/pins/1", status=403)
    as_(MEMBER).delete(f"{path}/pins/1", status=403)
    left = as_(OWNER).delete(f"{path}/pins/2", status=200)
    assert as_(OWNER).delete(f"{path}/pins/2", status=200) == left
    assert [p["message"]["seq"] for p in left["items"]] == [1]
    as_(OWNER).put(f"{path}/pins/9", status=404)


def test_either_of_two_pins(as_: SignedIn, official_id: OfficialId) -> None:
    body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    made = as_(OWNER).post("/conversations", body)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/pins/1"
    as_(MEMBER).put(path)
    assert as_(OWNER).delete(path, status=200)["items"] == []


def test_at_most_twenty_are_pinned_and_nothing_recalled(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    for seq in range(1, 22):
        say(as_(OWNER), made)
        if seq < 21:
            as_(OWNER).put(f"{path}/pins/{seq}")
    assert as_(OWNER).put(f"{path}/pins/21", status=409)["code"] == "too_many_pins"
    as_(OWNER).post(f"{path}/messages/20/recall", status=200)
    assert as_(OWNER).put(f"{path}/pins/20", status=409)["code"] == "message_recalled"
    as_(OWNER).put(f"{path}/pins/21")


def test_who_comes_later_sees_no_pin_of_what_was_said_before(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(OWNER), made, "以前的话")
    as_(OWNER).put(f"{path}/pins/1")
    body = {"official_ids": [official_id(OTHER_MEMBER)]}
    as_(OWNER).post(f"{path}/members", body, status=200)
    assert as_(OTHER_MEMBER).get(f"{path}/pins")["items"] == []


def test_favourites_are_readable_as_long_as_one_may_see_them(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, official_id: OfficialId
) -> None:
    made, wide = group(MEMBER), addressed("org_group", "3310")
    say(as_(OWNER), made, "一")
    say(as_(OWNER), made, "二")
    say(as_(CITY), wide, "三")
    direct = as_(OWNER).post(
        "/conversations", {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    )
    say(as_(OWNER), direct, "四")
    places = [(made, 1), (made, 2), (wide, 1), (direct, 1)]
    for conversation, seq in places:
        path = f"/conversations/{conversation['id']}/messages/{seq}/favourite"
        for _ in range(2):
            as_(MEMBER).put(path, status=204)

    def texts() -> list[Any]:
        items = as_(MEMBER).get("/favourites")["items"]
        return [item["message"] and item["message"]["text"] for item in items]

    assert texts() == ["四", "三", "二", "一"]
    whole = as_(MEMBER).get("/favourites")["items"]
    assert [item["conversation"]["name"] for item in whole] == [
        "王温岭",
        "台州防汛",
        "石塘防汛群",
        "石塘防汛群",
    ]
    first = as_(MEMBER).get("/favourites", limit=3)
    rest = as_(MEMBER).get("/favourites", limit=3, cursor=first["next"])
    assert (first["items"] + rest["items"], rest["next"]) == (whole, None)
    assert as_(OWNER).get("/favourites")["items"] == []
    as_(OWNER).post(f"/conversations/{made['id']}/messages/2/recall", status=200)
    assert texts() == ["四", "三", None, "一"]
    as_(MEMBER).delete(f"/conversations/{made['id']}/members/me")
    assert texts() == ["四", "三", None, None]
    gone = as_(MEMBER).get("/favourites")["items"][-1]
    assert (gone["conversation"], gone["message"]) == (None, None)
    as_(OWNER).delete(f"/favourites/{gone['id']}", status=404)
    as_(MEMBER).delete(f"/favourites/{gone['id']}")
    as_(MEMBER).delete(f"/conversations/{wide['id']}/messages/1/favourite")
    assert texts() == ["四", None]


def test_who_returns_to_a_group_does_not_see_what_they_saved_before(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(OWNER), made, "以前的话")
    as_(MEMBER).put(f"{path}/messages/1/favourite", status=204)
    as_(MEMBER).delete(f"{path}/members/me")
    body = {"official_ids": [official_id(MEMBER)]}
    as_(OWNER).post(f"{path}/members", body, status=200)
    [item] = as_(MEMBER).get("/favourites")["items"]
    assert item["message"] is None


def test_favourites_cost_the_same_however_many(
    as_: SignedIn, group: MakeGroup, statements: Callable[[], Any]
) -> None:
    def save() -> None:
        made = group(MEMBER)
        say(as_(OWNER), made)
        path = f"/conversations/{made['id']}/messages/1/favourite"
        as_(MEMBER).put(path, status=204)

    def cost() -> int:
        with statements() as seen:
            as_(MEMBER).get("/favourites")
        return len(seen)

    save()
    cost()
    before = cost()
    for _ in range(8):
        save()
    assert cost() == before


@pytest.mark.parametrize("kind", ["group", "org_group", "announcement"])
def test_one_keeps_a_conversation_on_top_muted_or_marked_for_oneself(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, kind: str
) -> None:
    made = group(MEMBER) if kind == "group" else addressed(kind, "3310")
    path = f"/conversations/{made['id']}"
    untouched = {"pinned_at": None, "muted": False, "marked_unread": False, "draft": None}
    assert as_(MEMBER).get(path)["my"] == untouched
    changed = as_(MEMBER).patch(f"{path}/my", {"pinned": True})
    pinned_at = changed["my"]["pinned_at"]
    assert pinned_at
    changed = as_(MEMBER).patch(f"{path}/my", {"pinned": True, "muted": True})
    assert changed["my"] == {**untouched, "pinned_at": pinned_at, "muted": True}
    changed = as_(MEMBER).patch(f"{path}/my", {"pinned": False, "marked_unread": True})
    assert changed["my"] == {**untouched, "muted": True, "marked_unread": True}
    assert as_(MEMBER).get(path) == changed
    assert as_(OWNER).get(path)["my"] == untouched
    as_(MEMBER).put(f"{path}/read", {"seq": 0})
    assert as_(MEMBER).get(path)["my"] == changed["my"]


def test_those_on_top_are_listed_by_themselves(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup
) -> None:
    made = [group(MEMBER), group(MEMBER), addressed("org_group", "3310")]
    for conversation in made[1:]:
        as_(MEMBER).patch(f"/conversations/{conversation['id']}/my", {"pinned": True})
    found = as_(MEMBER).get("/conversations", pinned="true")["items"]
    assert {c["id"] for c in found} == {c["id"] for c in made[1:]}
    assert as_(OWNER).get("/conversations", pinned="true")["items"] == []


def test_a_draft_follows_its_writer_and_nobody_else(
    as_: SignedIn, addressed: MakeGroup, listening: Listening
) -> None:
    made = addressed("org_group", "3310")
    path = f"/conversations/{made['id']}"
    device, other = listening(MEMBER), listening(OWNER)
    start = clock.now()
    with clock.at(start):
        as_(MEMBER).put(f"{path}/draft", {"text": "第一版", "origin": "phone"})
    with clock.at(start + timedelta(seconds=1)):
        answer = as_(MEMBER).put(f"{path}/draft", {"text": "第二版", "reply_to_seq": 0})
    assert answer["draft"]["text"] == "第二版"
    assert answer["draft"]["updated_at"] == (start + timedelta(seconds=1)).isoformat()
    [listed] = as_(MEMBER).get("/conversations")["items"]
    assert listed["my"]["draft"] == answer["draft"]
    told = device.hear("draft.updated")
    assert [(each["draft"]["text"], each["origin"]) for each in told] == [
        ("第一版", "phone"),
        ("第二版", None),
    ]
    say(as_(MEMBER), made, "别的话")
    assert as_(MEMBER).get(path)["my"]["draft"] == answer["draft"]
    assert as_(MEMBER).put(f"{path}/draft", {"text": ""}) == {"draft": None}
    assert as_(MEMBER).get(path)["my"]["draft"] is None
    assert "draft.updated" not in other.types()
    device.hear()
    as_(MEMBER).put(f"{path}/draft", {"text": ""})
    assert device.hear() == []


def test_sync_brings_what_another_device_changed(as_: SignedIn, group: MakeGroup) -> None:
    made, _other = group(MEMBER), group(MEMBER)
    start = clock.now()
    with clock.at(start + timedelta(hours=1)):
        cursor = as_(MEMBER).get("/sync")["cursor"]
    with clock.at(start + timedelta(hours=2)):
        as_(MEMBER).put(f"/conversations/{made['id']}/draft", {"text": "等"})
        [changed] = as_(MEMBER).get("/sync", cursor=cursor)["conversations"]
    assert (changed["id"], changed["my"]["draft"]["text"]) == (made["id"], "等")


def quiet(start: str, end: str, *, enabled: bool = True) -> dict[str, Any]:
    hours = {"enabled": enabled, "from": start, "to": end}
    return {"do_not_disturb": hours, "sound": False, "preview": True}


def test_quiet_hours_are_chinas_and_may_span_midnight(as_: SignedIn) -> None:
    assert as_(MEMBER).get("/me/notifications") == {
        **quiet("22:00", "07:00", enabled=False),
        "sound": True,
        "quiet_now": False,
    }
    body = quiet("22:00", "07:00")
    with clock.at(datetime(2019, 8, 9, 13, 59, tzinfo=UTC)):
        assert as_(MEMBER).put("/me/notifications", body) == {**body, "quiet_now": False}
    night = datetime(2019, 8, 9, 14, 0, tzinfo=UTC)
    with clock.at(night):
        assert as_(MEMBER).get("/me/notifications")["quiet_now"] is True
    with clock.at(night + timedelta(hours=9)):
        assert as_(MEMBER).get("/me/notifications")["quiet_now"] is False
    with clock.at(night):
        as_(MEMBER).put("/me/notifications", quiet("22:00", "07:00", enabled=False))
        assert as_(MEMBER).get("/me/notifications")["quiet_now"] is False


@given(quiet_from=st.integers(0, 1439), quiet_to=st.integers(0, 1439), minute=st.integers(0, 1439))
def test_a_minute_is_quiet_from_the_first_up_to_the_last(
    quiet_from: int, quiet_to: int, minute: int
) -> None:
    moment = datetime(2019, 8, 9, minute // 60, minute % 60, 59, tzinfo=CHINA).astimezone(UTC)
    if quiet_from < quiet_to:
        expected = quiet_from <= minute < quiet_to
    else:
        expected = minute >= quiet_from or minute < quiet_to
    assert is_quiet(quiet_from=quiet_from, quiet_to=quiet_to, moment=moment) is expected


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("PATCH", "/my", {"pinned": 1}, "/pinned"),
        ("PATCH", "/my", {"muted": "on"}, "/muted"),
        ("PATCH", "/my", {"marked_unread": None}, "/marked_unread"),
        ("PATCH", "/my", {"draft": "x"}, "/draft"),
        ("PUT", "/draft", {}, "/text"),
        ("PUT", "/draft", {"text": None}, "/text"),
        ("PUT", "/draft", {"text": "x" * 5001}, "/text"),
        ("PUT", "/draft", {"text": "x", "reply_to_seq": 2**63}, "/reply_to_seq"),
        ("PUT", "/draft", {"text": "x", "origin": "x" * 65}, "/origin"),
    ],
)
def test_bad_changes(
    as_: SignedIn, group: MakeGroup, method: str, path: str, body: Any, pointer: str
) -> None:
    made = group(MEMBER)
    answer = as_(MEMBER).request(method, f"/conversations/{made['id']}{path}", json=body)
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["pointer"] == pointer


@pytest.mark.parametrize(
    "body",
    [
        {},
        quiet("24:00", "07:00"),
        quiet("7:00", "07:00"),
        quiet("07:60", "07:00"),
        {**quiet("07:00", "08:00"), "sound": "yes"},
        {**quiet("07:00", "08:00"), "quiet_now": True},
        {**quiet("07:00", "08:00"), "do_not_disturb": None},
    ],
)
def test_bad_hours(as_: SignedIn, body: Any) -> None:
    as_(MEMBER).put("/me/notifications", body, status=422)


def test_favourites_of_others_are_not_there(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    as_(OUTSIDER).put(f"/conversations/{made['id']}/messages/1/favourite", status=404)
    as_(OUTSIDER).get("/favourites", cursor="x", status=422)
