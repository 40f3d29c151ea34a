"""Cards that apps sent, and who pressed which of their buttons."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class Card(Base):
    """That a message is the card of an app, which alone replaces it and hears its buttons. What
    it shows is the message's content; a copy that somebody passed on has no such row.

    ``app_id`` is the mini-app's id, ``key`` its own name for the card in this conversation.
    """

    __tablename__ = "card"
    __table_args__ = (UniqueConstraint("app_id", "conversation_id", "key"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    app_id: Mapped[int] = mapped_column(BigInt)
    key: Mapped[str | None] = mapped_column(byte_ordered(64))
    version: Mapped[int] = mapped_column(default=1)
    updated_at: Mapped[datetime]


class CardAction(Idempotent, Base):
    """That somebody pressed a button, in the post they held then, and what came of it.

    ``sender_id`` is the official. ``button`` is the button as it was (id, text, action),
    ``presser`` what the app is told of who pressed. ``due_at`` is when the app is to be told,
    or told again; ``claimed_until`` is set while a worker is telling it.
    """

    __tablename__ = "card_action"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_card_action_mine", "sender_id", "conversation_id", "id"),
        Index("ix_card_action_card", "conversation_id", "seq"),
        Index(
            "ix_card_action_due",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_card_action_claimed",
            "app_id",
            "claimed_until",
            postgresql_where=text("claimed_until IS NOT NULL"),
            sqlite_where=text("claimed_until IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    app_id: Mapped[int] = mapped_column(BigInt)
    key: Mapped[str | None] = mapped_column(byte_ordered(64))
    version: Mapped[int]
    button: Mapped[dict[str, Any]]
    presser: Mapped[dict[str, Any]]
    sender_name: Mapped[str] = mapped_column(String(50))
    sender_title: Mapped[str] = mapped_column(String(50))
    sender_unit: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(String(16))
    toast: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
