from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, Id


class OutboxEntry(Base):
    """An event that must still go out; deleted once the fan-out has taken it."""

    __tablename__ = "outbox"

    id: Mapped[Id]
    event_id: Mapped[str] = mapped_column(String(32), unique=True)
    type: Mapped[str] = mapped_column(String(64))
    occurred_at: Mapped[datetime]
    rooms: Mapped[list[Any]]
    data: Mapped[dict[str, Any]]
