"""Situation reports (防汛快报): what was printed stays as it was, under its number."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent
from zzd.tasks.models import ByOfficial


class Bulletin(Idempotent, ByOfficial, Base):
    """Number ``no`` of a unit's reports on an event: what it says, and the SHA-256 of that."""

    __tablename__ = "bulletin"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        UniqueConstraint("event_id", "unit_id", "no"),
    )

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"))
    unit_id: Mapped[int] = mapped_column(BigInt)
    no: Mapped[int]
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), index=True)
    content: Mapped[dict[str, Any]]
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]
