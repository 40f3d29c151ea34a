"""DINGs, whom they name, what came back, what repeats, and who is called by telephone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered


class Ding(Idempotent, Base):
    """An urgent message that each of its recipients confirms; one row, however many they are.

    ``sender_id`` is the official, in the post they held then. ``audience`` is what it was
    addressed to, as shown on that day. ``step`` counts the repeats so far and ``next_at`` is when
    the next one is due. The counts are those of the last progress told to the sender; what they
    mean is in zzd.messaging.dings.rules.
    """

    __tablename__ = "ding"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_ding_sender", "sender_id", "created_at"),
        Index("ix_ding_audience", "audience_id", "created_at"),
        Index(
            "ix_ding_next",
            "next_at",
            postgresql_where=text("next_at IS NOT NULL"),
            sqlite_where=text("next_at IS NOT NULL"),
        ),
        Index(
            "ix_ding_progress",
            "progress_due_at",
            postgresql_where=text("progress_due_at IS NOT NULL"),
            sqlite_where=text("progress_due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    sender_name: Mapped[str] = mapped_column(String(50))
    sender_title: Mapped[str] = mapped_column(String(50))
    sender_unit: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(LongText)
    conversation_id: Mapped[int | None] = mapped_column(ForeignKey("conversation.id"))
    message_seq: Mapped[int | None] = mapped_column(BigInt)
    audience_id: Mapped[int | None] = mapped_column(ForeignKey("audience.id"))
    audience: Mapped[dict[str, Any] | None]
    # How many people are named one by one.
    officials: Mapped[int] = mapped_column(SmallInteger)
    channels: Mapped[list[Any]]
    every_minutes: Mapped[int | None] = mapped_column(SmallInteger)
    times: Mapped[int] = mapped_column(SmallInteger, default=0)
    step: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    # Null until they were counted for the first time.
    addressed: Mapped[int | None]
    delivered: Mapped[int] = mapped_column(default=0)
    read: Mapped[int] = mapped_column(default=0)
    confirmed: Mapped[int] = mapped_column(default=0)
    progress_due_at: Mapped[datetime | None]
    progress_at: Mapped[datetime | None]


class DingPerson(Base):
    """Somebody named one by one."""

    __tablename__ = "ding_person"
    __table_args__ = (Index("ix_ding_person_official", "official_id", "ding_id"),)

    ding_id: Mapped[int] = mapped_column(ForeignKey("ding.id"), primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)


class DingReceipt(Base):
    """What one recipient did, written when they do it: a later time implies the earlier ones.

    The post is the one acted in when it was confirmed, as it was called then.
    """

    __tablename__ = "ding_receipt"

    ding_id: Mapped[int] = mapped_column(ForeignKey("ding.id"), primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)
    delivered_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]
    post_id: Mapped[int | None] = mapped_column(BigInt)
    post_title: Mapped[str | None] = mapped_column(String(50))
    unit_name: Mapped[str | None] = mapped_column(String(100))
    device: Mapped[str | None] = mapped_column(String(100))


class DingStep(Base):
    """That a DING went out, the first time (0) or again. There is one row for each time.

    While telephone calls are still to be written for it ``spread_at`` is set, and the last
    recipient reached in the order of the tree is (``spread_path``, ``spread_post``).
    """

    __tablename__ = "ding_step"
    __table_args__ = (
        Index(
            "ix_ding_step_spread",
            "spread_at",
            postgresql_where=text("spread_at IS NOT NULL"),
            sqlite_where=text("spread_at IS NOT NULL"),
        ),
    )

    ding_id: Mapped[int] = mapped_column(ForeignKey("ding.id"), primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    spread_at: Mapped[datetime | None]
    spread_path: Mapped[str] = mapped_column(byte_ordered(30), default="")
    spread_post: Mapped[int] = mapped_column(BigInt, default=0)


class DingCall(Base):
    """One message to one telephone: recorded once for a step, recipient and channel.

    ``due_at`` is when it is to be tried, or tried again; null once that is settled.
    """

    __tablename__ = "ding_call"
    __table_args__ = (
        ForeignKeyConstraint(["ding_id", "step"], ["ding_step.ding_id", "ding_step.step"]),
        Index(
            "ix_ding_call_due",
            "channel",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
            sqlite_where=text("due_at IS NOT NULL"),
        ),
    )

    ding_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)
    step: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    channel: Mapped[str] = mapped_column(String(8), primary_key=True)
    state: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(200))
    attempts: Mapped[int] = mapped_column(SmallInteger, default=0)
    due_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
