"""The log's rows and its head."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt


class AuditEntry(Base):
    """One act or denial. Never changed, never deleted: triggers refuse both.

    ``hash`` covers this row and ``previous_hash``; ``id`` is gapless.
    """

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    account_id: Mapped[int | None] = mapped_column(BigInt, index=True)
    # As it was at the time: what the account is called later does not change who acted.
    username: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64), index=True)
    outcome: Mapped[str] = mapped_column(String(16))
    object_kind: Mapped[str | None] = mapped_column(String(32))
    object_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """One row: the last entry. Without it the end of the chain could be cut off unseen.

    Every append locks it first, which puts all appends in one order.
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInt)
    hash: Mapped[str] = mapped_column(String(64))
