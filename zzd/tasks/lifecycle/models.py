"""How directives ended, and which assignments changed hands."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, byte_ordered
from zzd.tasks.models import ByOfficial


class DirectiveEnd(ByOfficial, Base):
    """A directive was cancelled, superseded or cleared (解除); all clear may be for a branch alone.

    One row whatever the number of units: it is a part of the history of every assignment at and
    below ``path``, which states.standing and states.replay take into account.
    """

    __tablename__ = "directive_end"
    __table_args__ = (UniqueConstraint("directive_id", "kind", "unit_id"),)

    id: Mapped[Id]
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"))
    # The move it means: cancel, supersede or clear.
    kind: Mapped[str] = mapped_column(String(12))
    unit_id: Mapped[int] = mapped_column(BigInt)
    path: Mapped[str] = mapped_column(byte_ordered(30))
    at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(1000))
    # How many rescues were open all the same, and why that did not count.
    rescues: Mapped[int] = mapped_column(default=0)
    override_reason: Mapped[str | None] = mapped_column(String(1000))


class Transfer(ByOfficial, Base):
    """An assignment was handed over (转办): closed at one unit, given to another.

    Both are units of the same directive, so a unit gets it once, and it never goes round.
    """

    __tablename__ = "transfer"

    id: Mapped[Id]
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"))
    from_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), unique=True)
    to_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), unique=True)
    from_unit_id: Mapped[int] = mapped_column(BigInt)
    to_unit_id: Mapped[int] = mapped_column(BigInt)
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]
