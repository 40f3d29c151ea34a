"""What is known of messages for finding them, kept beside them and off the way of sending."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id

# On SQLite the words are in a full-text table of their own (see index_sqlite).
Words = TSVECTOR().with_variant(Text(), "sqlite")


class SearchEntry(Base):
    """A message as search filters and orders it. ``created_at`` and ``message_id`` are the order.

    ``changed_at`` is the message's when this was written: another one there means that the
    entry is out of date. No foreign keys: what became of a message or a conversation is asked
    when somebody searches.
    """

    __tablename__ = "search_entry"
    __table_args__ = (
        Index("ix_search_entry_conversation", "conversation_id", "created_at", "message_id"),
        Index("ix_search_entry_sender", "sender_id", "created_at"),
        Index(
            "ix_search_entry_kind",
            "kind",
            "conversation_id",
            postgresql_where=text("kind <> 'text'"),
            sqlite_where=text("kind <> 'text'"),
        ),
        Index("ix_search_entry_words", "words", postgresql_using="gin"),
    )

    message_id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    conversation_id: Mapped[int] = mapped_column(BigInt)
    seq: Mapped[int] = mapped_column(BigInt)
    sender_id: Mapped[int] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime | None]
    words: Mapped[Any] = mapped_column(Words, nullable=True)


class SearchProgress(Base):
    """How far the index follows the messages; one row.

    Every message up to ``message_id`` is in it, and every change up to ``changed_at``. The
    ``next_…`` columns are what these become once no transaction is left that began before
    ``next_horizon`` (see zzd.messaging.search.following).
    """

    __tablename__ = "search_progress"

    id: Mapped[Id]
    message_id: Mapped[int] = mapped_column(BigInt)
    changed_at: Mapped[datetime]
    next_message_id: Mapped[int] = mapped_column(BigInt)
    next_changed_at: Mapped[datetime]
    next_horizon: Mapped[int] = mapped_column(BigInt)
