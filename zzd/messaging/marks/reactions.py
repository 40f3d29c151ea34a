"""Reactions: one of each kind from a person to a message, counted where they change."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, or_, select, update
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.db import insert_into
from zzd.errors import NotFound
from zzd.messaging.conversations import EPOCH, moment_of
from zzd.messaging.events import rooms_of
from zzd.messaging.marks import events
from zzd.messaging.marks.emoji import EMOJI
from zzd.messaging.marks.loading import reactions_of
from zzd.messaging.marks.models import Reaction, ReactionCount
from zzd.messaging.messages import find_message
from zzd.messaging.models import Message
from zzd.messaging.people import select_people
from zzd.messaging.policy import Place, access_conversation, may_see_readers, refuse
from zzd.messaging.problems import MessageRecalled, MessageRemoved, TooManyReactions
from zzd.messaging.rules import MOST_REACTIONS
from zzd.orgtree.models import Official
from zzd.principal import Principal
from zzd.realtime import rooms

ANNOUNCEMENT = "announcement"


def add_reaction(
    session: Session, by: Principal, conversation_id: int, seq: int, key: str
) -> dict[str, Any]:
    """React; a repeat changes nothing. Returns all reactions to the message.

    Raises NotFound, also for a key that there is not, MessageRecalled, MessageRemoved,
    TooManyReactions.
    """
    place, message = _message_locked(session, by, conversation_id, seq, key)
    if message.recalled_at is not None:
        raise MessageRecalled
    if message.removed_at is not None:
        raise MessageRemoved
    given = set(
        session.scalars(
            select(Reaction.key).filter_by(
                conversation_id=conversation_id, seq=seq, official_id=by.official_id
            )
        )
    )
    if key not in given:
        if len(given) >= MOST_REACTIONS:
            raise TooManyReactions
        now = clock.now()
        which = {"conversation_id": conversation_id, "seq": seq, "key": key}
        session.execute(insert(Reaction).values(**which, official_id=by.official_id, at=now))
        session.execute(
            insert_into(session, ReactionCount)
            .values(**which, count=1, first_at=now)
            .on_conflict_do_update(
                index_elements=list(which), set_={"count": ReactionCount.count + 1}
            )
        )
        return _changed(session, by, place, message, key, added=True, at=now)
    return {"reactions": reactions_of(session, by, conversation_id, [seq]).get(seq, [])}


def remove_reaction(
    session: Session, by: Principal, conversation_id: int, seq: int, key: str
) -> dict[str, Any]:
    """Take a reaction back; a repeat changes nothing. Raises NotFound."""
    place, message = _message_locked(session, by, conversation_id, seq, key)
    which = {"conversation_id": conversation_id, "seq": seq, "key": key}
    gone = session.scalar(
        delete(Reaction).filter_by(**which, official_id=by.official_id).returning(Reaction.seq),
        execution_options={"synchronize_session": False},
    )
    if gone is None:
        return {"reactions": reactions_of(session, by, conversation_id, [seq]).get(seq, [])}
    for statement in (
        update(ReactionCount).filter_by(**which).values(count=ReactionCount.count - 1),
        delete(ReactionCount).filter_by(**which).where(ReactionCount.count == 0),
    ):
        session.execute(statement, execution_options={"synchronize_session": False})
    return _changed(session, by, place, message, key, added=False, at=clock.now())


def _message_locked(
    session: Session, by: Principal, conversation_id: int, seq: int, key: str
) -> tuple[Place, Message]:
    """Reactions to one message wait for each other, and sending does not wait for them."""
    if key not in EMOJI:
        raise NotFound
    place = access_conversation(session, by, conversation_id, action="message.react")
    message, _quoted = find_message(session, place, seq)
    session.refresh(message, with_for_update=True)
    return place, message


def _changed(
    session: Session,
    by: Principal,
    place: Place,
    message: Message,
    key: str,
    *,
    added: bool,
    at: datetime,
) -> dict[str, Any]:
    """Everybody hears of it; of an announcement, whose readers may be a province, only the
    person's own devices, and the others see it when they look."""
    conversation = place.conversation
    to = [rooms.official(by.official_id or 0)]
    if conversation.kind != ANNOUNCEMENT:
        to = rooms_of(conversation.id, conversation.audience_id)
        message.changed_at = at
        session.flush()
    reactions = reactions_of(session, by, conversation.id, [message.seq]).get(message.seq, [])
    events.reactions_updated(
        session,
        conversation.id,
        seq=message.seq,
        reactions=reactions,
        official_id=by.official_id or 0,
        key=key,
        added=added,
        changed_at=at,
        to=to,
    )
    return {"reactions": reactions}


def page_reactions(
    session: Session,
    principal: Principal,
    conversation_id: int,
    seq: int,
    *,
    key: str | None,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """Who reacted, the first first. Raises NotFound, NotPermitted."""
    place = access_conversation(session, principal, conversation_id)
    find_message(session, place, seq)
    if not may_see_readers(principal, place):
        raise refuse("message.reactions", place, "Only who may announce sees who reacted")
    query = (
        select_people(Reaction.key, Reaction.at)
        .join(Reaction, Reaction.official_id == Official.id)
        .where(Reaction.conversation_id == conversation_id, Reaction.seq == seq)
    )
    if key is not None:
        query = query.where(Reaction.key == key)
    if (after := decode_cursor(cursor, int, int, str)) is not None:
        at, official_id, last_key = moment_of(after[0]), after[1], after[2]
        query = query.where(
            or_(
                Reaction.at > at,
                and_(Reaction.at == at, Reaction.official_id > official_id),
                and_(
                    Reaction.at == at,
                    Reaction.official_id == official_id,
                    Reaction.key > last_key,
                ),
            )
        )
    ordered = query.order_by(Reaction.at, Reaction.official_id, Reaction.key)
    rows = session.execute(ordered.limit(limit + 1)).mappings().all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        microseconds = round((last["at"] - EPOCH).total_seconds() * 1_000_000)
        following = encode_cursor([microseconds, last["id"], last["key"]])
    return {"items": rows[:limit], "next": following}
