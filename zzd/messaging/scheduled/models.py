"""What somebody wants to have said later."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent


class ScheduledMessage(Idempotent, Base):
    """A message to be sent at ``at``, in the post that its sender held when they wrote it.

    ``state`` is waiting, sent, failed or cancelled. While it waits ``due_at`` is when it is
    tried: ``at``, or later where something of ours stood in the way.
    """

    __tablename__ = "scheduled_message"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_scheduled_message_sender", "sender_id", "state", "at"),
        Index(
            "ix_scheduled_message_due",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(BigInt)
    post_id: Mapped[int] = mapped_column(BigInt)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    kind: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any] | None]
    # As MentionsRequestSchema loads them.
    mentions: Mapped[dict[str, Any] | None]
    reply_to_seq: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    due_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    failure_code: Mapped[str | None] = mapped_column(String(64))
    failure_detail: Mapped[str | None] = mapped_column(String(500))
    seq: Mapped[int | None] = mapped_column(BigInt)
    created_at: Mapped[datetime]
