"""Comments, and how many stand under each message."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKeyConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent


def under_a_message() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["conversation_id", "seq"], ["message.conversation_id", "message.seq"]
    )


class Comment(Idempotent, Base):
    """What somebody said under an announcement, in the post they held then. A removed one keeps its
    row and its ``no``; nobody sees its text again."""

    __tablename__ = "comment"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq", "no"),
        UniqueConstraint("sender_id", "client_id"),
        under_a_message(),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(BigInt)
    seq: Mapped[int] = mapped_column(BigInt)
    no: Mapped[int]
    sender_name: Mapped[str] = mapped_column(String(50))
    sender_title: Mapped[str] = mapped_column(String(50))
    sender_unit: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(String(1000))
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    removed_by_name: Mapped[str | None] = mapped_column(String(50))


class CommentCount(Base):
    """Under one message: ``last_no`` ever given, and ``shown``, those that are not removed."""

    __tablename__ = "comment_count"
    __table_args__ = (under_a_message(),)

    conversation_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    seq: Mapped[int] = mapped_column(BigInt, primary_key=True)
    last_no: Mapped[int]
    shown: Mapped[int]
