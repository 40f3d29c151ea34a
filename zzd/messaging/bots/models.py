"""The bots of groups."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, Id, Idempotent, byte_ordered


class Bot(Idempotent, Base):
    """A program that speaks in one group; ``sender_id`` is the official who added it.

    Its address and its secrets are not kept: they are derived from ``salt`` and the
    installation's key (see ``keys``), so that neither the database nor the key alone gives them
    away; it is found by the digest of its address. ``secret_no`` is the secret that counts since
    ``rotated_at``. ``allowance_at`` carries the rate limit from process to process (see
    ``rules``). A removed one keeps its row, for what it said.
    """

    __tablename__ = "bot"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), index=True)
    name: Mapped[str] = mapped_column(String(30))
    description: Mapped[str] = mapped_column(String(200), default="", server_default="")
    added_by_name: Mapped[str] = mapped_column(String(50))
    created_at: Mapped[datetime]
    salt: Mapped[str] = mapped_column(byte_ordered(43))
    token_digest: Mapped[str] = mapped_column(byte_ordered(64), unique=True)
    secret_no: Mapped[int] = mapped_column(default=1, server_default="1")
    rotated_at: Mapped[datetime | None]
    enabled: Mapped[bool] = mapped_column(default=True, server_default=true())
    allowance_at: Mapped[datetime | None]
    last_said_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
