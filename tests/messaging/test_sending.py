"""Sending, listing, replying, recalling."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn, Statements
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OWNER, MakeGroup, say
from zzd import clock
from zzd.messaging.models import Conversation, Message


def test_a_message_carries_who_said_it_in_which_post(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    sent = say(as_(MEMBER), made, "石塘镇已转移120人", client_id="a-1")
    assert sent["seq"] == 1
    assert sent["client_id"] == "a-1"
    assert sent["sender"]["name"] == "陈石塘"
    assert sent["sender"]["post_title"] == "值班员"
    assert sent["sender"]["unit_name"] == "石塘镇"
    read = as_(OWNER).get(f"/conversations/{made['id']}/messages")
    assert read == {"items": [{**sent, "client_id": None}], "next": None}


def test_a_message_is_where_its_location_says(as_: SignedIn, group: MakeGroup) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    say(client, made)
    path = f"/conversations/{made['id']}/messages"
    response = client.request("POST", path, json={"text": "收到"})
    location = response.headers["Location"].removeprefix("/api/v1")
    assert client.get(location)["id"] == response.get_json()["id"]


def test_a_repeat_returns_the_first_result(as_: SignedIn, group: MakeGroup) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    path, body = f"/conversations/{made['id']}/messages", {"text": "收到", "client_id": "once"}
    first = client.post(path, body)
    say(client, made, "然后")
    assert client.post(path, body, status=200) == first
    seen = client.get(path)["items"]
    assert [message["seq"] for message in seen] == [1, 2]
    # The number that the repeat took was given back.
    assert say(client, made)["seq"] == 3


@pytest.mark.parametrize("change", ["text", "reply", "conversation"])
def test_a_client_id_used_for_something_else_is_a_conflict(
    as_: SignedIn, group: MakeGroup, change: str
) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    say(client, made, client_id="first")
    say(client, made, client_id="once")
    where = group(MEMBER) if change == "conversation" else made
    body: dict[str, Any] = {"text": "收到", "client_id": "once"}
    if change == "text":
        body["text"] = "没收到"
    if change == "reply":
        body["reply_to_seq"] = 1
    answer = client.post(f"/conversations/{where['id']}/messages", body, status=409)
    assert answer["code"] == "idempotency_conflict"
    assert client.get(f"/conversations/{where['id']}")["last_seq"] == where["last_seq"] + 2 * (
        where is made
    )


def test_two_people_may_use_the_same_client_id(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    assert say(as_(MEMBER), made, client_id="x")["seq"] == 1
    assert say(as_(OWNER), made, client_id="x")["seq"] == 2


def test_messages_are_listed_by_ranges_of_seq(as_: SignedIn, group: MakeGroup) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    for number in range(1, 8):
        say(client, made, f"第{number}条")
    path = f"/conversations/{made['id']}/messages"

    def seqs(answer: Any) -> list[int]:
        return [message["seq"] for message in answer["items"]]

    assert seqs(client.get(path)) == [1, 2, 3, 4, 5, 6, 7]
    upwards = client.get(path, after_seq=2, limit=3)
    assert seqs(upwards) == [3, 4, 5]
    rest = client.get(path, cursor=upwards["next"], limit=3)
    assert (seqs(rest), rest["next"]) == ([6, 7], None)
    newest = client.get(path, limit=3)
    assert seqs(newest) == [5, 6, 7]
    older = client.get(path, cursor=newest["next"], limit=3)
    assert seqs(older) == [2, 3, 4]
    assert seqs(client.get(path, cursor=older["next"], limit=3)) == [1]
    assert seqs(client.get(path, before_seq=3)) == [1, 2]
    between = client.get(path, after_seq=1, before_seq=7, limit=2)
    assert seqs(between) == [2, 3]
    assert seqs(client.get(path, cursor=between["next"])) == [4, 5, 6]
    assert seqs(client.get(path, after_seq=7)) == []


def test_a_reply_shows_what_it_replies_to(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "长" * 300)
    reply = say(as_(MEMBER), made, "明白", reply_to_seq=1)
    assert reply["reply_to"] == {
        "seq": 1,
        "sender_name": "王温岭",
        "kind": "text",
        "text": "长" * 200,
    }
    listed = as_(OWNER).get(f"/conversations/{made['id']}/messages")["items"][1]
    assert listed["reply_to"] == reply["reply_to"]


@pytest.mark.parametrize("seq", [0, 2, 99])
def test_only_a_message_that_is_there_can_be_replied_to(
    as_: SignedIn, group: MakeGroup, seq: int
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    body = {"text": "明白", "reply_to_seq": seq}
    answer = as_(MEMBER).post(f"/conversations/{made['id']}/messages", body, status=422)
    assert answer["errors"][0]["pointer"] == "/reply_to_seq"
    assert as_(MEMBER).get(f"/conversations/{made['id']}")["last_seq"] == 1


def test_a_recalled_message_keeps_its_place_and_loses_its_text_everywhere(
    as_: SignedIn, group: MakeGroup
) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    say(client, made, "发错了")
    say(as_(OWNER), made, "什么?", reply_to_seq=1)
    path = f"/conversations/{made['id']}/messages"
    recalled = client.post(f"{path}/1/recall", status=200)
    assert recalled["text"] is None
    assert recalled["recalled_at"]
    for reader in (MEMBER, OWNER):
        answer = as_(reader).get(path)
        assert [message["seq"] for message in answer["items"]] == [1, 2]
        assert "发错了" not in str(answer)
        assert answer["items"][1]["reply_to"]["text"] is None
        assert "发错了" not in str(as_(reader).get("/conversations"))
        assert "发错了" not in str(as_(reader).get("/sync"))
    assert client.post(f"{path}/1/recall", status=200) == recalled


def test_recall_ends_after_two_minutes(as_: SignedIn, group: MakeGroup) -> None:
    made, client = group(MEMBER), as_(MEMBER)
    start = clock.now()
    for _ in range(2):
        with clock.at(start):
            say(client, made)
    path = f"/conversations/{made['id']}/messages"
    with clock.at(start + timedelta(minutes=2)):
        client.post(f"{path}/1/recall", status=200)
    with clock.at(start + timedelta(minutes=2, microseconds=1)):
        answer = client.post(f"{path}/2/recall", status=409)
        assert answer["code"] == "recall_window_passed"
        # Whoever repeats a recall that was in time is told that it holds.
        client.post(f"{path}/1/recall", status=200)


def test_of_members_only_its_sender_recalls_a_message(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    say(as_(MEMBER), made)
    path = f"/conversations/{made['id']}/messages/1/recall"
    assert as_(OTHER_MEMBER).post(path, status=403)["code"] == "not_permitted"
    assert as_(MEMBER).get(f"/conversations/{made['id']}/messages")["items"][0]["text"] == "收到"


@pytest.mark.parametrize(("members", "reply"), [(5, 0), (500, 0), (500, 1)])
def test_a_message_costs_at_most_four_statements_whatever_the_size(
    as_: SignedIn,
    group: MakeGroup,
    crowd: Callable[[int], list[str]],
    statements: Statements,
    engine_kind: str,
    members: int,
    reply: int,
) -> None:
    """From the request to the commit, recognising the sender included: the number and the
    sender's cursor (one statement where the database can), the message with what it replies to,
    the event. A caller of more than three seconds ago costs one more."""
    made = group(MEMBER, OTHER_MEMBER)
    as_(OWNER).post(
        f"/conversations/{made['id']}/members",
        {"official_ids": crowd(members)},
        status=200,
    )
    say(as_(MEMBER), made)
    more = {"reply_to_seq": 1} if reply else {}
    cost = 3 if engine_kind == "postgresql" else 4
    with statements() as seen:
        say(as_(MEMBER), made, **more)
        assert len(seen) == cost + 1, seen
        seen.clear()
        say(as_(MEMBER), made, **more)
    assert len(seen) == cost, seen


def test_sent_events_are_deleted_together(
    app: Flask, as_: SignedIn, group: MakeGroup, statements: Statements
) -> None:
    made = group(MEMBER)
    # What tests before this one published.
    app.extensions["zzd.published"].flush()
    for _ in range(5):
        say(as_(MEMBER), made)
    with statements() as seen:
        app.extensions["zzd.published"].flush()
    assert len(seen) == 1
    assert "DELETE FROM outbox" in seen[0]


def test_a_failed_send_leaves_no_gap(as_: SignedIn, group: MakeGroup, session: Session) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/messages"
    say(as_(MEMBER), made, client_id="a")
    for body in ({"text": "x", "reply_to_seq": 9}, {"text": "y", "client_id": "a"}, {"text": ""}):
        assert as_(MEMBER).request("POST", path, json=body).status_code in (409, 422)
    as_("330327.leader").post(path, {"text": "x"}, status=404)
    say(as_(MEMBER), made)
    assert session.scalar(select(Conversation.last_seq)) == 2
    assert session.scalar(select(func.count()).select_from(Message)) == 2
