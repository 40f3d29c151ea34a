"""What is pushed when people add something to messages, or change how they keep their own."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms


def reactions_updated(
    session: Session,
    conversation_id: int,
    *,
    seq: int,
    reactions: Sequence[dict[str, Any]],
    official_id: int,
    key: str,
    added: bool,
    changed_at: datetime,
    to: Collection[str],
) -> None:
    """``reactions`` are all there are now, as (key, count). Of two events about a message the
    one with the later ``changed_at`` holds; whoever ``official_id`` is has ``key`` or has not."""
    data = {
        "conversation_id": str(conversation_id),
        "seq": seq,
        "reactions": [{"key": each["key"], "count": each["count"]} for each in reactions],
        "official_id": str(official_id),
        "key": key,
        "added": added,
        "changed_at": changed_at.isoformat(),
    }
    outbox.publish(session, "reactions.updated", data, rooms=to)


def pins_updated(
    session: Session,
    conversation_id: int,
    *,
    seqs: Sequence[int],
    changed_at: datetime,
    to: Collection[str],
) -> None:
    """``seqs``: all that are pinned now, the newest pin first."""
    data = {
        "conversation_id": str(conversation_id),
        "seqs": list(seqs),
        "changed_at": changed_at.isoformat(),
    }
    outbox.publish(session, "pins.updated", data, rooms=to)


def favourite_updated(
    session: Session, official_id: int, conversation_id: int, *, seq: int, favourite: bool
) -> None:
    data = {"conversation_id": str(conversation_id), "seq": seq, "favourite": favourite}
    _to_oneself(session, official_id, "favourite.updated", data)


def my_updated(
    session: Session, official_id: int, conversation_id: int, own: dict[str, Any]
) -> None:
    """How one keeps a conversation, the whole of it."""
    data = {"conversation_id": str(conversation_id), "my": own}
    _to_oneself(session, official_id, "my.updated", data)


def draft_updated(
    session: Session,
    official_id: int,
    conversation_id: int,
    *,
    draft: dict[str, Any] | None,
    origin: str | None,
) -> None:
    """``origin`` is what the writing client called itself, so that it knows its own draft."""
    data = {"conversation_id": str(conversation_id), "draft": draft, "origin": origin}
    _to_oneself(session, official_id, "draft.updated", data)


def notifications_updated(session: Session, official_id: int, settings: dict[str, Any]) -> None:
    _to_oneself(session, official_id, "notifications.updated", settings)


def _to_oneself(session: Session, official_id: int, type_: str, data: dict[str, Any]) -> None:
    outbox.publish(session, type_, data, rooms=[rooms.official(official_id)])
