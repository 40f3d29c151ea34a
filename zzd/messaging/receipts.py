"""How far one has read, who has read a message, and who has not."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Select, and_, bindparam, exists, func, select, true, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.db import insert_into, is_one_of
from zzd.errors import Invalid
from zzd.messaging import events
from zzd.messaging.messages import find_message
from zzd.messaging.models import Message, Participation
from zzd.messaging.people import select_people
from zzd.messaging.policy import Place, access_conversation, may_see_readers, refuse
from zzd.messaging.rules import RECEIPTS_UP_TO, unread
from zzd.orgtree import audiences
from zzd.orgtree.audiences import PATH_END, Audience
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Principal
from zzd.realtime import rooms


def read_up_to(session: Session, by: Principal, conversation_id: int, seq: int) -> dict[str, int]:
    """Move one's read cursor to ``seq``; it never goes back. Returns it, and what is unread.

    Raises NotFound, and Invalid for a message that has not been sent yet.
    """
    place = access_conversation(session, by, conversation_id)
    if seq > place.conversation.last_seq:
        raise Invalid.at("/seq", "There is no such message yet")
    read_seq = place.read_seq
    if seq > read_seq and _move_cursor(session, by, place, seq, clock.now()):
        read_seq = seq
        events.receipt_updated(
            session,
            conversation_id,
            official_id=by.official_id or 0,
            read_seq=seq,
            to=_who_hears_of_it(place, by),
        )
    return {
        "read_seq": read_seq,
        "unread": unread(
            last_seq=place.conversation.last_seq, first_seq=place.first_seq, read_seq=read_seq
        ),
    }


def _move_cursor(session: Session, by: Principal, place: Place, seq: int, now: datetime) -> bool:
    """Whether it moved: another device may have been further already."""
    mine = {"conversation_id": place.conversation.id, "official_id": by.official_id}
    moved = {"read_seq": seq, "changed_at": now}
    statement: Any
    if place.mine is None:
        statement = (
            insert_into(session, Participation)
            .values(**mine, **moved, first_seq=1)
            .on_conflict_do_update(
                index_elements=list(mine), set_=moved, where=Participation.read_seq < seq
            )
        )
    else:
        statement = (
            update(Participation)
            .filter_by(**mine)
            .where(Participation.read_seq < seq)
            .values(**moved)
            .execution_options(synchronize_session=False)
        )
    return session.scalar(statement.returning(Participation.read_seq)) is not None


def _who_hears_of_it(place: Place, by: Principal) -> list[str]:
    """Everybody in a small group, who see it beside the message; elsewhere one's own devices."""
    conversation = place.conversation
    if conversation.members is not None and conversation.members <= RECEIPTS_UP_TO:
        return events.rooms_of(conversation.id, None)
    return [rooms.official(by.official_id or 0)]


def page_readers(
    session: Session,
    principal: Principal,
    conversation_id: int,
    seq: int,
    *,
    state: str,
    unit_id: int | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Who has read a message, or who has not, and how many each: of those who belong to the
    conversation now and may see the message, its sender aside.

    Raises NotFound, NotPermitted, and Invalid for a unit outside the audience.
    """
    place = access_conversation(session, principal, conversation_id)
    message, _quoted = find_message(session, place, seq)
    if not may_see_readers(principal, place):
        raise refuse("message.readers", place, "Only those who announce see who has read")
    after = decode_cursor(cursor, int)
    everybody, read, ids = _count_and_page(
        session,
        _ids_of_those_who_belong(session, place, message, unit_id),
        message,
        state=state,
        after=after[0] if after else 0,
        limit=limit,
    )
    query = select_people().where(is_one_of(session, Official.id, ids)).order_by(Official.id)
    rows = session.execute(query).mappings().all()
    found = page(rows, limit, lambda row: (row["id"],))
    return {**found, "read": read, "unread": everybody - read}


def _count_and_page(
    session: Session,
    belong: Select[int],
    message: Message,
    *,
    state: str,
    after: int,
    limit: int,
) -> tuple[int, int, list[int]]:
    """How many belong, how many of them have read it, and up to ``limit + 1`` ids of a page: one
    statement, which goes through them once."""
    people = belong.subquery()
    # Spelled out: a plan made once for all conversations takes twenty times as long where it is an
    # announcement to everybody.
    conversation_id = bindparam(None, message.conversation_id, BigInteger, literal_execute=True)
    read = and_(
        Participation.conversation_id == conversation_id,
        Participation.official_id == people.c.official_id,
        Participation.read_seq >= message.seq,
    )
    seen = (
        select(people.c.official_id, Participation.official_id.label("reader_id"))
        .select_from(people.outerjoin(Participation, read))
        .cte("seen")
        .prefix_with("MATERIALIZED")
    )
    has_read = seen.c.reader_id.is_not(None)
    counts = select(
        func.count().label("everybody"), func.count(seen.c.reader_id).label("read")
    ).select_from(seen)
    wanted = (
        select(seen.c.official_id)
        .where(has_read if state == "read" else ~has_read, seen.c.official_id > after)
        .order_by(seen.c.official_id)
        .limit(limit + 1)
    )
    counted, listed = counts.subquery("counted"), wanted.subquery("listed")
    query = select(counted.c.everybody, counted.c.read, listed.c.official_id).select_from(
        counted.outerjoin(listed, true())
    )
    rows = session.execute(query).all()
    return rows[0][0], rows[0][1], [row[2] for row in rows if row[2] is not None]


def _ids_of_those_who_belong(
    session: Session, place: Place, message: Message, unit_id: int | None
) -> Select[int]:
    """Each once, as ``official_id``."""
    within = _unit_within(session, place, unit_id)
    if place.audience is not None:
        audience = place.audience if within is None else _narrowed(place.audience, within)
        return audiences.select_official_ids(audience).where(Post.official_id != message.sender_id)
    members = select(Participation.official_id).where(
        Participation.conversation_id == message.conversation_id,
        Participation.left_at.is_(None),
        Participation.first_seq <= message.seq,
        Participation.official_id != message.sender_id,
    )
    if within is not None:
        members = members.where(
            exists().where(
                Post.official_id == Participation.official_id,
                Post.ended_at.is_(None),
                Unit.id == Post.unit_id,
                Unit.path >= within.path,
                Unit.path < within.path + PATH_END,
            )
        )
    return members


def _unit_within(session: Session, place: Place, unit_id: int | None) -> Unit | None:
    if unit_id is None:
        return None
    unit = session.get(Unit, unit_id)
    reach = place.audience.unit_path if place.audience else ""
    if unit is None or not unit.path.startswith(reach):
        raise Invalid.at("/query/unit_id", "There is no such unit in this conversation")
    return unit


def _narrowed(audience: Audience, unit: Unit) -> Audience:
    """The part of the audience that lies in a unit below the audience's own."""
    return replace(audience, unit_id=unit.id, unit_name=unit.name, unit_path=unit.path)
