"""Conversations, who takes part in them, and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class Conversation(Idempotent, Base):
    """A place where messages follow each other without gaps. ``sender_id`` is its creator.

    ``kind`` is direct or group (people are named), org_group or announcement (an audience
    decides who belongs). ``activity_at`` is the last message's time and orders the inbox;
    ``changed_at`` is raised by every change, for sync. Neither is indexed, so that sending
    stays a heap-only update on PostgreSQL: what is sorted is one person's conversations.
    """

    __tablename__ = "conversation"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(12))
    # A direct conversation has none: each of the two sees the other's.
    name: Mapped[str | None] = mapped_column(String(100))
    audience_id: Mapped[int | None] = mapped_column(ForeignKey("audience.id"), index=True)
    # "lower id:higher id" of the two; there is one direct conversation for each pair.
    direct_key: Mapped[str | None] = mapped_column(byte_ordered(41), unique=True)
    # How many people are in it now; null where an audience decides.
    members: Mapped[int | None]
    last_seq: Mapped[int] = mapped_column(BigInt, default=0)
    activity_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Participation(Base):
    """What one official has to do with one conversation.

    In direct conversations and groups a row is a membership, past once ``left_at`` is set. Where
    an audience decides, a row is written only when that person does something, so that an
    announcement to everybody is one row. ``first_seq`` is the first message they may see.
    """

    __tablename__ = "participation"
    __table_args__ = (Index("ix_participation_official", "official_id", "left_at"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)
    # owner, admin or member of a group; owner or admin, or null, where an audience decides.
    role: Mapped[str | None] = mapped_column(String(8))
    first_seq: Mapped[int] = mapped_column(BigInt, default=1)
    read_seq: Mapped[int] = mapped_column(BigInt, default=0)
    changed_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Message(Idempotent, Base):
    """What somebody said, in the post they held when they said it.

    ``sender_id`` is the official. ``kind`` says what ``content`` holds besides the text (see
    zzd.messaging.kinds). A recalled message keeps its row and its ``seq``; its text and content
    are shown to nobody again. ``changed_at`` is null until something but the creation happens
    to it.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        UniqueConstraint("sender_id", "client_id"),
        Index(
            "ix_message_changed",
            "conversation_id",
            "changed_at",
            postgresql_where=text("changed_at IS NOT NULL"),
            sqlite_where=text("changed_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    sender_name: Mapped[str] = mapped_column(String(50))
    sender_title: Mapped[str] = mapped_column(String(50))
    sender_unit: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(12), default="text", server_default="text")
    text: Mapped[str] = mapped_column(Text)
    content: Mapped[dict[str, Any] | None]
    reply_to_seq: Mapped[int | None] = mapped_column(BigInt)
    created_at: Mapped[datetime]
    recalled_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]
