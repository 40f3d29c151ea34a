"""Comments under announcements: switched by channel, numbered, removed, told to who looks."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn, Statements
from tests.messaging.conftest import CITY, OUTSIDER, OWNER, PROVINCE, MakeGroup, say
from tests.messaging.dings.conftest import DUTY, LEADER
from tests.messaging.replica import Channel


@pytest.fixture
def channel(addressed: MakeGroup, as_: SignedIn) -> dict[str, Any]:
    """Announcements of the city to 石塘镇, which take comments; one is there."""
    made = addressed("announcement", "331081100")
    assert made["comments"] is False
    allow(as_(CITY), made)
    say(as_(CITY), made, "今晚八点前转移完毕")
    return made


def allow(client: ApiClient, channel: dict[str, Any], on: bool = True, status: int = 200) -> Any:
    return client.patch(f"/conversations/{channel['id']}", {"comments": on}, status=status)


def under(channel: dict[str, Any], more: str = "") -> str:
    return f"/conversations/{channel['id']}/messages/1/comments{more}"


def comment(client: ApiClient, channel: dict[str, Any], text: str = "收到", **expect: Any) -> Any:
    body = {"text": text, "client_id": expect.pop("client_id", uuid.uuid4().hex)}
    return client.post(under(channel), body, **{"status": 201, **expect})


def count(client: ApiClient, channel: dict[str, Any]) -> int:
    listed = client.get(f"/conversations/{channel['id']}/messages")["items"]
    return int(listed[0]["comments"])


def test_readers_comment_while_the_channel_lets_them(
    channel: dict[str, Any], as_: SignedIn
) -> None:
    first = comment(as_(DUTY), channel, client_id="a")
    assert (first["no"], first["text"], first["client_id"]) == (1, "收到", "a")
    assert comment(as_(DUTY), channel, client_id="a", status=200) == first
    comment(as_(DUTY), channel, "未收到", client_id="a", status=409)
    assert comment(as_(LEADER), channel, "石塘已转移126人")["no"] == 2
    allow(as_(CITY), channel, on=False)
    assert comment(as_(DUTY), channel, "再报", status=409)["code"] == "comments_off"
    # A repeat of what was written before is no new word, and what was said stays to be read.
    assert comment(as_(DUTY), channel, client_id="a", status=200) == first
    page = as_(LEADER).get(under(channel), limit="1")
    assert [each["no"] for each in page["items"]] == [2]
    page = as_(LEADER).get(under(channel), limit="1", cursor=page["next"])
    assert ([each["text"] for each in page["items"]], page["next"]) == (["收到"], None)
    assert page["items"][0]["client_id"] is None
    assert count(as_(DUTY), channel) == 2
    # Nobody has anything unread by it.
    assert as_(DUTY).get(f"/conversations/{channel['id']}")["unread"] == 1


def test_only_announcements_take_comments_and_only_who_manages_them_decides(
    channel: dict[str, Any], as_: SignedIn, group: MakeGroup
) -> None:
    allow(as_(DUTY), channel, status=403)
    chat = group(DUTY)
    say(as_(OWNER), chat, "群里")
    assert allow(as_(OWNER), chat, status=409)["code"] == "not_an_announcement"
    assert comment(as_(DUTY), chat, status=409)["code"] == "not_an_announcement"
    as_(OUTSIDER).get(under(channel), status=404)
    comment(as_(OUTSIDER), channel, status=404)
    as_(OUTSIDER).delete(under(channel, "/1"), status=404)
    as_(CITY).post(f"/conversations/{channel['id']}/messages/1/recall", status=200)
    assert comment(as_(DUTY), channel, status=409)["code"] == "message_recalled"


def test_what_was_said_under_a_recalled_announcement_goes_with_it(
    channel: dict[str, Any], as_: SignedIn
) -> None:
    comment(as_(DUTY), channel, "今晚八点前转移完毕,收到")
    as_(CITY).post(f"/conversations/{channel['id']}/messages/1/recall", status=200)
    for reader in (DUTY, LEADER, CITY):
        assert as_(reader).get(under(channel)) == {"items": [], "next": None}
        assert count(as_(reader), channel) == 0


def test_its_writer_and_who_manages_the_channel_remove_a_comment(
    channel: dict[str, Any], as_: SignedIn
) -> None:
    for text in ("一", "二", "三"):
        comment(as_(DUTY), channel, text)
    as_(LEADER).delete(under(channel, "/1"), status=403)
    as_(LEADER).delete(under(channel, "/9"), status=404)
    as_(DUTY).delete(under(channel, "/1"), status=204)
    as_(CITY).delete(under(channel, "/2"), status=204)
    as_(CITY).delete(under(channel, "/2"), status=204)
    left = as_(LEADER).get(under(channel))["items"]
    assert [each["text"] for each in left] == ["三", None, None]
    assert left[1]["removed_by"] is not None
    assert [each["may_remove"] for each in left] == [False] * 3
    assert [each["may_remove"] for each in as_(CITY).get(under(channel))["items"]] == [True] * 3
    assert count(as_(LEADER), channel) == 1
    # The number of a removed one is not given again.
    assert comment(as_(DUTY), channel, "四")["no"] == 4


def test_comments_are_told_to_who_looks_and_change_what_is_shown(
    channel: dict[str, Any], as_: SignedIn, listening: Listening
) -> None:
    author, looking, elsewhere = listening(CITY), listening(LEADER), listening(PROVINCE)
    outside = listening(OUTSIDER)
    which = {"conversation_id": channel["id"], "seq": 1}
    replica = Channel(as_(LEADER), looking, channel["id"], as_(LEADER).get("/me")["official"]["id"])
    assert looking.send("comments.watch", which) == {"ok": True}
    assert outside.send("comments.watch", which)["status"] == 404
    comment(as_(DUTY), channel)
    as_(DUTY).delete(under(channel, "/1"), status=204)
    comment(as_(DUTY), channel, "二")
    assert replica.follow() == replica.fetch()
    told = [event for event in looking.events if event["type"].startswith("comment.")]
    assert [event["type"] for event in told] == [
        "comment.created",
        "comment.removed",
        "comment.created",
    ]
    assert [event["data"]["comments"] for event in told] == [1, 0, 1]
    assert told[1]["data"]["comment"]["text"] is None
    assert "client_id" not in told[0]["data"]["comment"]
    assert len(author.hear("comment.created")) == 2
    looking.send("comments.unwatch", which)
    comment(as_(DUTY), channel, "三")
    assert looking.hear("comment.created") == []
    assert elsewhere.hear("comment.created") == outside.hear("comment.created") == []


def test_a_comment_costs_the_same_under_many(
    channel: dict[str, Any], as_: SignedIn, statements: Statements
) -> None:
    comment(as_(DUTY), channel, "0")
    with statements() as first:
        comment(as_(DUTY), channel, "1")
    for number in range(2, 12):
        comment(as_(DUTY), channel, str(number))
    with statements() as later:
        comment(as_(DUTY), channel, "12")
    assert len(first) == len(later) <= 9
    with statements() as listing:
        as_(DUTY).get(under(channel))
    assert len(listing) <= 5
