"""Installations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, Id, Idempotent


class Installation(Idempotent, Base):
    """An app as one unit's administrator installed it for the unit and all below.

    ``audience_id`` is the data audience, kept in use: a part of the unit's block and of the app's
    own data audience. ``scopes`` were consented to when the app's newest version was ``version``.
    ``sender_id`` is the administrator's account. A removed one stays as a record.
    """

    __tablename__ = "miniapp_installation"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index(
            "uq_miniapp_installation_live",
            "miniapp_id",
            "unit_id",
            unique=True,
            postgresql_where=text("removed_at IS NULL"),
            sqlite_where=text("removed_at IS NULL"),
        ),
        Index("ix_miniapp_installation_audience_id", "audience_id", "miniapp_id"),
        Index("ix_miniapp_installation_unit_id", "unit_id"),
    )

    id: Mapped[Id]
    miniapp_id: Mapped[int] = mapped_column(ForeignKey("miniapp.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"))
    # Data audiences that it had before, each with the moment until when.
    former_audiences: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    scopes: Mapped[list[Any]]
    # Since when, of those that were not consented to from the beginning.
    consents: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    settings: Mapped[dict[str, Any]]
    # The version whose wishes the administrator saw when they last consented.
    version: Mapped[int]
    installer: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]
    remover: Mapped[dict[str, Any] | None]

    def consented_at(self, scope: str) -> datetime:
        """Since when one of its scopes holds."""
        later = self.consents.get(scope)
        return datetime.fromisoformat(later) if later else self.created_at
