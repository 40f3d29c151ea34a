"""Fill an empty database with the sample, in one transaction: all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.bulk import allow_long_statements, analyze, insert_rows, set_sequences, table_of
from zzd.identity.models import Account, AccountGrant
from zzd.identity.passwords import hash_password
from zzd.messaging.models import Conversation, Message, Participation
from zzd.orgtree.models import (
    AudienceInUse,
    Official,
    OfficialTerm,
    OrgState,
    Post,
    Unit,
    UnitTerm,
    UnitVersion,
)
from zzd.orgtree.terms import official_terms
from zzd.sample import conversations as talks
from zzd.sample import people, tree
from zzd.sample.demo import DEMO_ACCOUNTS, PASSWORD
from zzd.tasks.models import Event, EventLevel
from zzd.tasks.plans.examples import all_examples
from zzd.tasks.plans.models import Plan, PlanVersion

# So many officials or conversations are in memory at once.
BATCH = 20_000

# Tables whose rows are written with ids counted here.
COUNTED = (
    Unit,
    Official,
    Post,
    Account,
    AccountGrant,
    AudienceInUse,
    Conversation,
    Message,
    Event,
    Plan,
)

Item = TypeVar("Item")
# Wraps what a step works through, to show how far it is: (title, items, how many).
Progress = Callable[[str, Iterable[Any], int], AbstractContextManager[Iterable[Any]]]

ACCOUNT_COLUMNS = ("id", "username", "password_hash", "official_id", "status", "created_at")
GRANT_COLUMNS = ("id", "account_id", "role", "unit_id", "levels", "granted_at")


def write_sample(session: Session, *, officials: int, groups: int, progress: Progress) -> None:
    """Write the sample: 78,130 units, ``officials`` people, ``groups`` groups.

    The database must be empty; ids are counted from 1, so that nothing is asked back.
    """
    allow_long_statements(session)
    sample = tree.read_tree()
    _write_units(session, sample, progress)
    circle = _write_officials(session, sample, officials, progress)
    _write_grants(session, sample)
    _write_conversations(session, sample, circle, groups, progress)
    _write_event(session, circle)
    _write_plans(session, circle)
    with progress("Finishing", (), 0):
        set_sequences(session, [table_of(model) for model in COUNTED])
        audit.append(session, "sample.seed", by=None, officials=officials, groups=groups)
        analyze(session)


def _batches(items: Iterable[Item]) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, BATCH)):
        yield batch


def _write_units(session: Session, sample: tree.Tree, progress: Progress) -> None:
    rev = session.execute(
        update(OrgState).values(rev=OrgState.rev + 1).returning(OrgState.rev)
    ).scalar_one()
    count = len(sample.units)
    with progress("Units", sample.units, count) as units:
        insert_rows(session, table_of(Unit), tree.UNIT_COLUMNS, map(tree.unit_row, units))
    versions = (tree.version_row(unit, rev) for unit in sample.units)
    insert_rows(session, table_of(UnitVersion), tree.VERSION_COLUMNS, versions)
    with progress("What units are found by", sample.units, count) as units:
        terms = tree.term_rows(units)
    with progress("The index of that", terms, len(terms)) as rows:
        insert_rows(session, table_of(UnitTerm), tree.TERM_COLUMNS, rows)


def _write_officials(
    session: Session, sample: tree.Tree, count: int, progress: Progress
) -> talks.Circle:
    circle = talks.Circle()
    password_hash = hash_password(PASSWORD)
    with progress("Officials", people.invent_officials(sample, count), count) as invented:
        for batch in _batches(invented):
            _write_batch_of_officials(session, batch, password_hash)
            for official in batch:
                circle.add(official)
    circle.demo = {account.username: id_ for id_, account in enumerate(DEMO_ACCOUNTS, start=1)}
    return circle


def _write_batch_of_officials(
    session: Session, batch: list[people.SampleOfficial], password_hash: str
) -> None:
    now = clock.now()
    insert_rows(
        session, table_of(Official), people.OFFICIAL_COLUMNS, map(people.official_row, batch)
    )
    posts = (row for official in batch for row in people.post_rows(official))
    insert_rows(session, table_of(Post), people.POST_COLUMNS, posts)
    terms = sorted(
        (term, official.id) for official in batch for term in official_terms(official.name)
    )
    insert_rows(session, table_of(OfficialTerm), ("term", "official_id"), terms)
    accounts = (
        (official.id, _username(official), password_hash, official.id, "active", now)
        for official in batch
    )
    insert_rows(session, table_of(Account), ACCOUNT_COLUMNS, accounts)


def _username(official: people.SampleOfficial) -> str:
    """A demo account has its own; everybody else signs in with the staff number."""
    if official.id <= len(DEMO_ACCOUNTS):
        return DEMO_ACCOUNTS[official.id - 1].username
    return official.staff_no


def _write_grants(session: Session, sample: tree.Tree) -> None:
    now = clock.now()
    rows = [
        (account_id, demo.role, sample.by_code[demo.reach].id if demo.reach else None, 0, now)
        for account_id, demo in enumerate(DEMO_ACCOUNTS, start=1)
        if demo.role != "official"
    ]
    numbered = ((id_, *row) for id_, row in enumerate(rows, start=1))
    insert_rows(session, table_of(AccountGrant), GRANT_COLUMNS, numbered)


def _write_conversations(
    session: Session, sample: tree.Tree, circle: talks.Circle, groups: int, progress: Progress
) -> None:
    audiences = talks.audiences(sample)
    insert_rows(session, table_of(AudienceInUse), talks.AUDIENCE_COLUMNS, audiences)
    rows = talks.Rows(clock.now())
    invented = talks.invent_conversations(sample, circle, groups)
    with progress("Conversations", invented, groups + talks.BESIDE_GROUPS) as conversations:
        for batch in _batches(conversations):
            for conversation in batch:
                rows.add(conversation, circle.speakers)
            for model, columns, made in (
                (Conversation, talks.CONVERSATION_COLUMNS, rows.conversations),
                (Participation, talks.PARTICIPATION_COLUMNS, rows.participations),
                (Message, talks.MESSAGE_COLUMNS, rows.messages),
            ):
                insert_rows(session, table_of(model), columns, made)
                made.clear()


def _write_event(session: Session, circle: talks.Circle) -> None:
    """Lekima two days before landfall: a typhoon that is watched, nothing ordered yet."""
    official = circle.speakers[circle.demo["province"]]
    at: datetime = clock.now() - timedelta(hours=4)
    key = {"sender_id": official.id, "fingerprint": "sample"}
    session.add(
        Event(
            id=1,
            unit_id=official.unit.id,
            name="2019年第9号台风“利奇马”",
            kind="typhoon",
            mode="actual",
            level=4,
            created_at=at,
            client_id="sample-event",
            **key,
        )
    )
    session.flush()
    session.add(
        EventLevel(
            event_id=1,
            no=1,
            level=4,
            reason="台风“利奇马”向浙江沿海靠近，省防指启动防台风Ⅳ级应急响应。",
            at=at,
            client_id="sample-event-level",
            **_signed(official),
            **key,
        )
    )
    session.flush()


def _write_plans(session: Session, circle: talks.Circle) -> None:
    """The worked plans as the province's own: by one of them the typhoon goes to another level."""
    official = circle.speakers[circle.demo["province"]]
    at: datetime = clock.now() - timedelta(days=30)
    for id_, example in enumerate(all_examples(), start=1):
        kind, unit_id = example["kind"], official.unit.id
        session.add(Plan(id=id_, unit_id=unit_id, kind=kind, no=1, retired=False, created_at=at))
        session.flush()
        session.add(
            PlanVersion(
                plan_id=id_,
                no=1,
                content=example["content"],
                note="示例预案，数字均为举例。",
                at=at,
                sender_id=official.id,
                client_id=f"sample-plan-{id_}",
                fingerprint="sample",
                **_signed(official),
            )
        )
    session.flush()


def _signed(official: people.SampleOfficial) -> dict[str, Any]:
    """Who did it, as ``ByOfficial`` keeps it."""
    return {
        "official_id": official.id,
        "post_id": official.post_id,
        "official_name": official.name,
        "post_title": official.title,
        "unit_name": official.unit.name,
    }
