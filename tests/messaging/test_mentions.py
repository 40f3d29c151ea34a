"""Calling people: whom one may call, and who sees that they were called."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    PROVINCE,
    MakeGroup,
    say,
)
from zzd import clock
from zzd.messaging.models import Mention

OfficialId = Callable[[str], str]
UnitId = Callable[[str], str]


def mentioned(as_: SignedIn, who: str, made: dict[str, Any]) -> Any:
    listed = {c["id"]: c["mentioned"] for c in as_(who).get("/conversations")["items"]}
    synced = {c["id"]: c["mentioned"] for c in as_(who).get("/sync")["conversations"]}
    alone = as_(who).get(f"/conversations/{made['id']}")["mentioned"]
    assert listed[made["id"]] == synced[made["id"]] == alone
    return alone


def test_who_is_called_sees_it_until_they_have_read_it(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    call = {"official_ids": [official_id(MEMBER)]}
    say(as_(OWNER), made)
    sent = say(as_(OWNER), made, "@陈石塘 请回话", mentions=call)
    assert sent["mentions"] == {
        "all": False,
        "people": [{"id": official_id(MEMBER), "name": "陈石塘"}],
        "audience": None,
    }
    say(as_(OTHER_MEMBER), made, "@陈石塘", mentions=call)
    assert mentioned(as_, MEMBER, made) == {"count": 2, "seq": 2}
    assert mentioned(as_, OTHER_MEMBER, made) is mentioned(as_, OWNER, made) is None
    path = f"/conversations/{made['id']}"
    assert [m["mentions_me"] for m in as_(MEMBER).get(f"{path}/messages")["items"]] == [
        False,
        True,
        True,
    ]
    as_(MEMBER).put(f"{path}/read", {"seq": 2})
    assert mentioned(as_, MEMBER, made) == {"count": 1, "seq": 3}
    as_(MEMBER).put(f"{path}/read", {"seq": 3})
    assert mentioned(as_, MEMBER, made) is None


def test_calling_all_is_for_those_who_manage_a_group(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}"
    body = {"text": "@所有人", "mentions": {"all": True}}
    assert as_(MEMBER).post(f"{path}/messages", body, status=403)["code"] == "not_permitted"
    assert as_(MEMBER).get(path)["last_seq"] == 0
    as_(OWNER).patch(f"{path}/members/{official_id(MEMBER)}", {"role": "admin"})
    as_(MEMBER).post(f"{path}/messages", body)
    assert mentioned(as_, OTHER_MEMBER, made)["count"] == 1
    assert mentioned(as_, OWNER, made)["count"] == 1
    assert mentioned(as_, MEMBER, made) is None


def test_who_comes_later_was_not_called(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "@所有人", mentions={"all": True})
    path = f"/conversations/{made['id']}"
    body = {"official_ids": [official_id(OTHER_MEMBER)]}
    as_(OWNER).post(f"{path}/members", body, status=200)
    assert mentioned(as_, OTHER_MEMBER, made) is None
    assert as_(OTHER_MEMBER).get(f"{path}/mentions")["items"] == []


def test_calling_everybody_in_the_province_is_one_row(
    as_: SignedIn, addressed: MakeGroup, session: Session
) -> None:
    made = addressed("announcement", "33", by=PROVINCE)
    say(as_(PROVINCE), made, "@所有人", mentions={"all": True})
    assert session.scalar(select(func.count()).select_from(Mention)) == 1
    for who in (MEMBER, OUTSIDER):
        assert mentioned(as_, who, made) == {"count": 1, "seq": 1}


def test_an_audience_calls_those_who_hold_a_post_in_it(
    as_: SignedIn, addressed: MakeGroup, unit_id: UnitId, session: Session
) -> None:
    made = addressed("org_group", "3310")
    call = {"audience": {"unit_id": unit_id("331081"), "line": "flood_control"}}
    sent = say(as_(CITY), made, "@温岭防汛", mentions=call)
    assert sent["mentions"]["audience"]["text"] == "温岭市以下 防汛条线"
    assert session.scalar(select(func.count()).select_from(Mention)) == 1
    assert mentioned(as_, MEMBER, made) == {"count": 1, "seq": 1}
    assert mentioned(as_, OWNER, made) is None
    assert mentioned(as_, "331002.duty_officer", made) is None
    [message] = as_(MEMBER).get(f"/conversations/{made['id']}/messages")["items"]
    assert message["mentions_me"] is True


def test_an_audience_lies_within_the_conversations_own(
    as_: SignedIn, addressed: MakeGroup, unit_id: UnitId
) -> None:
    made = addressed("org_group", "331081", line="flood_control")
    path = f"/conversations/{made['id']}/messages"
    for audience in (
        {"unit_id": unit_id("3310"), "line": "flood_control"},
        {"unit_id": unit_id("331081100")},
        {"unit_id": unit_id("330327"), "line": "flood_control"},
    ):
        body = {"text": "x", "mentions": {"audience": audience}}
        answer = as_(CITY).post(path, body, status=422)
        assert answer["errors"][0]["pointer"] == "/mentions/audience"
    body["mentions"]["audience"] = {"unit_id": unit_id("331081100"), "line": "flood_control"}
    as_(CITY).post(path, body)
    as_(MEMBER).post(path, body, status=403)


def test_an_audience_that_was_called_before_is_that_of_todays_tree(
    as_: SignedIn, addressed: MakeGroup, unit_id: UnitId
) -> None:
    made, town = addressed("org_group", "331081"), unit_id("331081100")
    path = f"/conversations/{made['id']}/messages"
    body = {"text": "x", "mentions": {"audience": {"unit_id": town}}}
    as_(CITY).post(path, body)
    # Out of the conversation's audience, and into it again under another name.
    admin = as_("33.leader")
    admin.post(
        f"/units/{town}/move", {"parent_id": unit_id("331002"), "code": "331002900"}, status=200
    )
    answer = as_(CITY).post(path, body, status=422)
    assert answer["errors"][0]["pointer"] == "/mentions/audience"
    admin.post(
        f"/units/{town}/move", {"parent_id": unit_id("331081"), "code": "331081100"}, status=200
    )
    admin.patch(f"/units/{town}", {"name": "石塘新镇"})
    sent = as_(CITY).post(path, body)
    assert sent["mentions"]["audience"]["text"] == "石塘新镇以下"


@pytest.mark.parametrize("kind", ["direct", "group", "org_group"])
def test_people_called_belong_to_the_conversation(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    official_id: OfficialId,
    kind: str,
) -> None:
    if kind == "direct":
        body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
        made = as_(OWNER).post("/conversations", body)
    else:
        made = group(MEMBER) if kind == "group" else addressed(kind, "331081", by=OWNER)
    path = f"/conversations/{made['id']}/messages"
    ids = [official_id(MEMBER), official_id(OUTSIDER)]
    body = {"text": "x", "mentions": {"official_ids": ids}}
    answer = as_(OWNER).post(path, body, status=422)
    assert answer["errors"][0]["pointer"] == "/mentions/official_ids/1"
    body["mentions"] = {"official_ids": ids[:1]}
    as_(OWNER).post(path, body)
    assert mentioned(as_, MEMBER, made)["count"] == 1


def test_in_a_direct_conversation_there_is_no_all(
    as_: SignedIn, official_id: OfficialId, unit_id: UnitId
) -> None:
    body: dict[str, Any] = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    made = as_(OWNER).post("/conversations", body)
    path = f"/conversations/{made['id']}/messages"
    for part, call in (("all", True), ("audience", {"unit_id": unit_id("331081")})):
        body = {"text": "x", "mentions": {part: call}}
        answer = as_(OWNER).post(path, body, status=422)
        assert answer["errors"][0]["pointer"] == f"/mentions/{part}"


def test_a_recalled_message_calls_nobody(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, mentions={"all": True})
    path = f"/conversations/{made['id']}"
    as_(OWNER).post(f"{path}/messages/1/recall", status=200)
    assert mentioned(as_, MEMBER, made) is None
    assert as_(MEMBER).get(f"{path}/mentions")["items"] == []
    [message] = as_(MEMBER).get(f"{path}/messages")["items"]
    assert (message["mentions"], message["mentions_me"]) == (None, False)


def test_what_calls_me_is_listed_newest_first(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    me = {"official_ids": [official_id(MEMBER)]}
    for call in (me, None, {"all": True}, {**me, "all": True}, me):
        say(as_(OWNER), made, **({"mentions": call} if call else {}))
    say(as_(MEMBER), made, mentions=me)
    path = f"/conversations/{made['id']}/mentions"
    seqs = [m["seq"] for m in as_(MEMBER).get(path)["items"]]
    assert seqs == [5, 4, 3, 1]
    first = as_(MEMBER).get(path, limit=2)
    rest = as_(MEMBER).get(path, limit=2, cursor=first["next"])
    assert [m["seq"] for m in first["items"] + rest["items"]] == seqs
    assert rest["next"] is None


def test_a_repeat_gives_the_first_result_though_who_was_called_is_gone(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    body = {
        "text": "x",
        "client_id": "once",
        "mentions": {"official_ids": [official_id(MEMBER)]},
    }
    first = as_(OWNER).post(f"{path}/messages", body)
    as_(MEMBER).delete(f"{path}/members/me")
    assert as_(OWNER).post(f"{path}/messages", body, status=200) == first
    other = {**body, "mentions": {"all": True}}
    answer = as_(OWNER).post(f"{path}/messages", other, status=409)
    assert answer["code"] == "idempotency_conflict"
    as_(OWNER).post(f"{path}/messages", {**body, "client_id": "two"}, status=422)


def test_unread_calls_cost_one_statement_for_a_page_of_conversations(
    as_: SignedIn,
    group: MakeGroup,
    official_id: OfficialId,
    statements: Callable[[], Any],
) -> None:
    def cost() -> int:
        as_(MEMBER).get("/conversations")
        with statements() as seen:
            as_(MEMBER).get("/conversations")
        assert sum("FROM mention" in s for s in seen) == 1
        return len(seen)

    def make() -> None:
        made = group(MEMBER)
        say(as_(OWNER), made, mentions={"all": True})
        say(as_(OWNER), made, mentions={"official_ids": [official_id(MEMBER)]})

    make()
    before = cost()
    for _ in range(10):
        make()
    assert cost() == before


@pytest.mark.parametrize(
    ("mentions", "pointer"),
    [
        ({"official_ids": [1]}, "/mentions/official_ids/0"),
        ({"official_ids": ["1"] * 51}, "/mentions/official_ids"),
        ({"official_ids": None}, "/mentions/official_ids"),
        ({"all": "yes"}, "/mentions/all"),
        ({"all": 1}, "/mentions/all"),
        ({"audience": {}}, "/mentions/audience/unit_id"),
        ({"audience": {"unit_id": "999999"}}, "/mentions/audience/unit_id"),
        ({"everybody": True}, "/mentions/everybody"),
        ([], "/mentions"),
        ("x", "/mentions"),
    ],
)
def test_bad_mentions_name_the_part_at_fault(
    as_: SignedIn, group: MakeGroup, mentions: Any, pointer: str
) -> None:
    made = group(MEMBER)
    body = {"text": "x", "mentions": mentions}
    answer = as_(OWNER).post(f"/conversations/{made['id']}/messages", body, status=422)
    assert answer["errors"][0]["pointer"].startswith(pointer)
    assert as_(OWNER).get(f"/conversations/{made['id']}")["last_seq"] == 0


def test_sync_tells_of_a_call_since_the_last_time(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    start = clock.now()
    with clock.at(start + timedelta(hours=1)):
        cursor = as_(MEMBER).get("/sync")["cursor"]
    with clock.at(start + timedelta(hours=2)):
        say(as_(OWNER), made, mentions={"all": True})
        [changed] = as_(MEMBER).get("/sync", cursor=cursor)["conversations"]
    assert changed["mentioned"] == {"count": 1, "seq": 1}
