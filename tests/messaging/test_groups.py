"""Direct conversations and the life of a group."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OUTSIDER, OWNER, MakeGroup, say

OfficialId = Callable[[str], str]


def roles(answer: Any) -> dict[str, str]:
    return {member["name"]: member["role"] for member in answer["items"]}


def test_there_is_one_direct_conversation_for_a_pair(
    as_: SignedIn, official_id: OfficialId
) -> None:
    body = {"kind": "direct", "official_ids": [official_id(OUTSIDER)], "client_id": "d"}
    made = as_(MEMBER).post("/conversations", body)
    assert (made["name"], made["members"], made["my_role"]) == ("王苍南", 2, "member")
    assert made["other"] == {"id": official_id(OUTSIDER), "name": "王苍南"}
    assert as_(MEMBER).post("/conversations", body, status=200) == made
    from_the_other_side = as_(OUTSIDER).post(
        "/conversations",
        {"kind": "direct", "official_ids": [official_id(MEMBER)]},
        status=200,
    )
    assert from_the_other_side["id"] == made["id"]
    assert from_the_other_side["other"] == {"id": official_id(MEMBER), "name": "陈石塘"}


def test_a_group_repeated_is_the_same_group(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER, client_id="g")
    assert (made["my_role"], made["members"], made["unread"]) == ("owner", 2, 0)
    body = {
        "kind": "group",
        "name": "石塘防汛群",
        "official_ids": [official_id(MEMBER)],
        "client_id": "g",
    }
    assert as_(OWNER).post("/conversations", body, status=200) == made
    other = {**body, "name": "另一个群"}
    assert as_(OWNER).post("/conversations", other, status=409)["code"] == "idempotency_conflict"


def test_members_are_listed_with_roles_in_pages(as_: SignedIn, group: MakeGroup) -> None:
    made, client = group(MEMBER, OTHER_MEMBER), as_(MEMBER)
    path = f"/conversations/{made['id']}/members"
    whole = client.get(path)
    assert roles(whole) == {"王温岭": "owner", "陈石塘": "member", "陈松门": "member"}
    first = client.get(path, limit=2)
    assert first["items"] == whole["items"][:2]
    assert client.get(path, limit=2, cursor=first["next"])["items"] == whole["items"][2:]
    # The primary post stands for somebody with two.
    assert [m["unit_name"] for m in whole["items"] if m["name"] == "陈松门"] == ["松门镇"]


def test_who_comes_later_sees_what_is_said_from_then_on(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "以前的话")
    path = f"/conversations/{made['id']}"
    body = {"official_ids": [official_id(OTHER_MEMBER), official_id(MEMBER)]}
    assert as_(OWNER).post(f"{path}/members", body, status=200)["members"] == 3
    late = as_(OTHER_MEMBER)
    seen = late.get(path)
    assert (seen["unread"], seen["last_message"]["kind"], seen["last_seq"]) == (0, "notice", 2)
    assert "以前的话" not in str(late.get("/conversations")) + str(late.get("/sync"))
    assert [m["kind"] for m in late.get(f"{path}/messages")["items"]] == ["notice"]
    late.get(f"{path}/messages/1/readers", status=404)
    late.post(f"{path}/messages", {"text": "x", "reply_to_seq": 1}, status=422)
    say(as_(OWNER), made, "现在的话")
    assert [m["seq"] for m in late.get(f"{path}/messages")["items"]] == [2, 3]
    assert late.get(path)["unread"] == 1


def test_who_is_put_out_loses_the_group_and_who_returns_begins_anew(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(OWNER), made)
    as_(OWNER).delete(f"{path}/members/{official_id(MEMBER)}")
    for address in (path, f"{path}/messages", f"{path}/members"):
        as_(MEMBER).get(address, status=404)
    as_(MEMBER).post(f"{path}/messages", {"text": "还在吗"}, status=404)
    assert as_(MEMBER).get("/conversations")["items"] == []
    as_(OWNER).delete(f"{path}/members/{official_id(MEMBER)}", status=404)
    assert as_(OWNER).get(path)["members"] == 2
    say(as_(OWNER), made, "背后的话")
    as_(OWNER).post(f"{path}/members", {"official_ids": [official_id(MEMBER)]}, status=200)
    # Of what was said meanwhile nothing; that they were added is where they begin.
    assert [m["seq"] for m in as_(MEMBER).get(f"{path}/messages")["items"]] == [4]
    assert say(as_(MEMBER), made)["seq"] == 5


def test_renaming_is_for_owner_and_admins(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}"
    assert as_(OWNER).patch(path, {"name": "新名"})["name"] == "新名"
    assert as_(MEMBER).patch(path, {"name": "我的"}, status=403)["code"] == "not_permitted"
    as_(OWNER).patch(f"{path}/members/{official_id(MEMBER)}", {"role": "admin"})
    assert as_(MEMBER).patch(path, {"name": "我的"})["name"] == "我的"
    direct = as_(MEMBER).post(
        "/conversations", {"kind": "direct", "official_ids": [official_id(OWNER)]}
    )
    answer = as_(MEMBER).patch(f"/conversations/{direct['id']}", {"name": "x"}, status=409)
    assert answer["code"] == "not_a_group"


def test_who_may_put_whom_out(as_: SignedIn, group: MakeGroup, official_id: OfficialId) -> None:
    made = group(MEMBER, OTHER_MEMBER, OUTSIDER)
    path = f"/conversations/{made['id']}/members"
    owner, admin, plain, last = map(official_id, (OWNER, MEMBER, OTHER_MEMBER, OUTSIDER))
    as_(OWNER).patch(f"{path}/{admin}", {"role": "admin"})
    as_(OTHER_MEMBER).delete(f"{path}/{last}", status=403)
    as_(MEMBER).delete(f"{path}/{owner}", status=403)
    as_(MEMBER).delete(f"{path}/{plain}")
    as_(OWNER).delete(f"{path}/{admin}")
    as_(OUTSIDER).delete(f"{path}/{last}")
    assert as_(OWNER).get(f"/conversations/{made['id']}")["members"] == 1


def test_a_group_has_one_owner_who_hands_over_before_leaving(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/members"
    refused = as_(OWNER).delete(f"{path}/me", status=409)
    assert refused["code"] == "owner_must_hand_over"
    refused = as_(OWNER).patch(f"{path}/{official_id(OWNER)}", {"role": "member"}, status=409)
    assert refused["code"] == "owner_must_hand_over"
    as_(MEMBER).patch(f"{path}/{official_id(MEMBER)}", {"role": "owner"}, status=403)
    assert (
        as_(OWNER).patch(f"{path}/{official_id(MEMBER)}", {"role": "owner"})["my_role"] == "admin"
    )
    assert roles(as_(MEMBER).get(path)) == {"王温岭": "admin", "陈石塘": "owner"}
    as_(OWNER).delete(f"{path}/me")
    as_(OWNER).get(f"/conversations/{made['id']}", status=404)
    # Nobody is left to hand over to.
    as_(MEMBER).delete(f"{path}/me")
    as_(MEMBER).get(f"/conversations/{made['id']}", status=404)


def test_people_must_be_officials_in_office(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    known = official_id(MEMBER)
    for ids, index in (([known, "999999"], 1), (["0"], 0)):
        body = {"kind": "group", "name": "群", "official_ids": ids}
        answer = as_(OWNER).post("/conversations", body, status=422)
        assert answer["errors"][0]["pointer"] == f"/official_ids/{index}"
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/members"
    as_(OWNER).post(path, {"official_ids": ["999999"]}, status=422)


def test_a_group_has_at_most_a_thousand_members(
    as_: SignedIn, group: MakeGroup, crowd: Callable[[int], list[str]]
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/members"
    people = crowd(999)
    assert as_(OWNER).post(path, {"official_ids": people[:998]}, status=200)["members"] == 1000
    as_(OWNER).post(path, {"official_ids": people[998:]}, status=422)
    assert as_(OWNER).get(f"/conversations/{made['id']}")["members"] == 1000


@pytest.mark.parametrize("kind", ["direct", "org_group"])
def test_only_the_people_of_a_group_are_named_one_by_one(
    as_: SignedIn, official_id: OfficialId, addressed: MakeGroup, kind: str
) -> None:
    if kind == "direct":
        who = OWNER
        made = as_(who).post(
            "/conversations", {"kind": "direct", "official_ids": [official_id(MEMBER)]}
        )
    else:
        who = "3310.duty_officer"
        made = addressed("org_group", "3310")
    path, other = f"/conversations/{made['id']}/members", official_id(MEMBER)
    for answer in (
        as_(who).post(path, {"official_ids": [other]}, status=409),
        as_(who).patch(f"{path}/{other}", {"role": "admin"}, status=409),
        as_(who).delete(f"{path}/{other}", status=409),
        as_(who).delete(f"{path}/me", status=409),
    ):
        assert answer["code"] == "not_a_group"
