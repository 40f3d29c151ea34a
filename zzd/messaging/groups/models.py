"""A group's notice and its history, and who asks to join."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id


class GroupNotice(Base):
    """A notice of a conversation (群公告). The newest counts; an empty one takes it away."""

    __tablename__ = "group_notice"
    __table_args__ = (Index("ix_group_notice_newest", "conversation_id", "id"),)

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    text: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(BigInt)
    by_name: Mapped[str] = mapped_column(String(50))
    at: Mapped[datetime]


class JoinRequest(Base):
    """Somebody asks to join a group; ``state`` is open, approved or declined. One may be open
    at a time."""

    __tablename__ = "join_request"
    __table_args__ = (
        Index("ix_join_request_state", "conversation_id", "state", "id"),
        Index(
            "uq_join_request_open",
            "conversation_id",
            "official_id",
            unique=True,
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"))
    text: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(BigInt)
    decided_by_name: Mapped[str | None] = mapped_column(String(50))
