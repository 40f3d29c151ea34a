"""What an account's second factor is, and the codes for when it is lost."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id


class SecondFactor(Base):
    """In force once it has a ``secret``; ``offered`` is one that no code has confirmed yet.

    Both are sealed (zzd.sealing): a copy of the database alone makes no codes. The account's row is
    held wherever one of these is decided upon.
    """

    __tablename__ = "second_factor"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    secret: Mapped[str | None] = mapped_column(String(128))
    since: Mapped[datetime | None]
    # The step of the last code that was taken: it and those before it are taken no more.
    last_step: Mapped[int | None] = mapped_column(BigInt)
    offered: Mapped[str | None] = mapped_column(String(128))
    offered_at: Mapped[datetime | None]
    # Off the account by somebody else; until its holder turned on another.
    taken_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """Good once, instead of a code. Kept as a digest, as tokens are: it is as random."""

    __tablename__ = "recovery_code"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    digest: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]
