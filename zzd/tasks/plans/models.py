"""Plans, each with all its versions, and the changes of level that were made by them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent
from zzd.tasks.models import ByOfficial


class Plan(Base):
    """A unit's plan for one kind of event. What it says is in its versions; ``no`` is the latest's."""

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_unit_kind", "unit_id", "kind"),)

    id: Mapped[Id]
    # Whose issuers write it; units below and above see it.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    kind: Mapped[str] = mapped_column(String(32))
    no: Mapped[int]
    # A retired plan is proposed no more.
    retired: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class PlanVersion(Idempotent, ByOfficial, Base):
    """What a plan said from ``at`` on, until the next version; never changed."""

    __tablename__ = "plan_version"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    # See zzd.tasks.plans.content.
    content: Mapped[dict[str, Any]]
    # What was changed and why.
    note: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]


class PlanResponse(Idempotent, ByOfficial, Base):
    """A change of an event's level with all that the plan wants for it: one act of one official.

    ``outcome`` is ``{issued, drafted, replaced, ended, skipped}``, each a list of
    ``{key, title, directive_id, draft_id}``.
    """

    __tablename__ = "plan_response"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    plan_id: Mapped[int] = mapped_column(BigInt)
    no: Mapped[int]
    level_before: Mapped[int | None] = mapped_column(SmallInteger)
    level: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str] = mapped_column(String(1000))
    outcome: Mapped[dict[str, Any]]
    at: Mapped[datetime]
