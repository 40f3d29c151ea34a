"""Comments: written, listed, removed."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import decode_cursor, page
from zzd.audit import log as audit
from zzd.db import find_repeat, fingerprint, insert_into
from zzd.errors import NotFound
from zzd.messaging.comments import events
from zzd.messaging.comments.models import Comment, CommentCount
from zzd.messaging.comments.problems import CommentsOff, NotAnAnnouncement
from zzd.messaging.comments.schemas import CommentSchema
from zzd.messaging.messages import find_message
from zzd.messaging.models import Message
from zzd.messaging.policy import Place, access_conversation, may_remove_comment, refuse
from zzd.messaging.problems import MessageRecalled, MessageRemoved
from zzd.principal import Principal


def write_comment(
    session: Session,
    by: Principal,
    conversation_id: int,
    seq: int,
    *,
    text: str,
    client_id: str | None = None,
) -> tuple[dict[str, Any], bool]:
    """Say something under an announcement; returns the comment and whether it is a fresh one.

    Raises NotFound, NotAnAnnouncement, CommentsOff, MessageRecalled, MessageRemoved,
    IdempotencyConflict.
    """
    sender_id, key = by.official_id or 0, client_id or uuid.uuid4().hex
    place, message = _access(session, by, conversation_id, seq, "comment.write")
    body = fingerprint([conversation_id, seq, text])
    repeated = find_repeat(
        session, Comment, sender_id=sender_id, client_id=key, body_fingerprint=body
    )
    if repeated is not None:
        return _describe(repeated, by), False
    if not place.conversation.comments:
        raise CommentsOff
    if message.recalled_at is not None:
        raise MessageRecalled
    if message.removed_at is not None:
        raise MessageRemoved
    no, shown = _count_one_more(session, conversation_id, seq)
    comment = Comment(
        conversation_id=conversation_id,
        seq=seq,
        no=no,
        sender_id=sender_id,
        client_id=key,
        fingerprint=body,
        sender_name=by.official_name,
        sender_title=by.post.title if by.post else "",
        sender_unit=by.post.unit_name if by.post else "",
        text=text,
        created_at=clock.now(),
    )
    session.add(comment)
    session.flush()
    _tell(session, "comment.created", message, comment, shown, by)
    return _describe(comment, by), True


def _count_one_more(session: Session, conversation_id: int, seq: int) -> tuple[int, int]:
    """The next number, and how many are shown with it. Comments under one message wait for each
    other here, and sending does not wait for them."""
    which = {"conversation_id": conversation_id, "seq": seq}
    counted = session.execute(
        insert_into(session, CommentCount)
        .values(**which, last_no=1, shown=1)
        .on_conflict_do_update(
            index_elements=list(which),
            set_={"last_no": CommentCount.last_no + 1, "shown": CommentCount.shown + 1},
        )
        .returning(CommentCount.last_no, CommentCount.shown)
    ).one()
    return counted.last_no, counted.shown


def page_comments(
    session: Session,
    reader: Principal,
    conversation_id: int,
    seq: int,
    *,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """The newest first; ``next`` leads back to the oldest. What was said under a message that was
    recalled went with it: who answers it repeats its words. Raises NotFound, NotAnAnnouncement."""
    place, message = _access(session, reader, conversation_id, seq, "comment.read")
    if message.recalled_at is not None:
        return {"items": [], "next": None}
    query = select(Comment).where(Comment.conversation_id == conversation_id, Comment.seq == seq)
    if (before := decode_cursor(cursor, int)) is not None:
        query = query.where(Comment.no < before[0])
    rows = session.scalars(query.order_by(Comment.no.desc()).limit(limit + 1)).all()
    found = page(rows, limit, lambda comment: (comment.no,))
    may = may_remove_comment(reader, place)
    return {
        **found,
        "items": [
            {**_describe(row, reader), "may_remove": may(row.sender_id)} for row in found["items"]
        ],
    }


def remove_comment(
    session: Session, by: Principal, conversation_id: int, seq: int, no: int
) -> None:
    """For who wrote it and who manages the channel; a repeat changes nothing. What a manager
    takes from somebody else is recorded. Raises NotFound, NotAnAnnouncement, NotPermitted."""
    place, message = _access(session, by, conversation_id, seq, "comment.remove")
    comment = session.scalar(
        select(Comment)
        .where(Comment.conversation_id == conversation_id, Comment.seq == seq, Comment.no == no)
        .with_for_update()
    )
    if comment is None:
        raise NotFound
    if not may_remove_comment(by, place)(comment.sender_id):
        raise refuse("comment.remove", place, "Only its writer and who manages it remove a comment")
    if comment.removed_at is not None:
        return
    comment.removed_at, comment.removed_by_name = clock.now(), by.official_name
    count = session.get_one(CommentCount, (conversation_id, seq), with_for_update=True)
    count.shown -= 1
    if comment.sender_id != by.official_id:
        audit.append(
            session,
            "comment.remove",
            by=by,
            object_kind="conversation",
            object_id=conversation_id,
            seq=seq,
            no=no,
            writer=comment.sender_id,
        )
    session.flush()
    _tell(session, "comment.removed", message, comment, count.shown, by)


def check_may_watch(session: Session, by: Principal, conversation_id: int, seq: int) -> None:
    """Raises NotFound, NotAnAnnouncement."""
    _access(session, by, conversation_id, seq, "comment.watch")


def _access(
    session: Session, by: Principal, conversation_id: int, seq: int, action: str
) -> tuple[Place, Message]:
    place = access_conversation(session, by, conversation_id, action=action)
    message, _quoted = find_message(session, place, seq)
    if place.conversation.kind != "announcement":
        raise NotAnAnnouncement
    return place, message


def _describe(comment: Comment, reader: Principal) -> dict[str, Any]:
    gone = comment.removed_at is not None
    return {
        "no": comment.no,
        "sender": {
            "id": comment.sender_id,
            "bot_id": None,
            "app_id": None,
            "name": comment.sender_name,
            "post_title": comment.sender_title,
            "unit_name": comment.sender_unit,
        },
        "client_id": comment.client_id if comment.sender_id == reader.official_id else None,
        "text": None if gone else comment.text,
        "created_at": comment.created_at,
        "removed_at": comment.removed_at,
        "removed_by": comment.removed_by_name,
        "may_remove": comment.sender_id == reader.official_id,
    }


def _tell(
    session: Session, type_: str, message: Message, comment: Comment, shown: int, by: Principal
) -> None:
    told = CommentSchema(exclude=("client_id", "may_remove")).dump(_describe(comment, by))
    events.comment_changed(session, type_, message, told, comments=shown, by=by.official_id or 0)
