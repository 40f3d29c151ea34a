"""Calling somebody's attention: a person, everybody, or a part of the organisation.

A message keeps whom it calls as ``{"all", "people": [{"id", "name"}], "audience"}``. What a
reader has not read of that is found without a row for each recipient: one for each person named,
one for all or for an audience.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    and_,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    union,
)
from sqlalchemy.orm import Session

from zzd.api import decode_cursor, encode_cursor
from zzd.bulk import table_of
from zzd.db import is_one_of
from zzd.errors import Invalid
from zzd.messaging.models import Mention, Message, Participation
from zzd.messaging.policy import Place, may_manage, refuse
from zzd.orgtree import audiences, remembered
from zzd.orgtree.audiences import ancestor_ids, levels_mask
from zzd.orgtree.matching import matching
from zzd.orgtree.models import Official, Post, Unit
from zzd.principal import Principal

M = table_of(Mention)
Mentions = dict[str, Any]
MENTIONS = "/mentions"


def check_mentions(
    session: Session, by: Principal, place: Place, asked: Mentions | None
) -> Mentions | None:
    """Whom a message there is to call, as it is kept; ``asked`` is what MentionsRequestSchema loads.

    People must belong to the conversation. All of it, or an audience within it, is for those
    who manage it. Raises Invalid, NotPermitted.
    """
    if (wanted := _wanted(session, by, place, asked)) is None or asked is None:
        return None
    query = _select_people(place, asked["official_ids"])
    found = session.execute(query).all() if asked["official_ids"] else []
    return {**wanted, "people": _in_order(asked["official_ids"], dict(found))}


def write_mentions(
    session: Session, by: Principal, place: Place, seq: int, asked: Mentions | None
) -> Mentions | None:
    """The same, and written down for the message that takes ``seq``: people are looked up and
    written in one statement, all or an audience in one. What raises undoes the transaction."""
    if (wanted := _wanted(session, by, place, asked)) is None or asked is None:
        return None
    return write_down(session, place, seq, wanted, asked["official_ids"])


def write_down(
    session: Session, place: Place, seq: int, wanted: Mentions, official_ids: list[int]
) -> Mentions:
    """Have the message that takes ``seq`` call all or an audience, as ``wanted`` says, and these
    people, who belong to the place; returns what it keeps. Raises Invalid."""
    people = _write_people(session, place, seq, official_ids)
    where = {"conversation_id": place.conversation.id, "seq": seq}
    if wanted["all"]:
        session.connection().execute(insert(M), where)
    elif audience := wanted["audience"]:
        called = {
            "unit_id": audience["unit_id"],
            "levels": levels_mask(audience["levels"]),
            "line": audience["line"] or "",
            "role": audience["role"] or "",
        }
        session.connection().execute(insert(M), {**where, **called})
    return {**wanted, "people": people}


def _write_people(
    session: Session, place: Place, seq: int, official_ids: list[int]
) -> list[dict[str, Any]]:
    if not official_ids:
        return []
    where = [literal(place.conversation.id, BigInteger), literal(seq, BigInteger)]
    people = _select_people(place, official_ids).with_only_columns(*where, Official.id)
    # Of the row that is written; as a column it would be another table to read from.
    own = literal_column("mention.official_id", BigInteger)
    name = select(Official.name).where(Official.id == own).scalar_subquery()
    written = session.connection().execute(
        insert(M)
        .from_select(["conversation_id", "seq", "official_id"], people)
        .returning(M.c.official_id, name)
    )
    return _in_order(official_ids, dict(written.all()))


def _wanted(
    session: Session, by: Principal, place: Place, asked: Mentions | None
) -> Mentions | None:
    """Whom it calls, besides people. Raises Invalid, NotPermitted."""
    if asked is None or not any(asked.values()):
        return None
    if asked["all"] or asked["audience"]:
        if place.conversation.kind == "direct":
            which = "all" if asked["all"] else "audience"
            raise Invalid.at(f"{MENTIONS}/{which}", "There is only one to call: name them")
        if not may_manage(by, place):
            raise refuse("message.mention", place, "Only who manages it calls a whole conversation")
    return {"all": asked["all"], "audience": _audience(session, place, asked["audience"])}


def _select_people(place: Place, official_ids: list[int]) -> Select[int, str]:
    """Those of these officials who belong to the place."""
    found: Select[Any]
    if place.audience is None:
        found = select(Participation.official_id).where(
            Participation.conversation_id == place.conversation.id,
            Participation.left_at.is_(None),
        )
    else:
        found = (
            select(Post.official_id)
            .join(Unit, Post.unit_id == Unit.id)
            .where(audiences.posts_in(place.audience), Post.official_id.in_(official_ids))
        )
    return select(Official.id, Official.name).where(
        Official.id.in_(official_ids), Official.id.in_(found)
    )


def _in_order(official_ids: list[int], known: dict[int, str]) -> list[dict[str, Any]]:
    for index, official_id in enumerate(official_ids):
        if official_id not in known:
            raise Invalid.at(
                f"{MENTIONS}/official_ids/{index}", "They do not belong to this conversation"
            )
    return [{"id": each, "name": known[each]} for each in dict.fromkeys(official_ids)]


def _audience(session: Session, place: Place, asked: Mentions | None) -> Mentions | None:
    if asked is None:
        return None
    pointer = f"{MENTIONS}/audience"
    if place.rev is None:
        audience = audiences.resolve(session, **asked, pointer=pointer)
    else:
        audience = remembered.resolve(session, place.rev, **asked, pointer=pointer)
    if place.audience is not None and not audience.lies_in(place.audience):
        raise Invalid.at(pointer, "The audience reaches beyond this conversation")
    return audience.as_dict()


def calls(kept: Mentions | None, sender_id: int, reader: Principal) -> bool:
    """Whether a message with these mentions calls this reader, as they stand today."""
    if kept is None or sender_id == reader.official_id:
        return False
    if kept["all"] or any(person["id"] == reader.official_id for person in kept["people"]):
        return True
    audience = kept["audience"]
    return audience is not None and any(
        audience["unit_id"] in ancestor_ids(post.unit_path)
        and post.level in audience["levels"]
        and audience["line"] in (None, post.line)
        and audience["role"] in (None, post.role)
        for post in reader.posts
    )


def _calling(
    session: Session, reader: Principal, conversation_ids: Collection[int], *more: Any
) -> Any:
    """(conversation, seq) of the messages that call the reader, each once."""
    mine = and_(
        Participation.conversation_id == Mention.conversation_id,
        Participation.official_id == reader.official_id,
    )
    found = (
        select(Mention.conversation_id, Mention.seq)
        .outerjoin(Participation, mine)
        .where(
            is_one_of(session, Mention.conversation_id, conversation_ids),
            Mention.seq >= func.coalesce(Participation.first_seq, 1),
            *more,
        )
    )
    many = or_(Mention.unit_id.is_(None), matching(reader.posts, Mention))
    return union(
        found.where(Mention.official_id == reader.official_id),
        found.where(Mention.official_id.is_(None), many),
    ).subquery()


def unread_mentions(
    session: Session, reader: Principal, conversation_ids: Collection[int]
) -> dict[int, dict[str, int]]:
    """Of those of these conversations in which the reader is called by what they have not read:
    how often, and where first. One statement."""
    if not conversation_ids:
        return {}
    unread = Mention.seq > func.coalesce(Participation.read_seq, 0)
    found = _calling(session, reader, conversation_ids, unread)
    query = select(found.c.conversation_id, func.count(), func.min(found.c.seq)).group_by(
        found.c.conversation_id
    )
    return {
        conversation_id: {"count": count, "seq": first}
        for conversation_id, count, first in session.execute(query)
    }


def page_seqs(
    session: Session, reader: Principal, conversation_id: int, *, cursor: str | None, limit: int
) -> tuple[list[int], str | None]:
    """The numbers of the messages that call the reader, newest first, and the next cursor."""
    found = _calling(session, reader, [conversation_id])
    said = and_(Message.conversation_id == found.c.conversation_id, Message.seq == found.c.seq)
    query = select(found.c.seq).join(Message, said).where(Message.sender_id != reader.official_id)
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(found.c.seq < before[0])
    seqs = list(session.scalars(query.order_by(found.c.seq.desc()).limit(limit + 1)))
    following = encode_cursor([seqs[limit - 1]]) if len(seqs) > limit else None
    return seqs[:limit], following
