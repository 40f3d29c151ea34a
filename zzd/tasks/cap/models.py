"""Warnings that were taken in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zzd.db import Base, BigInt, Id
from zzd.tasks.models import ByOfficial, Event


class ReceivedWarning(ByOfficial, Base):
    """A CAP message as it was received, by whom, and what it proposes.

    ``identifier`` and ``sender`` are the message's; within the unit that took it in they name
    one document.
    """

    __tablename__ = "warning"
    __table_args__ = (
        UniqueConstraint("unit_id", "sender", "identifier"),
        Index("ix_warning_message", "sender", "identifier"),
    )

    id: Mapped[Id]
    # The unit whose issuer took it in; units below and above it see the warning.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    sender: Mapped[str] = mapped_column(String(200))
    identifier: Mapped[str] = mapped_column(String(200))
    sent: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(10))
    msg_type: Mapped[str] = mapped_column(String(10))
    expires: Mapped[datetime | None]
    # What it proposes: see zzd.tasks.cap.proposals.
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(32))
    mode: Mapped[str | None] = mapped_column(String(10))
    level: Mapped[int | None] = mapped_column(SmallInteger)
    basis: Mapped[str] = mapped_column(String(300))
    received_at: Mapped[datetime]
    # SHA-256 of the document, in hexadecimal digits.
    digest: Mapped[str] = mapped_column(String(64))
    # A megabyte at most, which lists do without.
    document: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    # The Update or Cancel that came after it.
    replaced_by_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("warning.id"))


class WarningEvent(Base):
    """The event that a unit raised from a warning, or from an earlier one that it replaces.

    ``responded_at``: when the unit acted on this very warning; null for what was handed on to it.
    """

    __tablename__ = "warning_event"

    warning_id: Mapped[int] = mapped_column(ForeignKey("warning.id"), primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    responded_at: Mapped[datetime | None]

    event: Mapped[Event] = relationship(viewonly=True)
