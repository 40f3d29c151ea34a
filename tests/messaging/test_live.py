"""Who is typing and who is online: told while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import redis
from flask import Flask

from tests.conftest import Listening, SignedIn
from tests.databases import redis_prefix, redis_url
from tests.messaging.conftest import (
    CITY,
    MEMBER,
    OTHER_MEMBER,
    OUTSIDER,
    OWNER,
    MakeGroup,
)
from zzd.messaging import live
from zzd.realtime import presence as presence_module
from zzd.realtime.outbox import Event
from zzd.realtime.presence import InRedis, NoOther, Presence

OfficialId = Callable[[str], str]


@pytest.fixture(autouse=True)
def nobody_typed(app: Flask) -> None:
    """Ids begin anew with each test; what was told in the one before does not count."""
    told = app.extensions["zzd.typing"]
    told._told.clear()
    told._large.clear()


def test_the_others_of_a_group_hear_who_types(
    group: MakeGroup, listening: Listening, official_id: OfficialId
) -> None:
    made = group(MEMBER)
    writer, reader, outside = listening(MEMBER), listening(OWNER), listening(OUTSIDER)
    data = {"conversation_id": made["id"]}
    assert writer.send("typing", data) == {"ok": True, "passed": True}
    official = {"id": official_id(MEMBER), "name": "陈石塘"}
    assert reader.hear("typing") == [{**data, "official": official}]
    assert outside.send("typing", data)["status"] == 404
    assert outside.hear() == []


def test_of_two_only_the_other_hears(
    as_: SignedIn, listening: Listening, official_id: OfficialId
) -> None:
    body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    made = as_(OWNER).post("/conversations", body)
    writer, reader = listening(OWNER), listening(MEMBER)
    writer.send("typing", {"conversation_id": made["id"]})
    assert (writer.types(), reader.types()) == ([], ["typing"])


def test_it_is_told_once_in_three_seconds(
    group: MakeGroup, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = group(MEMBER), group(MEMBER)
    writer, reader = listening(MEMBER), listening(OWNER)
    seconds = 1000.0
    monkeypatch.setattr(live.time, "monotonic", lambda: seconds)

    def passed(conversation: dict[str, Any]) -> bool:
        answer = writer.send("typing", {"conversation_id": conversation["id"]})
        return bool(answer["passed"])

    assert [passed(made), passed(made), passed(other)] == [True, False, True]
    seconds += 3
    assert passed(made)
    assert reader.types() == ["typing"] * 3


def test_nobody_is_told_in_announcements_and_large_conversations(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    listening: Listening,
    crowd: Callable[[int], list[str]],
) -> None:
    large = group(MEMBER)
    body = {"official_ids": crowd(199)}
    as_(OWNER).post(f"/conversations/{large['id']}/members", body, status=200)
    writer, reader = listening(MEMBER), listening(OWNER)
    for made in (
        large,
        addressed("org_group", "3310"),
        addressed("announcement", "331081", by=OWNER),
    ):
        answer = writer.send("typing", {"conversation_id": made["id"]})
        assert answer == {"ok": True, "passed": False}
    assert "typing" not in reader.types()
    small = addressed("org_group", "3310", line="flood_control", role="duty_officer")
    other = listening(OTHER_MEMBER)
    assert writer.send("typing", {"conversation_id": small["id"]})["passed"]
    assert other.types() == ["typing"]


@pytest.mark.parametrize("data", [None, {}, {"conversation_id": 1}, {"conversation_id": "x"}])
def test_bad_signs_of_typing(listening: Listening, data: Any) -> None:
    assert listening(MEMBER).send("typing", data)["code"] == "invalid"


@pytest.fixture
def presence(app: Flask) -> Presence:
    """This process's, as at its start."""
    found: Presence = app.extensions["zzd.presence"]
    found._known = set()
    return found


def test_those_who_watch_hear_who_comes_and_goes(
    listening: Listening, official_id: OfficialId, presence: Presence
) -> None:
    watcher, other = listening(OWNER), listening(CITY)
    ids = [official_id(MEMBER), official_id(OTHER_MEMBER), official_id(CITY)]
    answer = watcher.send("presence.watch", {"official_ids": ids})
    assert [each["online"] for each in answer["items"]] == [False, False, True]
    presence.look()
    assert watcher.hear("presence.updated") == [{"official_id": ids[2], "online": True}]
    first, second = listening(MEMBER), listening(MEMBER)
    presence.look()
    assert watcher.hear() == [{"official_id": ids[0], "online": True}]
    first.close()
    presence.look()
    assert watcher.hear() == []
    second.close()
    presence.look()
    assert watcher.hear() == [{"official_id": ids[0], "online": False}]
    assert other.hear() == []


def test_watching_others_ends_watching_those_before(
    listening: Listening, official_id: OfficialId, presence: Presence
) -> None:
    watcher = listening(OWNER)
    for who in (MEMBER, OTHER_MEMBER):
        watcher.send("presence.watch", {"official_ids": [official_id(who)]})
    listening(MEMBER), listening(OTHER_MEMBER)
    presence.look()
    heard = watcher.hear("presence.updated")
    assert [each["official_id"] for each in heard] == [official_id(OTHER_MEMBER)]
    assert watcher.send("presence.watch", {"official_ids": []})["items"] == []


@pytest.mark.parametrize(
    "ids", [None, "1", [1], ["x"], [str(n) for n in range(1, 102)], [str(2**63)]]
)
def test_bad_watches(listening: Listening, ids: Any) -> None:
    answer = listening(MEMBER).send("presence.watch", {"official_ids": ids})
    assert answer["code"] == "invalid"


class Process:
    """One of several processes: who is connected to it, and what it told."""

    def __init__(
        self, told: list[tuple[str, str, bool]], name: str, prefix: str = redis_prefix()
    ) -> None:
        self.here: set[int] = set()
        self.presence = Presence(lambda: self.here, InRedis(redis_url(), prefix))
        self._told, self._name = told, name

    def look(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def push(_type: str, data: dict[str, Any], *, rooms: Any) -> None:
            self._told.append((self._name, data["official_id"], data["online"]))

        monkeypatch.setattr(presence_module.passing, "push", push)
        self.presence.look()


def test_who_is_connected_to_two_processes_is_online_until_both_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    redis.Redis.from_url(redis_url()).delete(f"{redis_prefix()}:presence:7")
    told: list[tuple[str, str, bool]] = []
    one, two = Process(told, "one"), Process(told, "two")
    one.here, two.here = {7}, {7}
    for process in (one, two):
        process.look(monkeypatch)
    assert told == [("one", "7", True)]
    one.here = set()
    one.look(monkeypatch)
    assert one.presence.online([7, 8]) == [True, False]
    assert told == [("one", "7", True)]
    two.here = set()
    two.look(monkeypatch)
    assert told[1:] == [("two", "7", False)]
    assert one.presence.online([7]) == [False]


def test_what_a_dead_process_vouched_for_lapses(monkeypatch: pytest.MonkeyPatch) -> None:
    redis.Redis.from_url(redis_url()).delete(f"{redis_prefix()}:presence:9")
    told: list[tuple[str, str, bool]] = []
    died, lives = Process(told, "died"), Process(told, "lives")
    died.here = {9}
    died.look(monkeypatch)
    assert lives.presence.online([9]) == [True]
    # Officials of another installation are other people, whatever their number.
    elsewhere = Process(told, "elsewhere", f"{redis_prefix()}-other")
    assert elsewhere.presence.online([9]) == [False]
    later = presence_module.time.time() + presence_module.VOUCHED_FOR + 1
    monkeypatch.setattr(presence_module.time, "time", lambda: later)
    assert lives.presence.online([9]) == [False]


def test_without_redis_only_this_process_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """And while it is away what it would tell is told later."""
    here = {5}
    alone = Presence(lambda: here, NoOther())
    assert alone.online([5, 6]) == [True, False]
    away = Presence(lambda: here, InRedis("redis://127.0.0.1:1/0", "zzd"))
    assert away.online([5, 6]) == [True, False]
    away.look()
    assert away._known == set()


def test_a_passing_event_that_cannot_be_published_is_nobodys_failure(
    app: Flask, group: MakeGroup, listening: Listening, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, writer = group(MEMBER), listening(MEMBER)

    def fail(_events: list[Event]) -> None:
        raise ConnectionError("away")

    monkeypatch.setattr(app.extensions["zzd.fanout"], "publish", fail)
    assert writer.send("typing", {"conversation_id": made["id"]})["ok"]
