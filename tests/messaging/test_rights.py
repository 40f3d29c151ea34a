"""What another county may see of a conversation: nothing, by any door, and it is audited."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.client import PREFIX, ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY, MEMBER, OUTSIDER, OWNER, MakeGroup, say
from zzd.audit.models import AuditEntry
from zzd.db import reading

BODIES: dict[str, Any] = {
    "rename_conversation": {"name": "x"},
    "add_members": {"official_ids": ["1"]},
    "change_member_role": {"role": "admin"},
    "send_message": {"text": "x"},
    "write_comment": {"text": "x"},
    "put_read_cursor": {"seq": 0},
    "edit_message": {"text": "x"},
    "forward_messages": {"conversation_id": "1", "seqs": [1]},
    "put_draft": {"text": "x"},
    "put_notice": {"text": "x"},
    "decide_join_request": {"approve": True},
    "schedule_message": {"text": "x", "at": "2100-01-01T00:00:00+08:00"},
    "add_bot": {"name": "x"},
    "rotate_secret": {"replaces": 1},
    "press_card_button": {"button_id": "x"},
    "invoke_command": {"miniapp_id": "1", "name": "add"},
}
# Not even ajar for officials: tests/messaging/cards has what apps see of other conversations.
FOR_APPS = {"send_card", "get_card", "replace_card", "say_as_app"}


def doors(app: Flask) -> Iterator[tuple[str, str, str]]:
    """Every route that leads into a conversation: endpoint, method, address."""
    for rule in app.url_map.iter_rules():
        if "<id:conversation_id>" in rule.rule:
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                yield rule.endpoint.split(".")[-1], method, rule.rule.removeprefix(PREFIX)


def denials() -> list[tuple[str, str | None, str | None]]:
    with reading() as session:
        query = select(AuditEntry).where(AuditEntry.outcome == "denied").order_by(AuditEntry.id)
        return [(e.action, e.object_kind, e.object_id) for e in session.scalars(query)]


def knock(client: ApiClient, conversation_id: str, door: tuple[str, str, str]) -> Any:
    name, method, address = door
    path = address.replace("<id:conversation_id>", conversation_id).replace("<string:key>", "ok")
    path = re.sub("<id:[a-z_]+>", "1", path)
    return client.request(method, path, json=BODIES.get(name, {}) if method != "GET" else None)


@pytest.mark.parametrize("kind", ["direct", "group", "org_group", "announcement"])
def test_another_countys_conversation_does_not_exist(
    app: Flask,
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    official_id: Callable[[str], str],
    listening: Listening,
    kind: str,
) -> None:
    if kind == "direct":
        body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
        made = as_(OWNER).post("/conversations", body)
    else:
        made = group(MEMBER) if kind == "group" else addressed(kind, "331081", by=CITY)
    speaker = as_(CITY if kind in ("org_group", "announcement") else OWNER)
    say(speaker, made)
    outsider = as_(OUTSIDER)
    found = [door for door in doors(app) if door[0] not in FOR_APPS]
    assert len(found) == 53
    for door in found:
        absent = knock(outsider, "999999", door)
        before = denials()
        answer = knock(outsider, made["id"], door)
        assert answer.status_code == 404, door
        same = {**answer.get_json(), "instance": None}
        assert same == {**absent.get_json(), "instance": None}, door
        assert len(denials()) == len(before) + 1, door
        assert denials()[-1][1:] == ("conversation", made["id"]), door
    socket = listening(OUTSIDER)
    before = denials()
    answer = socket.send("read", {"conversation_id": made["id"], "seq": 1})
    assert (answer["status"], answer["code"]) == (404, "not_found")
    assert denials()[len(before) :] == [("conversation.read", "conversation", made["id"])]
    assert as_(OUTSIDER).get("/conversations")["items"] == []
    assert as_(OUTSIDER).get("/sync")["conversations"] == []
    assert speaker.get(f"/conversations/{made['id']}")["last_seq"] == 1


def test_what_is_absent_is_nobodys_denial(as_: SignedIn) -> None:
    as_(OUTSIDER).get("/conversations/999999", status=404)
    assert denials() == []


def test_nobody_comes_in_unsigned(app: Flask, anonymous: ApiClient) -> None:
    for door in doors(app):
        assert knock(anonymous, "1", door).status_code == 401, door
    for path in ("/conversations", "/sync"):
        anonymous.get(path, status=401)


def test_accounts_without_an_official_do_not_converse(as_: SignedIn) -> None:
    for path in ("/conversations", "/sync"):
        assert as_("system_admin").get(path, status=403)["code"] == "not_permitted"


def test_acts_that_a_member_may_not_do_are_audited(
    as_: SignedIn, group: MakeGroup, official_id: Callable[[str], str]
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    say(as_(OWNER), made)
    member = as_(MEMBER)
    member.patch(path, {"name": "x"}, status=403)
    member.post(f"{path}/members", {"official_ids": [official_id(OUTSIDER)]}, status=403)
    member.delete(f"{path}/members/{official_id(OWNER)}", status=403)
    member.patch(f"{path}/members/{official_id(OWNER)}", {"role": "member"}, status=403)
    member.post(f"{path}/messages/1/recall", status=403)
    assert [action for action, _kind, _id in denials()] == [
        "conversation.rename",
        "member.add",
        "member.remove",
        "member.role",
        "message.recall",
    ]
