"""What is asked most is answered by index on both databases: read from the plans of the
statements that are really sent, on tables large enough for planners to have a reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from tests.databases import TestDatabase
from tests.orgtree.plans import grow, plans_of, scanned
from zzd.bulk import insert_rows, set_sequences, table_of
from zzd.db import database, reading, transaction
from zzd.identity.models import Account
from zzd.identity.principals import principal_of_account
from zzd.messaging import conversations, messages, receipts, sync
from zzd.messaging.confirmations.models import Confirmation, ConfirmationRequest
from zzd.messaging.dings import dings, rollups, steps
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.search import finding, hits, words
from zzd.messaging.search.following import follow
from zzd.orgtree import audiences, tallies
from zzd.orgtree.in_use import put_in_use
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Principal

AT = datetime(2019, 8, 9, tzinfo=UTC)
GROUPS, MINE, SAID = 3000, 20, 2
SPEAKER = "33.duty_officer"


@dataclass(frozen=True)
class Place:
    me: Principal
    group_id: int
    announcement_id: int
    county_id: int


@pytest.fixture(scope="module")
def place(
    made_once: Callable[[str], tuple[TestDatabase, Flask]], engine_kind: str
) -> Iterator[Place]:
    """5,000 units with three people each, 3,000 groups of 12, and an announcement to everybody
    that every second official has read. The speaker is in 20 of the groups.

    Made once: nothing here looks at what another test left.
    """
    test_database, app = made_once(engine_kind)
    test_database.reset()
    with app.app_context():
        yield _make_place()
        database().engine.dispose()


def _make_place() -> Place:
    grow()
    with transaction() as session:
        account = session.scalars(select(Account).where(Account.username == SPEAKER)).one()
        people = list(session.scalars(select(Official.id).order_by(Official.id)))
        me = account.official_id or 0
        first = (session.scalar(select(func.max(Conversation.id))) or 0) + 1
        _groups(session, first, me, [id_ for id_ in people if id_ != me])
        root = session.scalars(select(Unit).where(Unit.code == "33")).one()
        everybody = put_in_use(session, audiences.narrow(session, root))
        announcement = first + GROUPS
        columns = ("id", "kind", "name", "audience_id", "last_seq", *STAMPS, *KEYS)
        row = (announcement, "announcement", "公告", everybody, 1, AT, AT, AT, me, "a", "x")
        insert_rows(session, table_of(Conversation), columns, [row])
        _say(session, [(announcement, 1, me)])
        read = ((announcement, id_, 1, 1, AT) for id_ in people[::2])
        insert_rows(session, table_of(Participation), PARTICIPATION, read)
        _confirm(session, announcement, [*range(first, first + GROUPS)], me, people)
        set_sequences(session, [table_of(Conversation), table_of(Message)])
        county = session.scalars(select(Unit.id).where(Unit.code == "339912")).one()
    with database().engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    with reading() as session:
        post_id = session.scalar(select(Post.id).where(Post.official_id == me, Post.is_primary))
        caller = principal_of_account(session, account.id, post_id=post_id)
    assert caller
    return Place(caller, first, announcement, county)


STAMPS = ("activity_at", "changed_at", "created_at")
KEYS = ("sender_id", "client_id", "fingerprint")
PARTICIPATION = ("conversation_id", "official_id", "first_seq", "read_seq", "changed_at")


def _groups(session: Session, first: int, me: int, others: list[int]) -> None:
    rows, members, said = [], [], []
    for n in range(GROUPS):
        people = [others[(n * 7 + k) % len(others)] for k in range(12)] + [me] * (n < MINE)
        rows.append(
            (first + n, "group", f"群{n}", len(people), SAID, AT, AT, AT, people[0], f"g{n}", "x")
        )
        members += [(first + n, person, 1, 1, AT) for person in people]
        said += [(first + n, seq, people[0]) for seq in range(1, SAID + 1)]
    columns = ("id", "kind", "name", "members", "last_seq", *STAMPS, *KEYS)
    insert_rows(session, table_of(Conversation), columns, rows)
    insert_rows(session, table_of(Participation), PARTICIPATION, members)
    _say(session, said)


def _say(session: Session, said: list[tuple[int, int, int]]) -> None:
    columns = ("conversation_id", "seq", "sender_id", "client_id", "fingerprint", "sender_name",
               "sender_title", "sender_unit", "text", "created_at")  # fmt: skip
    rows = (
        (where, seq, by, f"{where}-{seq}", "x", "甲", "员", "村", "收到", AT)
        for where, seq, by in said
    )
    insert_rows(session, table_of(Message), columns, rows)


def _confirm(
    session: Session, announcement: int, groups: list[int], me: int, people: list[int]
) -> None:
    """Every first message asks for confirmation, and three of each group gave it."""
    asked = [(n, where, 1, me, AT) for n, where in enumerate([announcement, *groups], 1)]
    columns = ("id", "conversation_id", "seq", "author_id", "created_at")
    insert_rows(session, table_of(ConfirmationRequest), columns, asked)
    columns = ("request_id", "official_id", "at", "post_title", "unit_name")
    given = [(1, id_, AT, "员", "村") for id_ in people]
    given += [
        (n, people[(n * 7 + k) % len(people)], AT, "员", "村")
        for n, *_ in asked[1:]
        for k in (0, 1, 2)
    ]
    insert_rows(session, table_of(Confirmation), columns, given)


EMPTY = ("(subquery", "assignment", "directive", "on event ", "ding", "mention", "tally")


def whole_tables(plan: str) -> list[str]:
    """Those read from end to end. SQLite scans the list of nothing, and there are no directives,
    DINGs and mentions here that an index would be worth it for."""
    return [line for line in scanned(plan) if not any(word in line for word in EMPTY)]


def test_the_inbox_is_read_by_index(place: Place) -> None:
    plan = plans_of(lambda s: conversations.list_conversations(s, place.me, cursor=None, limit=200))
    assert whole_tables(plan) == [], plan
    assert "ix_participation_official" in plan


def test_catching_up_is_read_by_index(place: Place) -> None:
    with reading() as session:
        cursor = sync.sync(session, place.me, None)["cursor"]
    for at in (None, cursor):
        plan = plans_of(lambda s, at=at: sync.sync(s, place.me, at))
        assert whole_tables(plan) == [], plan


def test_sending_is_done_by_index(place: Place) -> None:
    with transaction() as session:
        messages.send_message(session, place.me, place.group_id, text="收到")
    for where in (place.group_id, place.announcement_id):
        plan = plans_of(lambda s, where=where: messages.send_message(s, place.me, where, text="好"))
        assert whole_tables(plan) == [], plan


def test_who_of_a_county_has_not_read_reads_that_county(place: Place) -> None:
    """Not everybody's posts, nor all officials: those out of office have an index of their own."""

    def ask(session: Session) -> None:
        receipts.page_readers(
            session, place.me, place.announcement_id, 1,
            state="unread", unit_id=place.county_id, cursor=None, limit=50,
        )  # fmt: skip

    counting = plans_of(ask)
    assert "ix_official_out_of_office" in counting, counting
    assert "ix_unit_path" in counting
    assert not [line for line in whole_tables(counting) if "participation" in line], counting


def test_who_has_read_counts_each_person_once(place: Place) -> None:
    with reading() as session:
        found = receipts.page_readers(
            session, place.me, place.announcement_id, 1,
            state="unread", unit_id=place.county_id, cursor=None, limit=200,
        )  # fmt: skip
    towns, villages = 10, 120
    assert found["read"] + found["unread"] == 3 * (1 + towns + villages)
    assert abs(found["read"] - found["unread"]) <= 1
    assert len(found["items"]) == min(found["unread"], 200)


def test_a_large_dings_rollup_reads_what_was_counted(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every unit on the way down; what is small is counted from that part of the tree."""
    monkeypatch.setattr(tallies, "SMALL", 100)
    body = {
        "text": "请确认",
        "audience": {"unit_id": place.me.posts[0].unit_id, "levels": None, "line": None, "role": None},
        "official_ids": [],
        "message": None,
        "channels": [],
        "repeat": None,
        "client_id": None,
    }  # fmt: skip
    with transaction() as session:
        ding_id = dings.send_ding(session, place.me, body)[0]["id"]
    steps.tell_progress()
    with database().engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()

    def at(unit_id: int | None) -> str:
        def ask(session: Session) -> None:
            rollups.roll_up(session, by=place.me, ding_id=ding_id, unit_id=unit_id)

        return plans_of(ask)

    with reading() as session:
        town = session.scalars(select(Unit.id).where(Unit.parent_id == place.county_id)).first()
    for unit_id in (None, place.county_id):
        plan = at(unit_id)
        assert "tally_part" in plan
        assert not {"ix_post_held", "ix_post_unit"} & set(re.findall(r"ix_\w+", plan)), plan
        assert whole_tables(plan) == [], plan
    plan = at(town)
    assert "ix_unit_" in plan
    assert whole_tables(plan) == [], plan


def test_searching_is_done_by_index(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the words, and among the newest: no messages of others are read from end to end."""
    follow()
    with database().engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()
    query, filters = words.Query.of("收到"), finding.Filters()
    for rare in (finding.RARE, 0):
        monkeypatch.setattr(finding, "RARE", rare)
        plan = plans_of(
            lambda s: hits.search_messages(s, place.me, query, filters, cursor=None, limit=20)
        )
        whole = [line for line in whole_tables(plan) if not LISTED.search(line)]
        assert whole == [], plan
        assert "search_entry" in plan


# What SQLite calls reading a list that was made before, and asking its index of words.
LISTED = re.compile(r"SCAN (mine|search_words VIRTUAL TABLE INDEX \d+:M\d)")
