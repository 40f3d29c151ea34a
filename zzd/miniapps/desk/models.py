"""What officials made of their workbench, what administrators put on it, and how apps are used."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, byte_ordered


class OwnApp(Base):
    """An app as one account has it: its place among the favourites, its badge, when it was opened."""

    __tablename__ = "miniapp_own"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"), primary_key=True)
    favourite: Mapped[int | None]
    badge: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime | None]


class Placement(Base):
    """An app's place on the workbenches of an audience, as an administrator of ``unit_id`` set it.

    A fixed one stands first and cannot be moved away.
    """

    __tablename__ = "miniapp_placement"
    __table_args__ = (UniqueConstraint("audience_id", "miniapp_id"),)

    id: Mapped[Id]
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"))
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    place: Mapped[int]
    fixed: Mapped[bool]


class AppUse(Base):
    """How often one account opened an app on a day, and how often that failed.

    The unit is the one of the post it was opened in, with the path it had then.
    """

    __tablename__ = "miniapp_use"
    __table_args__ = (Index("ix_miniapp_use_day", "miniapp_id", "day", "unit_path"),)

    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInt, primary_key=True)
    # In Beijing time: the day that people mean.
    day: Mapped[date] = mapped_column(primary_key=True)
    unit_path: Mapped[str] = mapped_column(byte_ordered(30))
    opens: Mapped[int]
    errors: Mapped[int]
