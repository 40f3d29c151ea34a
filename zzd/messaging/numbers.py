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
from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Executable,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from zzd.bulk import table_of
from zzd.db import is_postgresql
from zzd.errors import NotFound, deny
from zzd.messaging.models import Conversation, Participation
from zzd.messaging.policy import (
    Place,
    access_conversation,
    belongs,
    bind_membership,
    known_to,
    may_address_some,
    may_post,
    posts_by_membership,
    refuse,
)
from zzd.messaging.rules import BY_AUDIENCE, NAMED
from zzd.orgtree import remembered
from zzd.principal import Principal

C, P = table_of(Conversation), table_of(Participation)
TAKEN = (C.c.id, C.c.kind, C.c.name, C.c.audience_id, C.c.last_seq)
ME, NOW = bindparam("me", type_=BigInteger), bindparam("now", type_=P.c.changed_at.type)
OWN_ROLE = (
    select(P.c.role)
    .where(P.c.conversation_id == C.c.id, P.c.official_id == ME)
    .scalar_subquery()
    .label("role")
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A conversation whose next message is ours: ``last_seq`` is its number, ``first_seq`` the
    first one that its sender may see, ``place`` how they stand to it, if that was asked for."""

    id: int
    kind: str
    name: str | None
    audience_id: int | None
    last_seq: int
    first_seq: int
    place: Place | None = None


def take_next(
    session: Session,
    by: Principal,
    conversation_id: int,
    now: datetime,
    *,
    placing: bool = False,
) -> Taken:
    """The conversation is locked until the transaction ends, so that numbers have no gaps and
    follow the order of the commits. Who speaks has read all before. ``placing``: tell how they
    stand to it.

    Who may address some audience takes the number of an audience's conversation first, and is asked
    for the right to it then, from what the same statement read: an error undoes the transaction.
    Raises NotFound, NotPermitted.
    """
    folded = is_postgresql(session)
    wide = may_address_some(by)
    values = {"where_id": conversation_id, "now": now, "me": by.official_id}
    connection = session.connection()
    placing = placing or wide or by.reach is not None
    taking = _statement(len(by.posts), wide, placing, folded)
    if by.reach is not None:
        # Made for each message: every app has a part of the tree of its own.
        taking = _taking(len(by.posts), wide, placing, folded, known_to(by.reach))
    row = connection.execute(taking, {**values, **bind_membership(by)}).one_or_none()
    if row is None:
        place = access_conversation(session, by, conversation_id, action="message.send")
        if not may_post(by, place):
            raise refuse("message.send", place, "Announcements come from those who issue them")
        row = connection.execute(_statement(None, wide, placing, folded), values).one()
    stand = _place_of(session, row) if placing else None
    if row.kind not in NAMED:
        if wide and stand is not None:
            _check_right(by, stand)
        if not (folded and placing):
            connection.execute(LOOK_AFTER[folded], values)
        return _taken(row, first_seq=1, place=stand)
    first_seq = row.first_seq if folded else _read_own(session, row, values)
    if first_seq is None:
        # Put out of the group while waiting for it.
        raise deny(NotFound(), "message.send", "conversation", conversation_id)
    return _taken(row, first_seq=first_seq, place=stand)


def _place_of(session: Session, row: Any) -> Place:
    """How the sender stands to what they just took a number of."""
    audience = remembered.audience_in(session, row.rev, row.audience_id)
    mine = None if row.role is None else Participation(role=row.role, left_at=None)
    return Place(Conversation(id=row.id, kind=row.kind, name=row.name), mine, audience, row.rev)


def _check_right(by: Principal, place: Place) -> None:
    if not belongs(by, place):
        raise deny(NotFound(), "message.send", "conversation", place.conversation.id)
    if not may_post(by, place):
        raise refuse("message.send", place, "Announcements come from those who issue them")


def _taken(row: Any, *, first_seq: int, place: Place | None = None) -> Taken:
    return Taken(row.id, row.kind, row.name, row.audience_id, row.last_seq, first_seq, place)


def take_several(
    session: Session, conversation_id: int, senders: Sequence[int], now: datetime
) -> tuple[Taken, set[int]] | None:
    """Numbers for a message of each of ``senders``, who may come more than once, in this order;
    ``last_seq`` is the last one's. Also who of them belongs there; where one does not, the caller
    must undo it all. None where an audience decides who belongs, or there is no conversation.

    One statement on PostgreSQL, two on SQLite. A sender's cursor goes to the last of their own.
    """
    folded = is_postgresql(session)
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
def _statement(posts: int | None, wide: bool, placing: bool, folded: bool) -> Executable:
    return _taking(posts, wide, placing, folded)


def _taking(
    posts: int | None, wide: bool, placing: bool, folded: bool, *conditions: ColumnElement[bool]
) -> Executable:
    """Take the number, for somebody with so many posts, if their membership lets them; None takes
    it unasked, and ``wide`` in any conversation of an audience. ``placing``: read what the sender's
    place needs. ``folded``: where the database can, move the sender's cursor in the same one, and
    where ``placing`` have them look after a conversation of an audience: a plain message's stays
    lean."""
    shown: list[ColumnElement[Any]] = [*TAKEN]
    if placing:
        shown += [OWN_ROLE, remembered.REVISION.label("rev")]
    taken = (
        update(C)
        .where(C.c.id == bindparam("where_id"), *conditions)
        .values(
            last_seq=C.c.last_seq + 1, activity_at=bindparam("now"), changed_at=bindparam("now")
        )
        .returning(*shown)
    )
    if posts is not None:
        may = posts_by_membership(posts)
        taken = taken.where(or_(may, C.c.kind.in_(BY_AUDIENCE)) if wide else may)
    if not folded:
        return taken
    number = taken.cte("taken")
    mine = (
        update(P)
        .where(
            P.c.conversation_id == number.c.id,
            P.c.official_id == ME,
            P.c.left_at.is_(None),
            number.c.kind.in_(NAMED),
        )
        .values(read_seq=number.c.last_seq, changed_at=bindparam("now"))
        .returning(P.c.first_seq)
        .cte("mine")
    )
    found = select(number, mine.c.first_seq).select_from(number.outerjoin(mine, true()))
    if placing:
        found = found.add_cte(_look_after(postgresql.insert, number, true()).cte("after"))
    return found


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


def _look_after(insert: Any, taken: Any, which: ColumnElement[bool]) -> Any:
    """Where an audience decides: who posts in an announcement looks after it from then on."""
    role = case((taken.c.kind == "announcement", literal("admin")), else_=null())
    rows = select(taken.c.id, ME, role, literal(1), taken.c.last_seq, NOW)
    statement = insert(P).from_select(
        ["conversation_id", "official_id", "role", "first_seq", "read_seq", "changed_at"],
        rows.where(which, taken.c.kind.in_(BY_AUDIENCE)),
        # The table's own: within another statement SQLAlchemy leaves the model's empty.
        include_defaults=False,
    )
    return statement.on_conflict_do_update(
        index_elements=["conversation_id", "official_id"],
        set_={
            "read_seq": statement.excluded.read_seq,
            "changed_at": statement.excluded.changed_at,
            "role": func.coalesce(P.c.role, statement.excluded.role),
        },
    )


LOOK_AFTER = {
    folded: _look_after(insert, C, C.c.id == bindparam("where_id"))
    for folded, insert in ((True, postgresql.insert), (False, sqlite.insert))
}
