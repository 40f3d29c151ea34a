"""The number of a message to come, taken with the right to it and with what its sender has read.

The statements are made once and only bound for each message: in a busy group everybody waits for
whoever holds the conversation, and putting SQL together costs more than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, Executable, bindparam, cast, func, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

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
    if by.reach is not None:
        access_conversation(session, by, conversation_id, action="message.send")
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


def take_several(
    session: Session, conversation_id: int, senders: Sequence[int], now: datetime
) -> tuple[Taken, set[int]] | None:
    """Numbers for a message of each of ``senders``, who may come more than once, in this order;
    ``last_seq`` is the last one's. Also who of them belongs there; where one does not, the caller
    must undo it all. None where an audience decides who belongs, or there is no conversation.

    One statement on PostgreSQL, two on SQLite. A sender's cursor goes to the last of their own.
    """
    folded = session.get_bind().dialect.name == "postgresql"
    # As JSON, so that the statement is the same for any number of them.
    said = orjson.dumps({str(each): place for place, each in enumerate(senders, start=1)})
    values = {
        "where_id": conversation_id,
        "now": now,
        "count": len(senders),
        "said": said.decode(),
    }
    connection = session.connection()
    rows = connection.execute(_taking_several(folded), values).all()
    if not rows:
        return None
    if folded:
        members = {row.official_id for row in rows if row.official_id is not None}
    else:
        values["last"] = rows[0].last_seq
        members = set(connection.scalars(_reading_own_of_several(), values))
    return _taken(rows[0], first_seq=1), members


@cache
def _taking_several(folded: bool) -> Executable:
    taken = (
        update(C)
        .where(C.c.id == bindparam("where_id"), C.c.kind.in_(NAMED))
        .values(
            last_seq=C.c.last_seq + bindparam("count"),
            activity_at=bindparam("now"),
            changed_at=bindparam("now"),
        )
        .returning(*TAKEN)
    )
    if not folded:
        return taken
    number = taken.cte("taken")
    mine = _move_cursors(
        func.json_each_text(cast(bindparam("said"), JSON)), number.c.id, number.c.last_seq
    ).cte("mine")
    return select(number, mine.c.official_id).select_from(number.outerjoin(mine, true()))


@cache
def _reading_own_of_several() -> Executable:
    return _move_cursors(
        func.json_each(bindparam("said")), bindparam("where_id"), bindparam("last")
    )


def _move_cursors(said: Any, conversation_id: Any, last_seq: Any) -> ReturningUpdate[Any]:
    """``said``: a row for each sender, the place of their last message among all of these."""
    each = said.table_valued("key", "value", name="said")
    return (
        update(P)
        .where(
            P.c.conversation_id == conversation_id,
            P.c.official_id == cast(each.c.key, BigInteger),
            P.c.left_at.is_(None),
        )
        .values(
            read_seq=last_seq - bindparam("count") + cast(each.c.value, BigInteger),
            changed_at=bindparam("now"),
        )
        .returning(P.c.official_id)
    )


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
