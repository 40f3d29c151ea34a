"""What people add to messages: reactions, pins, favourites; and how they want to be disturbed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id


class Reaction(Base):
    """One person's reaction of one kind (see zzd.messaging.marks.emoji) to a message."""

    __tablename__ = "reaction"
    __table_args__ = (Index("ix_reaction_order", "conversation_id", "seq", "at", "official_id"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    official_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime]


class ReactionCount(Base):
    """How many reactions of one kind a message has: a page of messages reads these, however
    many people reacted. Changed only together with the rows that it counts."""

    __tablename__ = "reaction_count"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    key: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int]
    first_at: Mapped[datetime]


class Pin(Base):
    """A message kept in view for everybody in its conversation."""

    __tablename__ = "pin"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    pinned_by_id: Mapped[int] = mapped_column(BigInt)
    pinned_by_name: Mapped[str] = mapped_column(String(50))
    pinned_at: Mapped[datetime]


class Favourite(Base):
    """A message that somebody saved for themselves: where it stands, not what it says."""

    __tablename__ = "favourite"
    __table_args__ = (
        UniqueConstraint("official_id", "conversation_id", "seq"),
        Index("ix_favourite_newest", "official_id", "id"),
    )

    id: Mapped[Id]
    official_id: Mapped[int] = mapped_column(BigInt)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    seq: Mapped[int] = mapped_column(BigInt)
    saved_at: Mapped[datetime]


class NotificationSetting(Base):
    """How one person wants to be disturbed. Times are minutes after midnight in China."""

    __tablename__ = "notification_setting"

    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)
    quiet: Mapped[bool]
    quiet_from: Mapped[int]
    quiet_to: Mapped[int]
    sound: Mapped[bool]
    preview: Mapped[bool]
