"""The outbox: events that must still go out; and those that are kept for somebody outside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, byte_ordered


class OutboxEntry(Base):
    """An event that must still go out; deleted once the fan-out has taken it."""

    __tablename__ = "outbox"

    id: Mapped[Id]
    event_id: Mapped[str] = mapped_column(String(32), unique=True)
    type: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]
    rooms: Mapped[list[Any]]
    data: Mapped[dict[str, Any]]


class KeptEvent(Base):
    """An event that somebody outside wants, kept for them in the order of its ``position``.

    It is written with its outbox row. ``position`` is given to it afterwards (see ``kept``): ids
    are taken before the commit, and a reader who went by them would pass one that comes later.
    ``subject`` is what it is about: of one subject the order of the ids is that of the commits.
    """

    __tablename__ = "kept_event"
    __table_args__ = (
        Index(
            "ix_kept_event_unplaced",
            "id",
            postgresql_where=text("position IS NULL"),
            sqlite_where=text("position IS NULL"),
        ),
        Index("ix_kept_event_occurred_at", "occurred_at"),
    )

    id: Mapped[Id]
    position: Mapped[int | None] = mapped_column(BigInt, unique=True)
    event_id: Mapped[str] = mapped_column(String(32))
    type: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(byte_ordered(80))
    occurred_at: Mapped[datetime]
    rooms: Mapped[list[Any]]
    data: Mapped[dict[str, Any]]
