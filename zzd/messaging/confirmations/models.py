"""That an announcement is to be confirmed, and who has confirmed it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id


class ConfirmationRequest(Base):
    """A message whose readers are asked to confirm it. ``author_id`` is its sender.

    ``progress_due_at`` is set while its author is to be told how far it is.
    """

    __tablename__ = "confirmation_request"
    __table_args__ = (
        UniqueConstraint("conversation_id", "seq"),
        ForeignKeyConstraint(
            ["conversation_id", "seq"], ["message.conversation_id", "message.seq"]
        ),
        Index(
            "ix_confirmation_request_due",
            "progress_due_at",
            postgresql_where=text("progress_due_at IS NOT NULL"),
            sqlite_where=text("progress_due_at IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(BigInt)
    seq: Mapped[int] = mapped_column(BigInt)
    author_id: Mapped[int] = mapped_column(BigInt)
    created_at: Mapped[datetime]
    progress_due_at: Mapped[datetime | None]
    progress_at: Mapped[datetime | None]


class Confirmation(Base):
    """Somebody confirmed, in the post they acted in, as it was called then."""

    __tablename__ = "confirmation"
    __table_args__ = (Index("ix_confirmation_own", "official_id", "at"),)

    request_id: Mapped[int] = mapped_column(ForeignKey("confirmation_request.id"), primary_key=True)
    official_id: Mapped[int] = mapped_column(ForeignKey("official.id"), primary_key=True)
    at: Mapped[datetime]
    post_title: Mapped[str] = mapped_column(String(50))
    unit_name: Mapped[str] = mapped_column(String(100))
