"""Rules of keeping, how far they were carried out, legal holds, and conversations taken out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent

IN_FORCE = "released_at IS NULL"
TO_BE_MADE = "state IN ('waiting', 'running')"
MADE = "state = 'ready'"


class RetentionRule(Idempotent, Base):
    """For how many days messages are kept (``keep_days``; null: for good), made by the account
    ``sender_id``.

    It is about conversations and messages of these kinds (none named: of all), and about one
    audience, in columns as an audience in use has them (no ``unit_id``: everything). Which of
    several rules counts is said in zzd.messaging.records.retention.
    """

    __tablename__ = "retention_rule"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(100))
    conversation_kinds: Mapped[list[Any]]
    message_kinds: Mapped[list[Any]]
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    levels: Mapped[int] = mapped_column(default=0)
    line: Mapped[str] = mapped_column(String(32), default="")
    role: Mapped[str] = mapped_column(String(16), default="")
    keep_days: Mapped[int | None]
    by_username: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    # An ended rule stays as a row, so that what was removed can be told from which rules.
    ended_at: Mapped[datetime | None]


class RetentionSweep(Base):
    """One row: messages up to ``message_id`` were looked at in this pass. The next one begins
    at ``next_at``; ``pass_no`` tells one pass from the next."""

    __tablename__ = "retention_sweep"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(BigInt)
    pass_no: Mapped[int] = mapped_column(BigInt)
    next_at: Mapped[datetime]


class LegalHold(Idempotent, Base):
    """What must not be removed until it is released: a conversation, what an official says, or
    all that belongs to an audience; one of the three. Placed by the account ``sender_id``."""

    __tablename__ = "legal_hold"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index(
            "ix_legal_hold_conversation",
            "conversation_id",
            postgresql_where=text(IN_FORCE),
            sqlite_where=text(IN_FORCE),
        ),
        Index(
            "ix_legal_hold_official",
            "official_id",
            postgresql_where=text(IN_FORCE),
            sqlite_where=text(IN_FORCE),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    official_id: Mapped[int | None] = mapped_column(ForeignKey("official.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    levels: Mapped[int] = mapped_column(default=0)
    line: Mapped[str] = mapped_column(String(32), default="")
    role: Mapped[str] = mapped_column(String(16), default="")
    reason: Mapped[str] = mapped_column(String(500))
    by_username: Mapped[str] = mapped_column(String(64))
    placed_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    released_by_username: Mapped[str | None] = mapped_column(String(64))
    release_reason: Mapped[str | None] = mapped_column(String(500))


class ConversationExport(Idempotent, Base):
    """A conversation taken out, ordered by the account ``sender_id``.

    ``state`` is waiting, running, ready, failed, or expired once the archive was deleted. It
    holds the messages ``first_seq`` to ``last_seq``, the last one there was when it was ordered;
    ``done`` of them are written. ``whole``: for an administrator, with the words that a hold keeps
    of recalled and edited messages; otherwise as the one who ordered it sees the conversation.
    ``key`` is where the store has it, or will have. While it runs its maker has until ``due_at``
    to show a sign of life; ready, it is deleted then.
    """

    __tablename__ = "conversation_export"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_conversation_export_sender", "sender_id", "id"),
        Index(
            "ix_conversation_export_making",
            "due_at",
            postgresql_where=text(TO_BE_MADE),
            sqlite_where=text(TO_BE_MADE),
        ),
        Index(
            "ix_conversation_export_made",
            "due_at",
            postgresql_where=text(MADE),
            sqlite_where=text(MADE),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    # As it was called for whoever ordered it.
    name: Mapped[str] = mapped_column(String(120))
    official_id: Mapped[int | None] = mapped_column(BigInt)
    by_username: Mapped[str] = mapped_column(String(64))
    by_name: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500))
    whole: Mapped[bool]
    with_files: Mapped[bool]
    first_seq: Mapped[int] = mapped_column(BigInt)
    last_seq: Mapped[int] = mapped_column(BigInt)
    state: Mapped[str] = mapped_column(String(10))
    done: Mapped[int] = mapped_column(BigInt, default=0)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    key: Mapped[str | None] = mapped_column(String(100))
    size: Mapped[int | None] = mapped_column(BigInt)
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime]
    ready_at: Mapped[datetime | None]
