"""What somebody asked of an app by a command, and what came of it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent


class CommandCall(Idempotent, Base):
    """``sender_id`` is the official who asked, ``installation_id`` by which the app is there for
    them. ``answer`` are the app's words to the one who asked; ``seq`` is the message it answered with.
    ``answer_until`` is set while it waits.
    """

    __tablename__ = "command_call"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index(
            "ix_command_call_waiting",
            "answer_until",
            postgresql_where=text("answer_until IS NOT NULL"),
            sqlite_where=text("answer_until IS NOT NULL"),
        ),
        Index(
            "ix_command_call_mine",
            "sender_id",
            "installation_id",
            postgresql_where=text("answer_until IS NOT NULL"),
            sqlite_where=text("answer_until IS NOT NULL"),
        ),
        Index("ix_command_call_created_at", "created_at"),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(BigInt)
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    installation_id: Mapped[int] = mapped_column(ForeignKey("miniapp_installation.id"))
    name: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(String(1000))
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(16))
    answer: Mapped[str | None] = mapped_column(String(1000))
    # Of the answer: the same again changes nothing.
    answer_fingerprint: Mapped[str | None] = mapped_column(String(32))
    seq: Mapped[int | None] = mapped_column(BigInt)
    created_at: Mapped[datetime]
    answer_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
