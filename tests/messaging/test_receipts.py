"""How far one has read, and who has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conftest import SignedIn
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OWNER,
    MakeGroup,
    say,
)


def test_reading_lowers_unread_and_never_goes_back(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    for _ in range(4):
        say(as_(OWNER), made)
    path = f"/conversations/{made['id']}"
    client = as_(MEMBER)
    assert client.get(path)["unread"] == 4
    assert client.put(f"{path}/read", {"seq": 3}) == {"read_seq": 3, "unread": 1}
    assert client.put(f"{path}/read", {"seq": 1}) == {"read_seq": 3, "unread": 1}
    assert client.get(path)["unread"] == 1
    client.put(f"{path}/read", {"seq": 5}, status=422)
    assert client.put(f"{path}/read", {"seq": 4}) == {"read_seq": 4, "unread": 0}


def test_who_speaks_has_read(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    say(as_(MEMBER), made)
    assert as_(MEMBER).get(f"/conversations/{made['id']}")["unread"] == 0
    assert as_(OWNER).get(f"/conversations/{made['id']}")["unread"] == 1


def test_readers_of_a_group(
    as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}"
    as_(MEMBER).put(f"{path}/read", {"seq": 1})
    # Came later: cannot have read it, and is not waited for.
    as_(OWNER).post(
        f"{path}/members", {"official_ids": [official_id("331081100.leader")]}, status=200
    )
    read = as_(OWNER).get(f"{path}/messages/1/readers")
    assert [person["name"] for person in read["items"]] == ["陈石塘"]
    assert (read["read"], read["unread"]) == (1, 1)
    unread = as_(OWNER).get(f"{path}/messages/1/readers", state="unread")
    assert [(p["name"], p["post_title"]) for p in unread["items"]] == [("陈松门", "值班员")]
    as_(OWNER).delete(f"{path}/members/{official_id(OTHER_MEMBER)}")
    assert as_(OWNER).get(f"{path}/messages/1/readers", state="unread")["items"] == []


def test_readers_of_an_org_group_are_the_audience(
    as_: SignedIn, addressed: MakeGroup, unit_id: Callable[[str], str]
) -> None:
    made = addressed("org_group", "331081", line="flood_control")
    path = f"/conversations/{made['id']}"
    say(as_(MEMBER), made)
    readers = f"{path}/messages/1/readers"
    as_(OTHER_MEMBER).put(f"{path}/read", {"seq": 1})
    # Outside the audience: what its maker reads is nobody's receipt.
    as_(CITY).put(f"{path}/read", {"seq": 1})
    read = as_(MEMBER).get(readers)
    assert [p["name"] for p in read["items"]] == ["陈松门"]
    # 温岭市, 东海村, 苍岙村, 第一小组
    assert (read["read"], read["unread"]) == (1, 4)
    first = as_(MEMBER).get(readers, state="unread", limit=3)
    rest = as_(MEMBER).get(readers, state="unread", limit=3, cursor=first["next"])
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [3, 1, None]
    part = as_(MEMBER).get(readers, state="unread", unit_id=unit_id("331081100"))
    assert ([p["unit_name"] for p in part["items"]], part["unread"]) == (["东海村", "第一小组"], 2)
    as_(MEMBER).get(readers, unit_id=unit_id("3303"), status=422)
    as_(MEMBER).get(readers, unit_id="999999", status=422)


def test_readers_of_an_announcement_are_for_those_who_announce(
    as_: SignedIn, addressed: MakeGroup
) -> None:
    made = addressed("announcement", "331081")
    say(as_(CITY), made)
    path = f"/conversations/{made['id']}/messages/1/readers"
    assert as_(MEMBER).get(path, status=403)["code"] == "not_permitted"
    for who in (CITY, OWNER):
        assert as_(who).get(path)["read"] == 0


@pytest.mark.parametrize("seq", [0, 2, 2**62])
def test_readers_of_no_message_are_not_found(as_: SignedIn, group: MakeGroup, seq: int) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    as_(OWNER).get(f"/conversations/{made['id']}/messages/{seq}/readers", status=404)
