"""Messages that somebody saved for themselves (收藏): to be read as long as they may be seen."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, delete, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, encode_cursor
from zzd.db import insert_into
from zzd.errors import NotFound
from zzd.messaging.marks import events
from zzd.messaging.marks.models import Favourite
from zzd.messaging.messages import find_message
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.policy import Place, access_conversation, belongs
from zzd.messaging.rules import other_of
from zzd.messaging.views import Quoted, describe_message, names_of_others
from zzd.orgtree.in_use import find_in_use
from zzd.principal import Principal


def save_message(session: Session, by: Principal, conversation_id: int, seq: int) -> None:
    """A repeat changes nothing. Raises NotFound."""
    place = access_conversation(session, by, conversation_id, action="message.save")
    find_message(session, place, seq)
    saved = session.scalar(
        insert_into(session, Favourite)
        .values(
            official_id=by.official_id,
            conversation_id=conversation_id,
            seq=seq,
            saved_at=clock.now(),
        )
        .on_conflict_do_nothing(index_elements=["official_id", "conversation_id", "seq"])
        .returning(Favourite.id)
    )
    if saved is not None:
        events.favourite_updated(
            session, by.official_id or 0, conversation_id, seq=seq, favourite=True
        )


def forget_message(session: Session, by: Principal, conversation_id: int, seq: int) -> None:
    """A repeat changes nothing. Raises NotFound."""
    access_conversation(session, by, conversation_id, action="message.save")
    _forget(session, by, conversation_id=conversation_id, seq=seq)


def forget_favourite(session: Session, by: Principal, favourite_id: int) -> None:
    """Raises NotFound."""
    if not _forget(session, by, id=favourite_id):
        raise NotFound


def _forget(session: Session, by: Principal, **which: int) -> bool:
    gone = session.execute(
        delete(Favourite)
        .filter_by(official_id=by.official_id, **which)
        .returning(Favourite.conversation_id, Favourite.seq),
        execution_options={"synchronize_session": False},
    ).one_or_none()
    if gone is None:
        return False
    events.favourite_updated(
        session, by.official_id or 0, gone.conversation_id, seq=gone.seq, favourite=False
    )
    return True


def page_favourites(
    session: Session, principal: Principal, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    """Mine, the newest first, in at most three statements. Of a conversation that one is not in
    any more neither the message nor the name is told."""
    mine = and_(
        Participation.conversation_id == Favourite.conversation_id,
        Participation.official_id == principal.official_id,
    )
    said = and_(Message.conversation_id == Favourite.conversation_id, Message.seq == Favourite.seq)
    quoted = and_(
        Quoted.conversation_id == Message.conversation_id, Quoted.seq == Message.reply_to_seq
    )
    query = (
        select(Conversation, Favourite, Message, Quoted, Participation)
        .join(Favourite, Favourite.conversation_id == Conversation.id)
        .join(Message, said)
        .outerjoin(Quoted, quoted)
        .outerjoin(Participation, mine)
        .where(Favourite.official_id == principal.official_id)
    )
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(Favourite.id < before[0])
    rows = session.execute(query.order_by(Favourite.id.desc()).limit(limit + 1)).all()
    following = encode_cursor([rows[limit - 1][1].id]) if len(rows) > limit else None
    used = {row[0].audience_id for row in rows if row[0].audience_id is not None}
    known = find_in_use(session, used) if used else {}
    names = names_of_others(session, principal, rows)
    items = []
    for conversation, favourite, message, quote, participation in rows[:limit]:
        place = Place(conversation, participation, known.get(conversation.audience_id or 0))
        item = {"id": favourite.id, "saved_at": favourite.saved_at}
        if not belongs(principal, place) or message.seq < place.first_seq:
            items.append({**item, "conversation": None, "message": None})
            continue
        name = conversation.name
        if conversation.direct_key:
            name = names.get(other_of(conversation.direct_key, principal.official_id or 0), "")
        items.append(
            {
                **item,
                "conversation": {"id": conversation.id, "kind": conversation.kind, "name": name},
                "message": describe_message(message, quote, principal),
            }
        )
    return {"items": items, "next": following}
