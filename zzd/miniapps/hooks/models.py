"""Webhooks of apps, what is delivered to them, and how far those who ask have read."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class Webhook(Idempotent, Base):
    """An address of an app that is told of events; ``sender_id`` is the developer's account.

    ``position`` is the last kept event that was spread to it: what follows is still to come,
    also after a time in which the webhook was paused or disabled.
    """

    __tablename__ = "webhook"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_webhook_miniapp_id", "miniapp_id"),
        Index(
            "ix_webhook_live",
            "position",
            postgresql_where=text("state = 'live'"),
            sqlite_where=text("state = 'live'"),
        ),
    )

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    url: Mapped[str] = mapped_column(String(500))
    types: Mapped[list[Any]]
    filter: Mapped[dict[str, Any] | None]
    # See rules.States; ``reason`` is why it is disabled.
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str | None] = mapped_column(String(16))
    position: Mapped[int] = mapped_column(BigInt)
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]


class Delivery(Base):
    """That a webhook is to be told of an event, and what came of it.

    Of those of one subject that wait, the first alone has ``due_at``; the others follow it, one
    after the other. While one is being told, ``due_at`` is when somebody else takes it over.
    """

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "position"),
        Index(
            "ix_webhook_delivery_due",
            "webhook_id",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
        Index(
            "ix_webhook_delivery_waiting",
            "webhook_id",
            "subject",
            "id",
            postgresql_where=text("state = 'waiting'"),
            sqlite_where=text("state = 'waiting'"),
        ),
        Index("ix_webhook_delivery_listed", "webhook_id", "id"),
        Index("ix_webhook_delivery_happened", "webhook_id", "occurred_at"),
        Index(
            "ix_webhook_delivery_dead",
            "webhook_id",
            "id",
            postgresql_where=text("state = 'dead'"),
            sqlite_where=text("state = 'dead'"),
        ),
        Index("ix_webhook_delivery_settled_at", "settled_at"),
    )

    id: Mapped[Id]
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    position: Mapped[int] = mapped_column(BigInt)
    event_id: Mapped[str] = mapped_column(String(32))
    type: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(byte_ordered(80))
    occurred_at: Mapped[datetime]
    installation_id: Mapped[int | None] = mapped_column(BigInt)
    state: Mapped[str] = mapped_column(String(8))
    attempts: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class Attempt(Base):
    """One request of a delivery, what was answered, and how long it took."""

    __tablename__ = "webhook_attempt"
    __table_args__ = (Index("ix_webhook_attempt_delivery_id", "delivery_id", "id"),)

    id: Mapped[Id]
    delivery_id: Mapped[int] = mapped_column(BigInt)
    at: Mapped[datetime]
    took_ms: Mapped[int]
    url: Mapped[str] = mapped_column(String(500))
    request_headers: Mapped[dict[str, Any]]
    # None where there was no answer; ``error`` says why.
    status: Mapped[int | None]
    response_headers: Mapped[dict[str, Any] | None]
    response_body: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(String(200))


class EventCursor(Base):
    """How far one of an app's readers has come: what it acknowledged."""

    __tablename__ = "event_cursor"
    __table_args__ = (UniqueConstraint("miniapp_id", "name"),)

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    name: Mapped[str] = mapped_column(byte_ordered(64))
    types: Mapped[list[Any]]
    position: Mapped[int] = mapped_column(BigInt)
    used_at: Mapped[datetime]
