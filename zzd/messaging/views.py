"""Conversations and messages as their readers see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, select, tuple_
from sqlalchemy.orm import Session, aliased, defer

from zzd.messaging.mentions import calls, unread_mentions
from zzd.messaging.models import Conversation, Message, Participation
from zzd.messaging.policy import Place, may_manage, may_post
from zzd.messaging.rules import LONGEST_QUOTE, NAMED, app_of, other_of, unread
from zzd.orgtree.audiences import Audience
from zzd.orgtree.models import Official
from zzd.orgtree.remembered import REVISION, audiences_in
from zzd.principal import Principal

Last = aliased(Message, name="last")
Quoted = aliased(Message, name="quoted")

# What is not shown of them: a column costs as much as a row where there are hundreds of both.
NOT_SHOWN = (
    defer(Conversation.sender_id),
    defer(Conversation.client_id),
    defer(Conversation.fingerprint),
    defer(Conversation.created_at),
    defer(Conversation.changed_at),
    defer(Conversation.dissolved_at),
    defer(Conversation.welcome),
    defer(Conversation.join_code),
    defer(Participation.changed_at),
    defer(Last.fingerprint),
    defer(Last.changed_at),
)

# The reader's own row and the last message may be None; the tree's revision, for the audiences.
ConversationRow = Row[Conversation, Participation, Message, int]
Conversations = Select[Conversation, Participation, Message, int]


def select_conversations(principal: Principal) -> Conversations:
    """Conversations with the reader's own row and the last message, in one statement."""
    mine = and_(
        Participation.conversation_id == Conversation.id,
        Participation.official_id == principal.official_id,
    )
    return (
        select(Conversation, Participation, Last, REVISION)
        .outerjoin(Participation, mine)
        .outerjoin(Last, _message(Last, Conversation.id, Conversation.last_seq))
        .options(*NOT_SHOWN)
    )


def select_named(principal: Principal) -> Conversations:
    """The same of those that the reader is named in now, from their own rows on."""
    return (
        select(Conversation, Participation, Last, REVISION)
        .select_from(Participation)
        .join(Conversation, Conversation.id == Participation.conversation_id)
        .outerjoin(Last, _message(Last, Conversation.id, Conversation.last_seq))
        .where(
            Participation.official_id == principal.official_id,
            Participation.left_at.is_(None),
            Conversation.kind.in_(NAMED),
        )
        .options(*NOT_SHOWN)
    )


def select_messages() -> Select[Message, Message]:
    """Messages, each with the one it replies to."""
    return select(Message, Quoted).outerjoin(
        Quoted, _message(Quoted, Message.conversation_id, Message.reply_to_seq)
    )


def _message(alias: Any, conversation_id: Any, seq: Any) -> Any:
    return and_(alias.conversation_id == conversation_id, alias.seq == seq)


def describe_conversations(
    session: Session, principal: Principal, rows: Sequence[ConversationRow]
) -> list[dict[str, Any]]:
    """At most three statements however many they are: names of the others, what the last
    messages quote, and where the reader is called by what they have not read; one more for
    audiences that nobody asked for since the tree changed."""
    used = {row[0].audience_id for row in rows if row[0].audience_id is not None}
    known = audiences_in(session, rows[0][3], used) if used else {}
    names = names_of_others(session, principal, rows)
    quoted = _quoted_by(session, [row[2] for row in rows if row[2] and row[2].reply_to_seq])
    found = []
    for row in rows:
        place = Place(row[0], row[1], _audience(row[0], known))
        found.append(_describe(principal, place, names, row[2], quoted.get(row[0].id)))
    calling = unread_mentions(session, principal, {each["id"] for each in found if each["unread"]})
    return [{**each, "mentioned": calling.get(each["id"])} for each in found]


def _quoted_by(session: Session, replies: Sequence[Message]) -> dict[int, Message]:
    """What each of these replies, of different conversations, quotes; by conversation."""
    if not replies:
        return {}
    places = [(reply.conversation_id, reply.reply_to_seq) for reply in replies]
    query = select(Message).where(tuple_(Message.conversation_id, Message.seq).in_(places))
    return {message.conversation_id: message for message in session.scalars(query)}


def _audience(conversation: Conversation, known: dict[int, Audience]) -> Audience | None:
    return None if conversation.audience_id is None else known[conversation.audience_id]


def describe_conversation(
    session: Session, principal: Principal, conversation_id: int
) -> dict[str, Any]:
    """One, for somebody who was let in already."""
    query = select_conversations(principal).where(Conversation.id == conversation_id)
    row = session.execute(query.execution_options(populate_existing=True)).one()
    return describe_conversations(session, principal, [row])[0]


def _describe(
    principal: Principal,
    place: Place,
    names: dict[int, str],
    last: Message | None,
    quoted: Message | None,
) -> dict[str, Any]:
    conversation, last = place.conversation, _visible(last, place)
    name, other = conversation.name, None
    if conversation.direct_key:
        other_id = other_of(conversation.direct_key, _official(principal))
        name = names.get(other_id, "")
        other = {"id": other_id, "name": name}
    return {
        "id": conversation.id,
        "kind": conversation.kind,
        "name": name,
        "other": other,
        "audience": place.audience.as_dict() if place.audience else None,
        "members": conversation.members,
        "my_role": place.role,
        "last_seq": conversation.last_seq,
        "read_seq": place.read_seq,
        "unread": unread(
            last_seq=conversation.last_seq, first_seq=place.first_seq, read_seq=place.read_seq
        ),
        "last_message": describe_message(last, quoted, principal) if last else None,
        "updated_at": conversation.activity_at,
        "may_post": may_post(principal, place),
        "may_manage": may_manage(principal, place),
        "comments": conversation.comments,
        "my": describe_own(place.mine),
    }


def describe_own(mine: Participation | None) -> dict[str, Any]:
    """How one keeps a conversation for oneself."""
    return {
        "pinned_at": mine.pinned_at if mine else None,
        "muted": bool(mine and mine.muted),
        "marked_unread": bool(mine and mine.marked_unread),
        "draft": mine.draft if mine else None,
    }


def _visible(last: Message | None, place: Place) -> Message | None:
    """What was said before one came is not shown, not even as the last word."""
    return last if last is not None and last.seq >= place.first_seq else None


def describe_message(
    message: Message, quoted: Message | None, principal: Principal
) -> dict[str, Any]:
    """A message for this reader, without what people added to it (see ``marks.loading``)."""
    mine = message.sender_id == principal.official_id
    gone = message.recalled_at or message.removed_at
    mentions = None if gone else message.mentions
    return {
        "id": message.id,
        "conversation_id": message.conversation_id,
        "seq": message.seq,
        "sender": describe_sender(message),
        "client_id": message.client_id if mine else None,
        "kind": message.kind,
        "text": None if gone else message.text,
        "content": None if gone else message.content,
        "reply_to": describe_quote(quoted) if quoted and not gone else None,
        "mentions": mentions,
        "mentions_me": calls(mentions, message.sender_id, principal),
        "created_at": message.created_at,
        "edited_at": message.edited_at,
        "recalled_at": message.recalled_at,
        "recalled_by": _who_recalled(message) if message.recalled_at else None,
        "removed_at": message.removed_at,
        "reactions": [],
        "pinned": False,
        "favourite": False,
        "confirm": None,
        "comments": 0,
    }


def describe_sender(message: Message) -> dict[str, Any]:
    """An official in their post of then, or a bot or an app, which is nobody and has an id of its
    own."""
    app_id = app_of(message.sender_id)
    by_bot = message.sender_id < 0 and app_id is None
    return {
        "id": message.sender_id if message.sender_id >= 0 else None,
        "bot_id": -message.sender_id if by_bot else None,
        "app_id": app_id,
        "name": message.sender_name,
        "post_title": message.sender_title,
        "unit_name": message.sender_unit,
    }


def _who_recalled(message: Message) -> dict[str, Any]:
    if message.recalled_by_id is None:
        return {"id": message.sender_id, "name": message.sender_name}
    return {"id": message.recalled_by_id, "name": message.recalled_by_name}


def describe_quote(quoted: Message) -> dict[str, Any]:
    """What a reply shows of the message before it: part of what its sender says, so also for
    those who came later. A recalled or removed one is not shown here either."""
    return {
        "seq": quoted.seq,
        "sender_name": quoted.sender_name,
        "kind": quoted.kind,
        "text": None if quoted.recalled_at or quoted.removed_at else quoted.text[:LONGEST_QUOTE],
    }


def names_of_others(session: Session, principal: Principal, rows: Iterable[Any]) -> dict[int, str]:
    ids = {other_of(row[0].direct_key, _official(principal)) for row in rows if row[0].direct_key}
    if not ids:
        return {}
    query = select(Official.id, Official.name).where(Official.id.in_(ids))
    return {row.id: row.name for row in session.execute(query)}


def _official(principal: Principal) -> int:
    if principal.official_id is None:
        raise RuntimeError("only officials converse")
    return principal.official_id
