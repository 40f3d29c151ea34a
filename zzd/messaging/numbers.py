"""The number of a message to come, taken with the right to it and with what its sender has read.

The statements are made once and only bound for each message: in a busy group everybody waits for
whoever holds the conversation, and putting SQL together costs more than running it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, func, select, true, update
from sqlalchemy.orm import Session

from zzd.bulk import table_of
from zzd.db import insert_into
from zzd.errors import NotFound, deny
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.policy import (
    access_conversation,
    bind_membership,
    may_post,
    posts_by_membership,
    refuse,
)
from zzd.messaging.rules import NAMED
from zzd.principal import Principal

C, P = table_of(Conversation), table_of(Participation)
TAKEN = (C.c.id, C.c.kind, C.c.name, C.c.audience_id, C.c.last_seq)


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversation whose next message is ours: ``last_seq`` is its number, ``first_seq`` the
    first one that its sender may see."""

    id: int
    kind: str
    name: str | None
    audience_id: int | None
    last_seq: int
    first_seq: int


def take_next(session: Session, by: Principal, conversation_id: int, now: datetime) -> Taken:
    """The conversation is locked until the transaction ends, so that numbers have no gaps and
    follow the order of the commits. Who speaks has read all before.

    Raises NotFound, NotPermitted.
    """
    folded = session.get_bind().dialect.name == "postgresql"
    values = {"where_id": conversation_id, "now": now, "me": by.official_id}
    connection = session.connection()
    row = connection.execute(
        _statement(len(by.posts), folded), {**values, **bind_membership(by)}
    ).one_or_none()
    if row is None:
        place = access_conversation(session, by, conversation_id, action="message.send")
        if not may_post(by, place):
            raise refuse("message.send", place, "Announcements come from those who issue them")
        row = connection.execute(_statement(None, folded), values).one()
    if row.kind not in NAMED:
        _look_after(session, by, row, now)
        return _taken(row, first_seq=1)
    first_seq = row.first_seq if folded else _read_own(session, row, values)
    if first_seq is None:
        # Put out of the group while waiting for it.
        raise deny(NotFound(), "message.send", "conversation", conversation_id)
    return _taken(row, first_seq=first_seq)


def _taken(row: Any, *, first_seq: int) -> Taken:
    return Taken(row.id, row.kind, row.name, row.audience_id, row.last_seq, first_seq)


@cache
def _statement(posts: int | None, folded: bool) -> Executable:
    """Take the number, for somebody with so many posts, if their membership lets them; None takes
    it unasked. ``folded``: where the database can, move the sender's cursor in the same one."""
    taken = (
        update(C)
        .where(C.c.id == bindparam("where_id"))
        .values(
            last_seq=C.c.last_seq + 1, activity_at=bindparam("now"), changed_at=bindparam("now")
        )
        .returning(*TAKEN)
    )
    if posts is not None:
        taken = taken.where(posts_by_membership(posts))
    if not folded:
        return taken
    number = taken.cte("taken")
    mine = (
        update(P)
        .where(
            P.c.conversation_id == number.c.id,
            P.c.official_id == bindparam("me"),
            P.c.left_at.is_(None),
            number.c.kind.in_(NAMED),
        )
        .values(read_seq=number.c.last_seq, changed_at=bindparam("now"))
        .returning(P.c.first_seq)
        .cte("mine")
    )
    return select(number, mine.c.first_seq).select_from(number.outerjoin(mine, true()))


READ_OWN = (
    update(P)
    .where(
        P.c.conversation_id == bindparam("where_id"),
        P.c.official_id == bindparam("me"),
        P.c.left_at.is_(None),
    )
    .values(read_seq=bindparam("number"), changed_at=bindparam("now"))
    .returning(P.c.first_seq)
)


def _read_own(session: Session, row: Any, values: dict[str, Any]) -> int | None:
    first_seq: int | None = session.connection().scalar(
        READ_OWN, {**values, "number": row.last_seq}
    )
    return first_seq


def _look_after(session: Session, by: Principal, row: Any, now: datetime) -> None:
    """Where an audience decides: who posts in an announcement looks after it from then on."""
    statement = insert_into(session, Participation).values(
        conversation_id=row.id,
        official_id=by.official_id,
        role="admin" if row.kind == "announcement" else None,
        first_seq=1,
        read_seq=row.last_seq,
        changed_at=now,
    )
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["conversation_id", "official_id"],
            set_={
                "read_seq": row.last_seq,
                "changed_at": now,
                "role": func.coalesce(Participation.role, statement.excluded.role),
            },
        )
    )
