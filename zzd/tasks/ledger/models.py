"""Lines of the ledger as they are written, and what they came to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, PrimaryKeyConstraint, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, byte_ordered


class Booked:
    """So many ``units`` of a directive stand so, at one place; or so many give this figure, and
    ``amount`` is their sum.

    ``place`` is where they are, no deeper than the counties (lines.place_of). ``mark`` is what they
    have done, one bit for each (lines.MARKS), and ``due_at`` what is due next, or never. Of a
    figure these are 0 and never; ``key`` and ``risk`` name it, and both are '' of a standing.
    """

    directive_id: Mapped[int] = mapped_column(BigInt)
    place: Mapped[str] = mapped_column(byte_ordered(30))
    mark: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[datetime]
    key: Mapped[str] = mapped_column(String(32))
    risk: Mapped[str] = mapped_column(String(32))
    units: Mapped[int]
    amount: Mapped[int] = mapped_column(BigInt)


class LedgerLine(Booked, Base):
    """A change that waits to be folded: written with what it tells of, by any number of writers
    that never meet. ``units`` and ``amount`` may be negative."""

    __tablename__ = "ledger_line"
    __table_args__ = (Index("ix_ledger_line_place", "directive_id", "place"),)

    id: Mapped[Id]


class LedgerBalance(Booked, Base):
    """What lines came to that were folded. Only whoever folds writes here."""

    __tablename__ = "ledger_balance"
    __table_args__ = (
        PrimaryKeyConstraint("directive_id", "place", "mark", "due_at", "key", "risk"),
    )
