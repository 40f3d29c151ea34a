"""Announcements that are to be confirmed: asked for, tapped once, counted by unit, told live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import CITY, OUTSIDER, OWNER, PROVINCE, MakeGroup, say
from tests.messaging.dings.conftest import BELOW_TOWN, DUTY, LEADER
from tests.messaging.replica import Channel
from zzd import clock
from zzd.messaging.confirmations import steps
from zzd.messaging.dings import counting, measuring
from zzd.messaging.dings.rules import PROGRESS_EVERY
from zzd.orgtree import tallies

NUMBERS = ("addressed", "confirmed", "read", "unread")
VILLAGE = "331081100201.leader"


@pytest.fixture
def channel(addressed: MakeGroup) -> dict[str, Any]:
    """Announcements of the city to 石塘镇."""
    return addressed("announcement", "331081100")


def at(channel: dict[str, Any], seq: int = 1, more: str = "") -> str:
    return f"/conversations/{channel['id']}/messages/{seq}{more}"


def ask(client: ApiClient, channel: dict[str, Any], *, status: int = 201, **more: Any) -> Any:
    body = {"text": "今晚八点前转移完毕，请确认", "confirm": True, **more}
    return client.post(f"/conversations/{channel['id']}/messages", body, status=status)


def confirm(client: ApiClient, channel: dict[str, Any], seq: int = 1, **expect: Any) -> Any:
    expect.setdefault("status", 200)
    return client.post(at(channel, seq, "/confirmation"), {}, **expect)


def numbers(row: dict[str, Any] | None) -> dict[str, int]:
    return {name: row[name] if row else 0 for name in NUMBERS}


def everybody(client: ApiClient, channel: dict[str, Any], **query: str) -> list[dict[str, Any]]:
    """All pages, two at a time."""
    found: list[dict[str, Any]] = []
    while True:
        page = client.get(at(channel, 1, "/confirmations/officials"), limit="2", **query)
        found += page["items"]
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def test_readers_are_asked_and_each_confirms_once(channel: dict[str, Any], as_: SignedIn) -> None:
    sent = ask(as_(CITY), channel, client_id="a")
    assert sent["confirm"] == {"confirmed_at": None}
    assert ask(as_(CITY), channel, client_id="a", status=200) == sent
    ask(as_(CITY), channel, client_id="a", confirm=False, status=409)
    say(as_(CITY), channel, "无需确认")
    assert as_(DUTY).get(at(channel))["confirm"] == {"confirmed_at": None}
    assert as_(DUTY).get(at(channel, 2))["confirm"] is None
    first = confirm(as_(DUTY), channel)
    assert first["confirmed_at"] is not None
    assert confirm(as_(DUTY), channel) == first
    listed = as_(DUTY).get(f"/conversations/{channel['id']}/messages")["items"]
    assert [message["confirm"] for message in listed] == [first, None]
    # What somebody else confirmed is not mine.
    assert as_(LEADER).get(at(channel))["confirm"] == {"confirmed_at": None}
    # To confirm one is not to have read others, nor to have read it on this device.
    assert as_(DUTY).get(f"/conversations/{channel['id']}")["unread"] == 2


def test_what_cannot_be_confirmed_is_refused_by_name(
    channel: dict[str, Any], as_: SignedIn, group: MakeGroup, addressed: MakeGroup
) -> None:
    ask(as_(CITY), channel)
    say(as_(CITY), channel, "通知")
    assert confirm(as_(DUTY), channel, 2, status=409)["code"] == "confirmation_not_asked"
    confirm(as_(DUTY), channel, 9, status=404)
    confirm(as_(OUTSIDER), channel, status=404)
    assert confirm(as_(CITY), channel, status=403)["code"] == "not_permitted"
    as_(CITY).post(at(channel, 1, "/recall"), status=200)
    assert confirm(as_(DUTY), channel, status=409)["code"] == "message_recalled"
    assert as_(DUTY).get(at(channel))["confirm"] is None
    for made, who in (
        (group(DUTY), OWNER),
        (addressed("org_group", "331081100"), DUTY),
    ):
        problem = ask(as_(who), made, status=422)
        assert problem["errors"][0]["pointer"] == "/confirm"
        # It took no number.
        assert as_(who).get(f"/conversations/{made['id']}")["last_seq"] == made["last_seq"]
    problem = ask(as_(CITY), channel, confirm="on", status=422)
    assert problem["errors"][0]["pointer"] == "/confirm"


def test_counts_by_unit_lead_down_to_who_has_not(
    channel: dict[str, Any], as_: SignedIn, unit_id: Callable[[str], str]
) -> None:
    ask(as_(CITY), channel)
    confirm(as_(VILLAGE), channel)
    confirm(as_(DUTY), channel)
    for reader in (LEADER, VILLAGE):
        as_(reader).put(f"/conversations/{channel['id']}/read", {"seq": 1})
    path = at(channel, 1, "/confirmations")
    top = as_(CITY).get(path)
    assert (top["unit"]["code"], top["counting"]) == ("331081100", False)
    assert numbers(top["total"]) == {"addressed": 6, "confirmed": 2, "read": 1, "unread": 3}
    assert numbers(top["own"]) == {"addressed": 2, "confirmed": 1, "read": 1, "unread": 0}
    village = as_(CITY).get(path, unit_id=top["rows"][0]["unit"]["id"])
    assert numbers(village["total"]) == numbers(top["rows"][0])
    assert numbers(village["own"]) == {"addressed": 2, "confirmed": 1, "read": 0, "unread": 1}
    # Whoever manages the channel sees it too; its readers do not.
    assert as_(PROVINCE).get(path)["total"] == top["total"]
    for door in (path, f"{path}/officials"):
        assert as_(DUTY).get(door, status=403)["code"] == "not_permitted"
        as_(OUTSIDER).get(door, status=404)
        as_(CITY).get(door, status=422, unit_id=unit_id("330327"))
    names = {name: as_(name).get("/me")["official"]["id"] for name in BELOW_TOWN}

    def listed(**query: str) -> set[str]:
        ids = [row["id"] for row in everybody(as_(CITY), channel, **query)]
        assert len(ids) == len(set(ids))
        return {name for name, id_ in names.items() if id_ in ids}

    assert listed() == BELOW_TOWN - {VILLAGE, DUTY}
    assert listed(state="confirmed") == {VILLAGE, DUTY}
    assert listed(state="read") == {LEADER}
    assert listed(state="unread") == BELOW_TOWN - {VILLAGE, DUTY, LEADER}
    assert listed(state="any") == BELOW_TOWN
    assert listed(unit_id=village["unit"]["id"], state="confirmed") == {VILLAGE}
    states = {row["id"]: row for row in everybody(as_(CITY), channel, state="any")}
    assert states[names[LEADER]]["state"] == "read"
    assert states[names[DUTY]]["confirmed_at"] is not None
    as_(CITY).get(f"{path}/officials", status=422, state="x")
    say(as_(CITY), channel, "无需确认")
    problem = as_(CITY).get(at(channel, 2, "/confirmations"), status=409)
    assert problem["code"] == "confirmation_not_asked"


def test_the_author_is_not_asked_even_where_the_audience_holds_them(
    addressed: MakeGroup, as_: SignedIn
) -> None:
    channel = addressed("announcement", "3310", levels=[2])
    ask(as_(CITY), channel)
    assert as_(CITY).get(at(channel, 1, "/confirmations"))["total"]["addressed"] == 1
    people = everybody(as_(CITY), channel)
    assert [row["post_title"] for row in people] != []
    assert as_(CITY).get("/me")["official"]["id"] not in [row["id"] for row in people]
    # Who manages it and is not in the audience may tap, but is not counted.
    confirm(as_(PROVINCE), channel)
    assert numbers(as_(CITY).get(at(channel, 1, "/confirmations"))["total"]) == {
        "addressed": 1,
        "confirmed": 0,
        "read": 0,
        "unread": 1,
    }


@pytest.mark.parametrize("at_once", [0, 100])
def test_a_large_audience_is_counted_beside_the_requests(
    channel: dict[str, Any],
    as_: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    statements: Any,
    at_once: int,
) -> None:
    """As in a province: one person is too many to be counted while somebody waits."""
    monkeypatch.setattr(tallies, "SMALL", 0)
    monkeypatch.setattr(counting, "FEW_ANSWERS", 0)
    monkeypatch.setattr(counting, "ANSWERS_AT_ONCE", at_once)
    monkeypatch.setattr(tallies, "AT_ONCE", 2)
    # However long counting takes here, it is done again after the same time.
    monkeypatch.setattr(measuring, "REST_AFTER_COUNTING", 0)
    ask(as_(CITY), channel)
    path = at(channel, 1, "/confirmations")
    shown = as_(CITY).get(path)
    assert (shown["counting"], shown["total"]) == (True, None)
    steps.tell_progress()
    assert numbers(as_(CITY).get(path)["total"])["unread"] == 6
    confirm(as_(DUTY), channel)
    as_(VILLAGE).put(f"/conversations/{channel['id']}/read", {"seq": 1})
    with clock.at(clock.now() + PROGRESS_EVERY):
        steps.tell_progress()
    with statements() as seen:
        shown = as_(CITY).get(path)
    assert not [each for each in seen if "sum(" in each]
    assert numbers(shown["total"]) == {"addressed": 6, "confirmed": 1, "read": 1, "unread": 4}
    assert numbers(shown["own"]) == {"addressed": 2, "confirmed": 1, "read": 0, "unread": 1}
    assert numbers(shown["rows"][0]) == {"addressed": 4, "confirmed": 0, "read": 1, "unread": 3}


def test_a_rollup_costs_the_same_however_many_there_are(
    channel: dict[str, Any],
    as_: SignedIn,
    crowd: Callable[[int], list[str]],
    statements: Callable[[], Any],
) -> None:
    ask(as_(CITY), channel)
    counts = []
    for size in (0, 300):
        crowd(size)
        for door in ("confirmations", "confirmations/officials"):
            with statements() as seen:
                as_(CITY).get(at(channel, 1, f"/{door}"))
            counts.append(len(seen))
    assert counts[2:] == counts[:2]
    assert max(counts) <= 18


def test_the_author_is_told_and_ones_own_devices_too(
    channel: dict[str, Any],
    as_: SignedIn,
    listening: Listening,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(measuring, "REST_AFTER_COUNTING", 0)
    ask(as_(CITY), channel)
    author, mine, other = listening(CITY), listening(DUTY), listening(LEADER)
    steps.tell_progress()
    first = confirm(as_(DUTY), channel)
    confirm(as_(DUTY), channel)
    with clock.at(clock.now() + PROGRESS_EVERY):
        steps.tell_progress()
        steps.tell_progress()
    where = {"conversation_id": channel["id"], "seq": 1}
    for socket in (author, mine, other):
        socket.hear()
    assert [each["data"] for each in mine.events if each["type"] == "confirmation.updated"] == [
        {**where, "confirm": first}
    ]
    told = [each["data"] for each in author.events if each["type"] == "confirmation.progress"]
    assert told == [
        {**where, "addressed": 6, "confirmed": 0, "read": 0, "unread": 6},
        {**where, "addressed": 6, "confirmed": 1, "read": 0, "unread": 5},
    ]
    assert not [each for each in other.events if each["type"].startswith("confirmation")]
    # Nothing new: nobody is told.
    with clock.at(clock.now() + timedelta(minutes=5)):
        steps.tell_progress()
    assert not [each for each in author.hear() if each["type"] == "confirmation.progress"]


def test_a_stale_state_and_its_events_make_the_fresh_state(
    addressed: MakeGroup, as_: SignedIn, listening: Listening, official_id: Callable[[str], str]
) -> None:
    channel = addressed("announcement", "3310")
    ask(as_(CITY), channel)
    ask(as_(CITY), channel)
    replicas = [
        Channel(as_(who), listening(who), channel["id"], official_id(who))
        for who in (CITY, DUTY, DUTY, LEADER)
    ]
    stale = [replica.fetch() for replica in replicas]
    confirm(as_(DUTY), channel)
    confirm(as_(LEADER), channel, 2)
    ask(as_(CITY), channel)
    as_(CITY).post(at(channel, 2, "/recall"), status=200)
    for replica in replicas:
        assert replica.follow() == replica.fetch()
    assert [replica.known for replica in replicas] != stale
    assert "confirmation.updated" in replicas[1].heard


def test_a_device_that_was_away_learns_what_another_confirmed(
    channel: dict[str, Any], as_: SignedIn
) -> None:
    ask(as_(CITY), channel)
    with clock.at(clock.now() + timedelta(minutes=5)):
        cursor = as_(DUTY).get("/sync")["cursor"]
        others = as_(LEADER).get("/sync")["cursor"]
    with clock.at(clock.now() + timedelta(minutes=10)):
        confirm(as_(DUTY), channel)
        changed = as_(DUTY).get("/sync", cursor=cursor)["changed"]
        assert changed == [{"conversation_id": channel["id"], "seq": 1}]
        assert as_(LEADER).get("/sync", cursor=others)["changed"] == []
