"""Conversations, who takes part in them, and their messages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
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
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_conversation_join_code", "join_code", unique=True),
    )

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
    # Of a group: what newcomers are greeted with; by which code it is found and asked to be
    # joined (null: by nobody); when its owner ended it.
    welcome: Mapped[str | None] = mapped_column(String(500))
    join_code: Mapped[str | None] = mapped_column(byte_ordered(32))
    dissolved_at: Mapped[datetime | None]
    # Of announcements: whether their readers may comment on them.
    comments: Mapped[bool] = mapped_column(default=False, server_default=false())


class Participation(Base):
    """What one official has to do with one conversation.

    In direct conversations and groups a row is a membership, past once ``left_at`` is set. Where
    an audience decides, a row is written only when that person does something, so that an
    announcement to everybody is one row. ``first_seq`` is the first message they may see.

    The last four are the official's own business, seen by nobody else: on top of their list
    since ``pinned_at``, ``muted``, ``marked_unread``, and what they began to write.
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
    pinned_at: Mapped[datetime | None]
    muted: Mapped[bool] = mapped_column(default=False, server_default=false())
    marked_unread: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Its text, what it replies to (reply_to_seq), and when it was written (updated_at).
    draft: Mapped[dict[str, Any] | None]


class Message(Idempotent, Base):
    """What somebody said, in the post they held when they said it.

    ``sender_id`` is the official, or, below zero, the bot of the opposite id (see
    zzd.messaging.bots.saying). ``kind`` says what ``content`` holds besides the text (see
    zzd.messaging.kinds). A recalled message keeps its row and its ``seq``; its text and content
    are shown to nobody again. One whose time of keeping was over keeps the same, and has neither
    text nor content any more since ``removed_at``. ``changed_at`` is null until something but the
    creation happens to it.
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
        # What search follows: few rows, and none is added by sending.
        Index(
            "ix_message_changed_at",
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
    # Whom it calls, as people were named then (see zzd.messaging.mentions).
    mentions: Mapped[dict[str, Any] | None]
    created_at: Mapped[datetime]
    edited_at: Mapped[datetime | None]
    recalled_at: Mapped[datetime | None]
    recalled_by_id: Mapped[int | None] = mapped_column(BigInt)
    recalled_by_name: Mapped[str | None] = mapped_column(String(50))
    removed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]


class Mention(Base):
    """One row for each person a message calls, and one for all or for an audience, however many
    that is: ``official_id`` is null then, and ``unit_id`` too where it calls all."""

    __tablename__ = "mention"
    __table_args__ = (
        Index("ix_mention_official", "official_id", "conversation_id", "seq"),
        Index(
            "ix_mention_many",
            "conversation_id",
            "seq",
            postgresql_where=text("official_id IS NULL"),
            sqlite_where=text("official_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    official_id: Mapped[int | None] = mapped_column(BigInt)
    # An audience, as orgtree's audience in use has it.
    unit_id: Mapped[int | None] = mapped_column(BigInt)
    levels: Mapped[int] = mapped_column(default=0)
    line: Mapped[str] = mapped_column(String(32), default="")
    role: Mapped[str] = mapped_column(String(16), default="")


class MessageVersion(Base):
    """What a message said before it was edited: ``no`` 1 is how it was sent, at ``at``."""

    __tablename__ = "message_version"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ForwardRecord(Base):
    """Messages as they were when somebody forwarded them together. Never changed, and shared by
    all messages that pass it on. ``includes`` are the records nested in it, at any depth."""

    __tablename__ = "forward_record"

    id: Mapped[Id]
    title: Mapped[str] = mapped_column(String(100))
    items: Mapped[list[Any]]
    includes: Mapped[list[Any]]
    created_at: Mapped[datetime]


class MessageRecord(Base):
    """A message carries a record, or one nested in what it carries: a record that no message
    carries any more is read by nobody."""

    __tablename__ = "message_record"
    __table_args__ = (
        ForeignKeyConstraint(
            ["conversation_id", "seq"], ["message.conversation_id", "message.seq"]
        ),
    )

    conversation_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    record_id: Mapped[int] = mapped_column(
        ForeignKey("forward_record.id"), primary_key=True, index=True
    )
