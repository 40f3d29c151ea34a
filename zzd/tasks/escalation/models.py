"""What became of missed deadlines: who was told of them, and when."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent
from zzd.tasks.models import ByOfficial

OPEN = text("ended_at IS NULL")


class EscalationStep(Base):
    """Somebody was told that a unit is late, or is asked for its next report.

    No foreign keys, as assignments have none: rows are written from assignments that are locked.
    """

    __tablename__ = "escalation_step"
    __table_args__ = (
        UniqueConstraint("assignment_id", "no"),
        # What waits for the officials of a unit.
        Index(
            "ix_escalation_step_told",
            "told_unit_id",
            "told_role",
            postgresql_where=OPEN,
            sqlite_where=OPEN,
        ),
    )

    id: Mapped[Id]
    assignment_id: Mapped[int] = mapped_column(BigInt)
    no: Mapped[int]
    # What was to be done by ``deadline``: acknowledge or report.
    kind: Mapped[str] = mapped_column(String(12))
    deadline: Mapped[datetime]
    step: Mapped[str] = mapped_column(String(8))
    due_at: Mapped[datetime]
    fired_at: Mapped[datetime]
    # Whose officials were told, in which duty ('': those whom the directive addresses); no unit
    # where there was nobody.
    told_unit_id: Mapped[int | None] = mapped_column(BigInt)
    told_role: Mapped[str] = mapped_column(String(16))
    # The officials as they were then; and the duties that nobody held, which were passed over.
    told: Mapped[list[Any]]
    vacant: Mapped[list[Any]]
    # Whether the days it counted are in the published calendar.
    published: Mapped[bool]
    # Of one that an official took by hand.
    urge_id: Mapped[int | None] = mapped_column(BigInt)
    # When the unit did what was due, and it was over.
    ended_at: Mapped[datetime | None]


class Urge(Idempotent, ByOfficial, Base):
    """An official urged units that are late (催办), by a DING to those who answer for them."""

    __tablename__ = "urge"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_urge_directive", "directive_id", "id"),
    )

    id: Mapped[Id]
    directive_id: Mapped[int] = mapped_column(BigInt)
    text: Mapped[str] = mapped_column(String(500))
    units: Mapped[int] = mapped_column(default=0)
    # Late units in which there was nobody to tell.
    unreached: Mapped[int] = mapped_column(default=0)
    ding_id: Mapped[int | None] = mapped_column(BigInt)
    at: Mapped[datetime]
