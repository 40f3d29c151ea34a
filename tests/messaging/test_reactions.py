"""Reactions: one of each kind from a person, counted right whoever reacts at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY, MEMBER, OTHER_MEMBER, OWNER, MakeGroup, say


def test_reactions_are_counted_and_mine_are_marked(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages/1"
    as_(MEMBER).put(f"{path}/reactions/salute")
    as_(OTHER_MEMBER).put(f"{path}/reactions/ok")
    answer = as_(OTHER_MEMBER).put(f"{path}/reactions/salute")
    expected = [
        {"key": "salute", "count": 2, "mine": True},
        {"key": "ok", "count": 1, "mine": True},
    ]
    assert answer == {"reactions": expected}
    assert as_(OTHER_MEMBER).get(path)["reactions"] == expected
    seen = as_(MEMBER).get(f"/conversations/{made['id']}/messages")["items"][0]["reactions"]
    assert [each["mine"] for each in seen] == [True, False]


def test_a_repeat_changes_nothing_and_is_not_told(
    as_: SignedIn, group: MakeGroup, listening: Listening
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    path, socket = f"/conversations/{made['id']}/messages/1/reactions/ok", listening(OWNER)
    first = as_(MEMBER).put(path)
    assert as_(MEMBER).put(path) == first
    gone = as_(MEMBER).delete(path, status=200)
    assert as_(MEMBER).delete(path, status=200) == gone == {"reactions": []}
    assert socket.types() == ["reactions.updated"] * 2


def test_reactions_there_are_not(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages"
    for address in (f"{path}/1/reactions/nothing", f"{path}/9/reactions/ok"):
        as_(MEMBER).put(address, status=404)
        as_(MEMBER).delete(address, status=404)


def test_a_person_gives_a_message_at_most_five(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages/1/reactions"
    for key in ("ok", "heart", "clap", "fire", "rose"):
        as_(MEMBER).put(f"{path}/{key}")
    assert as_(MEMBER).put(f"{path}/eyes", status=409)["code"] == "too_many_reactions"
    as_(MEMBER).put(f"{path}/ok")
    as_(MEMBER).delete(f"{path}/ok", status=200)
    as_(MEMBER).put(f"{path}/eyes")


def test_a_recalled_message_takes_none(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages/1"
    as_(OWNER).post(f"{path}/recall", status=200)
    answer = as_(MEMBER).put(f"{path}/reactions/ok", status=409)
    assert answer["code"] == "message_recalled"


def test_who_reacted_is_listed_in_pages(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages/1/reactions"
    for who, key in ((MEMBER, "ok"), (OTHER_MEMBER, "rose"), (OWNER, "ok"), (MEMBER, "rose")):
        as_(who).put(f"{path}/{key}")
    whole = as_(OWNER).get(path)["items"]
    assert [(each["name"], each["key"]) for each in whole] == [
        ("陈石塘", "ok"),
        ("陈松门", "rose"),
        ("王温岭", "ok"),
        ("陈石塘", "rose"),
    ]
    first = as_(OWNER).get(path, limit=3)
    rest = as_(OWNER).get(path, limit=3, cursor=first["next"])
    assert first["items"] + rest["items"] == whole
    roses = as_(OWNER).get(path, key="rose")["items"]
    assert [each["name"] for each in roses] == ["陈松门", "陈石塘"]
    for query in ({"key": "!"}, {"cursor": "x"}, {"limit": 0}):
        as_(OWNER).get(path, status=422, **query)


def test_of_announcements_only_ones_own_devices_hear_and_who_posts_sees_who(
    as_: SignedIn, addressed: MakeGroup, listening: Listening
) -> None:
    made = addressed("announcement", "3310")
    say(as_(CITY), made, "通知")
    mine, other = listening(MEMBER), listening(OWNER)
    path = f"/conversations/{made['id']}/messages/1/reactions"
    as_(MEMBER).put(f"{path}/received")
    assert mine.types() == ["reactions.updated"]
    assert other.types() == []
    seen = as_(OWNER).get(f"/conversations/{made['id']}/messages")["items"][0]
    assert seen["reactions"] == [{"key": "received", "count": 1, "mine": False}]
    as_(OWNER).get(path, status=403)
    assert len(as_(CITY).get(path)["items"]) == 1


def test_all_at_once_are_counted_right(app: Flask, as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    say(as_(OWNER), made)
    path = f"/conversations/{made['id']}/messages/1/reactions/ok"

    def act(step: int, client: ApiClient) -> int:
        with app.app_context():
            own = ApiClient(app, token=client.token)
            own.request("PUT", path)
            if step % 2:
                own.request("DELETE", path)
            return own.request("PUT", path).status_code

    people = [as_(who) for who in (OWNER, MEMBER, OTHER_MEMBER)] * 4
    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(act, range(12), people)) == {200}
    [seen] = as_(OWNER).get(f"/conversations/{made['id']}/messages/1")["reactions"]
    assert seen["count"] == 3
    assert len(as_(OWNER).get(path.removesuffix("/ok"))["items"]) == 3


@pytest.mark.parametrize("path", ["messages", "pins"])
def test_a_page_of_messages_costs_the_same_whatever_was_added_to_it(
    as_: SignedIn, group: MakeGroup, statements: Callable[[], Any], path: str
) -> None:
    made = group(MEMBER, OTHER_MEMBER)
    address = f"/conversations/{made['id']}"

    def add(seq: int) -> None:
        say(as_(OWNER), made, mentions={"all": True})
        for who in (OWNER, MEMBER, OTHER_MEMBER):
            as_(who).put(f"{address}/messages/{seq}/reactions/ok")
            as_(who).put(f"{address}/messages/{seq}/favourite", status=204)
        as_(OWNER).put(f"{address}/pins/{seq}")

    def cost() -> int:
        with statements() as seen:
            as_(MEMBER).get(f"{address}/{path}")
        return len(seen)

    add(1)
    before = cost()
    for seq in range(2, 12):
        add(seq)
    assert cost() == before
