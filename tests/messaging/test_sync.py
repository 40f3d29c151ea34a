"""Catching up after an absence."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.client import ApiClient, writing_rows
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
from zzd.identity.models import AccountGrant
from zzd.messaging import sync
from zzd.messaging.sync import OVERLAP
from zzd.orgtree.models import Post

OfficialId = Callable[[str], str]
Later = Callable[[int], AbstractContextManager[None]]


@pytest.fixture
def later() -> Later:
    """``later(2)``: so many hours from now, which is long after every overlap."""
    start = clock.now()
    assert timedelta(hours=1) > 2 * OVERLAP
    return lambda hours: clock.at(start + timedelta(hours=hours))


def ids(answer: Any) -> list[str]:
    return [conversation["id"] for conversation in answer["conversations"]]


def test_the_first_sync_brings_everything(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup
) -> None:
    made = [group(MEMBER), addressed("org_group", "3310")]
    answer = as_(MEMBER).get("/sync")
    assert ids(answer) == [made[1]["id"], made[0]["id"]]
    assert answer["conversations"] == as_(MEMBER).get("/conversations")["items"]
    assert (answer["complete"], answer["left"], answer["changed"], answer["next"]) == (
        True,
        [],
        [],
        None,
    )


def test_what_happened_since_and_nothing_else(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, later: Later, official_id: OfficialId
) -> None:
    quiet, spoken, renamed, read = (group(MEMBER, OTHER_MEMBER) for _ in range(4))
    announced, silent = addressed("announcement", "3310"), addressed("org_group", "331081")
    say(as_(OWNER), read)
    me = as_(MEMBER)
    with later(1):
        cursor = me.get("/sync")["cursor"]
    with later(2):
        assert (ids(me.get("/sync", cursor=cursor))) == []
        say(as_(OWNER), spoken)
        as_(OWNER).patch(f"/conversations/{renamed['id']}", {"name": "新名"})
        me.put(f"/conversations/{read['id']}/read", {"seq": 1})
        say(as_(CITY), announced)
        answer = me.get("/sync", cursor=cursor)
    assert not answer["complete"]
    assert set(ids(answer)) == {spoken["id"], renamed["id"], read["id"], announced["id"]}
    assert {quiet["id"], silent["id"]}.isdisjoint(ids(answer))
    with later(3):
        # What happened just before a sync may be told again by the next one, and then no more.
        again = me.get("/sync", cursor=answer["cursor"])
        assert set(ids(again)) <= set(ids(answer))
        assert ids(me.get("/sync", cursor=again["cursor"])) == []


def test_coming_and_going_is_told(
    as_: SignedIn, group: MakeGroup, later: Later, official_id: OfficialId
) -> None:
    left, removed, returned = (group(MEMBER, OTHER_MEMBER) for _ in range(3))
    me = as_(MEMBER)
    with later(1):
        cursor = me.get("/sync")["cursor"]
    with later(2):
        me.delete(f"/conversations/{left['id']}/members/me")
        for made in (removed, returned):
            as_(OWNER).delete(f"/conversations/{made['id']}/members/{official_id(MEMBER)}")
        as_(OWNER).post(
            f"/conversations/{returned['id']}/members",
            {"official_ids": [official_id(MEMBER)]},
            status=200,
        )
        joined = group(MEMBER)
        answer = me.get("/sync", cursor=cursor)
    assert set(answer["left"]) == {left["id"], removed["id"]}
    assert set(ids(answer)) == {returned["id"], joined["id"]}


def test_recalled_messages_are_told_to_those_who_may_know_them(
    as_: SignedIn, group: MakeGroup, addressed: MakeGroup, later: Later, official_id: OfficialId
) -> None:
    named, reached, foreign = (
        group(MEMBER),
        addressed("org_group", "3310"),
        group(OTHER_MEMBER),
    )
    with later(1):
        for made, speaker in ((named, OWNER), (reached, CITY), (foreign, OWNER)):
            say(as_(speaker), made)
        as_(OWNER).post(
            f"/conversations/{named['id']}/members",
            {"official_ids": [official_id(OTHER_MEMBER)]},
            status=200,
        )
        cursors = {who: as_(who).get("/sync")["cursor"] for who in (MEMBER, OTHER_MEMBER)}
        for made, speaker in ((named, OWNER), (reached, CITY), (foreign, OWNER)):
            path = f"/conversations/{made['id']}/messages/1/recall"
            as_(speaker).post(path, status=200)

    def told(who: str) -> list[tuple[str, int]]:
        answer = as_(who).get("/sync", cursor=cursors[who])
        return sorted((c["conversation_id"], c["seq"]) for c in answer["changed"])

    assert told(MEMBER) == sorted([(named["id"], 1), (reached["id"], 1)])
    # Came to the group after the message, so never knew it.
    assert told(OTHER_MEMBER) == sorted([(foreign["id"], 1), (reached["id"], 1)])


def test_an_audience_gained_or_lost_shows_in_the_next_sync(
    as_: SignedIn, addressed: MakeGroup, later: Later, official_id: OfficialId
) -> None:
    taizhou, wenzhou = (
        addressed("org_group", "3310"),
        addressed("org_group", "3303", by="33.duty_officer"),
    )
    me = as_(MEMBER)
    with later(1):
        cursor = me.get("/sync")["cursor"]
        elsewhere = select(Post.unit_id).where(Post.official_id == int(official_id(OUTSIDER)))
        with writing_rows() as session:
            session.execute(
                update(Post)
                .where(Post.official_id == int(official_id(MEMBER)))
                .values(unit_id=elsewhere.scalar_subquery())
            )
    with later(2):
        answer = me.get("/sync", cursor=cursor)
        assert (ids(answer), answer["left"]) == ([wenzhou["id"]], [taizhou["id"]])
        answer = me.get("/sync", cursor=answer["cursor"])
        assert (ids(answer), answer["left"]) == ([], [])


def test_a_grant_lost_or_regained_shows_in_the_next_sync(
    as_: SignedIn, addressed: MakeGroup, later: Later
) -> None:
    """The province looks after groups of a county in which it has no post."""
    made = [
        addressed("org_group", "331081", by=PROVINCE),
        addressed("announcement", "3303", by=PROVINCE),
    ]
    me = as_(PROVINCE)

    def grants(revoked_at: datetime | None) -> None:
        with writing_rows() as session:
            session.execute(update(AccountGrant).values(revoked_at=revoked_at))

    with later(1):
        cursor = me.get("/sync")["cursor"]
        grants(clock.now())
    with later(2):
        answer = me.get("/sync", cursor=cursor)
        assert (ids(answer), sorted(answer["left"])) == ([], sorted(each["id"] for each in made))
        assert me.get("/sync", cursor=answer["cursor"])["left"] == []
        grants(None)
    with later(3):
        answer = me.get("/sync", cursor=answer["cursor"])
        assert (sorted(ids(answer)), answer["left"]) == (sorted(each["id"] for each in made), [])


def pull(client: ApiClient, cursor: str | None) -> tuple[list[dict[str, Any]], str]:
    """All pages of one sync, and the cursor for the next."""
    answer = client.get("/sync", **({"cursor": cursor} if cursor else {}))
    pages = [answer]
    while pages[-1]["next"]:
        pages.append(client.get("/sync", cursor=pages[-1]["next"]))
    assert {page["complete"] for page in pages} == {answer["complete"]}
    assert {page["cursor"] for page in pages} == {answer["cursor"]}
    return [c for page in pages for c in page["conversations"]], answer["cursor"]


def test_a_long_sync_comes_in_pages_and_misses_nothing(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    later: Later,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sync, "PAGE", 2)
    made = [group(MEMBER) for _ in range(4)] + [addressed("org_group", "3310") for _ in range(3)]
    with later(1):
        first, cursor = pull(as_(MEMBER), None)
        assert sorted(c["id"] for c in first) == sorted(c["id"] for c in made)
    with later(2):
        for conversation in made[:5]:
            say(as_(OWNER if conversation["kind"] == "group" else CITY), conversation)
        # Something new happens between the pages: it is in the next sync at the latest.
        page = as_(MEMBER).get("/sync", cursor=cursor)
        addressed("org_group", "331081")
        say(as_(OWNER), made[0])
        rest, _ = pull(as_(MEMBER), page["next"])
        seen = {c["id"] for c in [*page["conversations"], *rest]}
        assert {c["id"] for c in made[:5]} <= seen
    following, _ = pull(as_(MEMBER), page["cursor"])
    assert made[0]["id"] in {c["id"] for c in following}
    assert len({c["id"] for c in following} - {c["id"] for c in made}) == 1


def test_with_more_recalls_than_can_be_told_a_client_starts_afresh(
    as_: SignedIn, group: MakeGroup, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MOST_CHANGED", 2)
    made, _other = group(MEMBER), group(MEMBER)
    with later(1):
        for _ in range(3):
            say(as_(OWNER), made)
        cursor = as_(MEMBER).get("/sync")["cursor"]
        for seq in (1, 2, 3):
            as_(OWNER).post(f"/conversations/{made['id']}/messages/{seq}/recall", status=200)
    answer = as_(MEMBER).get("/sync", cursor=cursor)
    assert (answer["complete"], answer["changed"], len(ids(answer))) == (True, [], 2)


def test_with_more_audiences_than_fit_in_a_cursor_a_client_starts_afresh(
    as_: SignedIn, addressed: MakeGroup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "MOST_HELD", 1)
    for code in ("3310", "331081"):
        addressed("org_group", code)
    answer = as_(MEMBER).get("/sync")
    assert as_(MEMBER).get("/sync", cursor=answer["cursor"])["complete"]


def test_a_full_cursor_fits_in_a_url(as_: SignedIn) -> None:
    ids_ = range(10**6, 10**6 + 4096 * sync.MOST_HELD, 4096)
    held = sync.Held(frozenset(ids_))
    at = sync.Cursor(clock.now(), held, clock.now(), held)
    assert len(sync._encode(at, before=(2**52, 2**62))) < 3500


def test_other_packages_add_their_part(as_: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sync._sections, "weather", lambda _s, who: {"for": who.username})
    assert as_(MEMBER).get("/sync")["weather"] == {"for": MEMBER}
