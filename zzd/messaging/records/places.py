"""Conversations as administrators find them, who are not in them: what they are, never a word."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from zzd.api import decode_cursor, page
from zzd.messaging.models import Conversation, Participation
from zzd.orgtree.in_use import of_unit
from zzd.orgtree.models import Official


def names_of(
    session: Session, conversation_ids: Collection[int | None]
) -> dict[int, dict[str, Any]]:
    """``{id, kind, name}`` by id, in two statements; a direct one is called by its two people."""
    wanted = {each for each in conversation_ids if each is not None}
    if not wanted:
        return {}
    rows = session.scalars(select(Conversation).where(Conversation.id.in_(wanted))).all()
    return {place["id"]: place for place in describe(session, rows)}


def describe(session: Session, conversations: Sequence[Conversation]) -> list[dict[str, Any]]:
    pairs = {
        each.id: [int(part) for part in each.direct_key.split(":")]
        for each in conversations
        if each.direct_key
    }
    wanted = {one for pair in pairs.values() for one in pair}
    query = select(Official.id, Official.name).where(Official.id.in_(wanted))
    people = {row.id: row.name for row in session.execute(query)} if wanted else {}
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "name": each.name or " · ".join(people.get(one, "") for one in pairs.get(each.id, ())),
        }
        for each in conversations
    ]


def page_places(
    session: Session,
    held: ColumnElement[bool],
    *,
    official_id: int | None,
    unit_id: int | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """The conversations somebody is or was in, or those of audiences of a unit; the newest first.
    Both are found by an index, so none of it grows with the organisation."""
    query = select(Conversation, held.label("held"))
    if official_id is not None:
        query = query.join(Participation, Participation.conversation_id == Conversation.id)
        query = query.where(Participation.official_id == official_id)
    else:
        query = query.where(of_unit(unit_id or 0, Conversation.audience_id.expression))
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(Conversation.id < before[0])
    rows = session.execute(query.order_by(Conversation.id.desc()).limit(limit + 1)).all()
    found = page(rows, limit, lambda row: (row[0].id,))
    described = describe(session, [row[0] for row in found["items"]])
    items = [
        {
            **place,
            "members": row[0].members,
            "last_seq": row[0].last_seq,
            "held": bool(row[1]),
            "updated_at": row[0].activity_at,
        }
        for place, row in zip(described, found["items"], strict=True)
    ]
    return {**found, "items": items}
