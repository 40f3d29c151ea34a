"""What happens to a group: told in it, joined, dissolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

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
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.orgtree.models import Official

OfficialId = Callable[[str], str]


def notices(as_: SignedIn, who: str, made: dict[str, Any]) -> list[tuple[str, str, list[str]]]:
    """(what, by whom, to whom) of each."""
    items = as_(who).get(f"/conversations/{made['id']}/messages", limit=200)["items"]
    return [
        (
            m["content"]["action"],
            m["sender"]["name"],
            [person["name"] for person in m["content"]["people"]],
        )
        for m in items
        if m["kind"] == "notice"
    ]


def test_a_group_is_told_what_happens_to_it(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    other = official_id(OTHER_MEMBER)
    body = {"official_ids": [other, official_id(OUTSIDER)]}
    as_(OWNER).post(f"{path}/members", body, status=200)
    as_(OWNER).patch(f"{path}/members/{other}", {"role": "admin"})
    as_(OTHER_MEMBER).patch(path, {"name": "新名"})
    as_(OTHER_MEMBER).put(f"{path}/notice", {"text": "八点点名"})
    as_(OWNER).patch(f"{path}/members/{other}", {"role": "member"})
    as_(OWNER).delete(f"{path}/members/{official_id(OUTSIDER)}")
    as_(OTHER_MEMBER).delete(f"{path}/members/me")
    as_(OWNER).patch(f"{path}/members/{official_id(MEMBER)}", {"role": "owner"})
    assert notices(as_, MEMBER, made) == [
        ("added", "王温岭", ["王苍南", "陈松门"]),
        ("made_admin", "王温岭", ["陈松门"]),
        ("renamed", "陈松门", []),
        ("notice_changed", "陈松门", []),
        ("made_member", "王温岭", ["陈松门"]),
        ("removed", "王温岭", ["王苍南"]),
        ("left", "陈松门", ["陈松门"]),
        ("made_owner", "王温岭", ["陈石塘"]),
    ]
    items = as_(MEMBER).get(f"{path}/messages")["items"]
    assert [m["content"]["name"] for m in items if m["content"]["action"] == "renamed"] == ["新名"]


def test_a_notice_is_read_by_whoever_had_read_everything(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(OWNER), made)
    as_(MEMBER).put(f"{path}/read", {"seq": 1})
    as_(OWNER).patch(path, {"name": "新名"})
    assert as_(MEMBER).get(path)["unread"] == 0
    assert as_(OWNER).get(path)["unread"] == 0
    assert as_(OTHER_MEMBER).get(path)["unread"] == 2


def test_the_same_name_again_is_not_told(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    as_(OWNER).patch(f"/conversations/{made['id']}", {"name": made["name"]})
    assert notices(as_, MEMBER, made) == []


def test_of_many_people_a_notice_names_twenty(
    as_: SignedIn, group: MakeGroup, crowd: Callable[[int], list[str]]
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    as_(OWNER).post(f"{path}/members", {"official_ids": crowd(30)}, status=200)
    [told] = as_(OWNER).get(f"{path}/messages")["items"]
    assert (told["content"]["count"], len(told["content"]["people"])) == (30, 20)


def test_newcomers_are_welcomed(as_: SignedIn, group: MakeGroup, official_id: OfficialId) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    as_(OWNER).patch(path, {"welcome": "请先看群公告"})
    assert as_(MEMBER).get(f"{path}/life")["welcome"] == "请先看群公告"
    body = {"official_ids": [official_id(OTHER_MEMBER)]}
    as_(OWNER).post(f"{path}/members", body, status=200)
    [told] = as_(OTHER_MEMBER).get(f"{path}/messages")["items"]
    assert told["content"]["text"] == "请先看群公告"
    as_(OWNER).patch(path, {"welcome": ""})
    assert as_(MEMBER).get(f"{path}/life")["welcome"] is None
    as_(MEMBER).patch(path, {"welcome": "x"}, status=403)


def test_a_notice_counts_until_the_next_and_all_are_kept(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/notice"
    assert as_(MEMBER).get(path) == {"notice": None}
    first = as_(OWNER).put(path, {"text": "八点点名"})
    assert as_(OWNER).put(path, {"text": "八点点名"}) == first
    assert first["notice"]["by"]["name"] == "王温岭"
    assert as_(MEMBER).get(path) == first
    as_(OWNER).put(path, {"text": "九点点名"})
    assert as_(OWNER).put(path, {"text": ""}) == {"notice": None}
    as_(OWNER).put(path, {"text": ""})
    kept = as_(MEMBER).get(f"{path}/versions")["items"]
    assert [each["text"] for each in kept] == ["", "九点点名", "八点点名"]
    page = as_(MEMBER).get(f"{path}/versions", limit=2)
    rest = as_(MEMBER).get(f"{path}/versions", limit=2, cursor=page["next"])
    assert page["items"] + rest["items"] == kept
    assert as_(MEMBER).put(path, {"text": "x"}, status=403)["code"] == "not_permitted"


def test_where_an_audience_decides_those_who_address_it_put_up_notices(
    as_: SignedIn, addressed: MakeGroup, listening: Listening
) -> None:
    made = addressed("org_group", "3310")
    path, socket = f"/conversations/{made['id']}", listening(MEMBER)
    as_(CITY).put(f"{path}/notice", {"text": "上报"})
    [told] = socket.hear()
    assert told["notice"]["text"] == "上报"
    as_(MEMBER).put(f"{path}/notice", {"text": "x"}, status=403)
    for body in ({"welcome": "x"}, {"joinable": True}):
        assert as_(CITY).patch(path, body, status=409)["code"] == "not_a_group"
    assert as_(CITY).get(f"{path}/life", status=409)["code"] == "not_a_group"
    assert as_(CITY).get(f"{path}/join-requests", status=409)["code"] == "not_a_group"
    assert as_(CITY).delete(path, status=409)["code"] == "not_a_group"


@pytest.fixture
def code(as_: SignedIn) -> Callable[[dict[str, Any]], str]:
    """Open a group to those who ask; its code."""

    def open_(made: dict[str, Any]) -> str:
        path = f"/conversations/{made['id']}"
        as_(OWNER).patch(path, {"joinable": True})
        found: str = as_(OWNER).get(f"{path}/life")["join_code"]
        return found

    return open_


def test_who_has_the_code_asks_and_comes_in_when_approved(
    as_: SignedIn, group: MakeGroup, code: Callable[[dict[str, Any]], str], listening: Listening
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "以前的话")
    path, key = f"/conversations/{made['id']}", code(made)
    owner, asker, member = listening(OWNER), listening(OUTSIDER), listening(MEMBER)
    card = {"id": made["id"], "name": "石塘防汛群", "members": 2, "joined": False}
    assert as_(OUTSIDER).get(f"/groups/{key}") == {**card, "requested": False}
    asked = as_(OUTSIDER).post(f"/groups/{key}/requests", {"text": "我是苍南的"})
    assert (asked["state"], asked["official"]["name"]) == ("open", "王苍南")
    assert as_(OUTSIDER).post(f"/groups/{key}/requests", {"text": "再问"}, status=200) == asked
    assert as_(OUTSIDER).get(f"/groups/{key}")["requested"] is True
    assert as_(OWNER).get(f"{path}/join-requests")["items"] == [asked]
    assert as_(OWNER).get(f"{path}/life")["open_requests"] == 1
    assert owner.types() == asker.types() == ["join_request.updated"]
    assert member.types() == []
    as_(OUTSIDER).get(path, status=404)
    decision = f"{path}/join-requests/{asked['id']}/decision"
    as_(MEMBER).post(decision, {"approve": True}, status=403)
    decided = as_(OWNER).post(decision, {"approve": True}, status=200)
    assert (decided["state"], decided["decided_by"]["name"]) == ("approved", "王温岭")
    assert as_(OWNER).post(decision, {"approve": False}, status=409)["code"] == "request_decided"
    assert as_(OUTSIDER).get(path)["members"] == 3
    assert notices(as_, OUTSIDER, made) == [("joined", "王温岭", ["王苍南"])]
    assert "以前的话" not in str(as_(OUTSIDER).get(f"{path}/messages"))
    again = as_(OUTSIDER).post(f"/groups/{key}/requests", status=409)
    assert again["code"] == "already_member"
    assert as_(OUTSIDER).get(f"/groups/{key}")["joined"] is True


def test_who_is_declined_may_ask_again(
    as_: SignedIn, group: MakeGroup, code: Callable[[dict[str, Any]], str]
) -> None:
    made = group(MEMBER)
    path, key = f"/conversations/{made['id']}", code(made)
    asked = as_(OUTSIDER).post(f"/groups/{key}/requests")
    decision = f"{path}/join-requests/{asked['id']}/decision"
    as_(OWNER).post(decision, {"approve": False}, status=200)
    as_(OUTSIDER).get(path, status=404)
    [declined] = as_(OWNER).get(f"{path}/join-requests", state="declined")["items"]
    assert declined["id"] == asked["id"]
    assert as_(OUTSIDER).post(f"/groups/{key}/requests")["id"] != asked["id"]
    # One of them is decided; somebody out of office is not taken in.
    with transaction() as session:
        found = session.get_one(Official, int(asked["official"]["id"]))
        found.status = "left"
    [waiting] = as_(OWNER).get(f"{path}/join-requests")["items"]
    path = f"{path}/join-requests/{waiting['id']}/decision"
    as_(OWNER).post(path, {"approve": True}, status=422)
    as_(OWNER).post(path, {"approve": False}, status=200)


def test_a_group_that_is_not_open_is_not_found(
    as_: SignedIn, group: MakeGroup, code: Callable[[dict[str, Any]], str]
) -> None:
    made, other = group(MEMBER), group(MEMBER)
    key = code(made)
    path = f"/conversations/{made['id']}"
    assert as_(MEMBER).get(f"{path}/life")["join_code"] is None
    for wrong in ("x", "None", made["id"], key.upper() + "x"):
        as_(OUTSIDER).get(f"/groups/{wrong}", status=404)
        as_(OUTSIDER).post(f"/groups/{wrong}/requests", status=404)
    asked = as_(OUTSIDER).post(f"/groups/{key}/requests")
    elsewhere = f"/conversations/{other['id']}/join-requests/{asked['id']}/decision"
    as_(OWNER).post(elsewhere, {"approve": True}, status=404)
    as_(OWNER).patch(path, {"joinable": False})
    as_(OUTSIDER).get(f"/groups/{key}", status=404)
    assert code(made) != key


def test_its_owner_dissolves_a_group_and_it_is_recorded(
    as_: SignedIn,
    group: MakeGroup,
    code: Callable[[dict[str, Any]], str],
    listening: Listening,
    session: Session,
) -> None:
    made = group(MEMBER, client_id="g")
    path, key = f"/conversations/{made['id']}", code(made)
    cursor = as_(MEMBER).get("/sync")["cursor"]
    as_(MEMBER).delete(path, status=403)
    sockets = [listening(who) for who in (OWNER, MEMBER)]
    as_(OWNER).delete(path)
    assert [socket.types() for socket in sockets] == [["conversation.removed"]] * 2
    for who in (OWNER, MEMBER):
        as_(who).get(path, status=404)
        as_(who).post(f"{path}/messages", {"text": "x"}, status=404)
        assert as_(who).get("/conversations")["items"] == []
    as_(OUTSIDER).get(f"/groups/{key}", status=404)
    assert as_(MEMBER).get("/sync", cursor=cursor)["left"] == [made["id"]]
    done = select(AuditEntry).filter_by(action="group.dissolve", outcome="done")
    [entry] = session.scalars(done)
    assert (entry.object_id, entry.detail["members"]) == (made["id"], 2)


def test_a_group_ends_with_its_last_member(
    as_: SignedIn, group: MakeGroup, code: Callable[[dict[str, Any]], str]
) -> None:
    made = group(client_id="g")
    key = code(made)
    as_(OUTSIDER).get(f"/groups/{key}")
    me = as_(OWNER).get("/me")["official"]["id"]
    as_(OWNER).delete(f"/conversations/{made['id']}/members/{me}")
    # Nobody is left who could let anybody in.
    as_(OUTSIDER).get(f"/groups/{key}", status=404)


def test_handing_over_is_recorded(
    as_: SignedIn, group: MakeGroup, official_id: OfficialId, session: Session
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/members/{official_id(MEMBER)}"
    as_(OWNER).patch(path, {"role": "owner"})
    [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "group.hand_over"))
    assert (entry.object_id, entry.detail) == (
        made["id"],
        {"official_id": int(official_id(MEMBER))},
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/notice", {}),
        ("PUT", "/notice", {"text": None}),
        ("PUT", "/notice", {"text": "x" * 2001}),
        ("PATCH", "", {"welcome": "x" * 501}),
        ("PATCH", "", {"welcome": None}),
        ("PATCH", "", {"joinable": 1}),
        ("GET", "/join-requests?state=x", None),
        ("GET", "/join-requests?cursor=x", None),
        ("GET", "/notice/versions?cursor=x", None),
        ("POST", "/join-requests/1/decision", {}),
        ("POST", "/join-requests/1/decision", {"approve": "yes"}),
    ],
)
def test_bad_input(as_: SignedIn, group: MakeGroup, method: str, path: str, body: Any) -> None:
    made = group(MEMBER)
    address = f"/conversations/{made['id']}{path}"
    assert as_(OWNER).request(method, address, json=body).status_code == 422
