"""What apps call, what they keep, and what they ask officials to do."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class AppCall(Base):
    """One call with a token of an app. ``path`` is the route, without its ids."""

    __tablename__ = "app_call"
    __table_args__ = (Index("ix_app_call_miniapp_id", "miniapp_id", "id"),)

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(BigInt)
    installation_id: Mapped[int | None] = mapped_column(BigInt)
    # The app acted for somebody, whoever that is.
    for_official: Mapped[bool]
    at: Mapped[datetime] = mapped_column(index=True)
    took_ms: Mapped[int]
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(String(200))
    status: Mapped[int] = mapped_column(SmallInteger)
    code: Mapped[str | None] = mapped_column(String(64))


class AppEntry(Base):
    """Small JSON that an app keeps for one of its installations, under a key of its own."""

    __tablename__ = "app_entry"

    installation_id: Mapped[int] = mapped_column(
        ForeignKey("miniapp_installation.id"), primary_key=True
    )
    key: Mapped[str] = mapped_column(byte_ordered(128), primary_key=True)
    # In a list, since JSON's null is a value too.
    value: Mapped[list[Any]]
    size: Mapped[int]
    version: Mapped[int] = mapped_column(BigInt)
    updated_at: Mapped[datetime]


class Todo(Idempotent, Base):
    """Something an app asks of one official (待办). ``sender_id`` is the installation."""

    __tablename__ = "app_todo"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index(
            "ix_app_todo_open",
            "official_id",
            "id",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
        Index("ix_app_todo_official_id", "official_id", "id"),
        Index("ix_app_todo_sender_id", "sender_id", "id"),
        Index("ix_app_todo_settled_at", "settled_at"),
    )

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"))
    title: Mapped[str] = mapped_column(String(100))
    link: Mapped[str | None] = mapped_column(String(500))
    due_at: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(String(12))
    # "app" or "official": who settled it.
    settled_by: Mapped[str | None] = mapped_column(String(8))
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
