"""That somebody rang all who were late."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent
from zzd.tasks.models import ByOfficial


class LateCall(Idempotent, ByOfficial, Base):
    """One click: ``ding_ids`` are the DINGs it became, ``units`` and ``people`` whom they reached."""

    __tablename__ = "late_call"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_late_call_directive_unit", "directive_id", "unit_id", "id"),
    )

    id: Mapped[Id]
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"))
    unit_id: Mapped[int] = mapped_column(BigInt)
    units: Mapped[int]
    people: Mapped[int]
    ding_ids: Mapped[list[Any]]
    at: Mapped[datetime]
