"""Directives being written, and what goes with an issued one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zzd.db import Base, BigInt, Id, Idempotent
from zzd.tasks.models import ByOfficial, Event


class Draft(Idempotent, ByOfficial, Base):
    """A directive that a unit's issuers write together; ``ByOfficial`` is who began it.

    ``content`` has the shape of a directive's request, as much of it as was said so far, with
    deadlines counted from the issue where they are given in minutes. ``revision`` counts changes.
    """

    __tablename__ = "directive_draft"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_directive_draft_unit", "unit_id", "id"),
    )

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    content: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(default=1)
    # Which plan's order it is: {id, no, level, key, name, countersign}.
    plan: Mapped[dict[str, Any] | None]
    # The version of a directive whose place it is to take, and why.
    updates_id: Mapped[int | None] = mapped_column(BigInt)
    update_reason: Mapped[str | None] = mapped_column(String(1000))
    # Whether a second official is to countersign; and the ids of all who wrote in it.
    countersign: Mapped[bool] = mapped_column(default=False)
    writers: Mapped[list[Any]]
    # Who countersigned which revision: {id, name, post_title, unit_name, at, revision}.
    countersigned: Mapped[dict[str, Any] | None]
    state: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(50))
    directive_id: Mapped[int | None] = mapped_column(BigInt, ForeignKey("directive.id"))

    event: Mapped[Event] = relationship(viewonly=True)


class DraftFile(Base):
    """A draft has a file attached: whoever may see the one may have the other."""

    __tablename__ = "directive_draft_file"

    draft_id: Mapped[int] = mapped_column(ForeignKey("directive_draft.id"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"), primary_key=True, index=True)


class DirectiveFile(Base):
    """A directive has a file attached: whoever it addresses may have it."""

    __tablename__ = "directive_file"

    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"), primary_key=True, index=True)


class DirectiveCopy(Base):
    """An audience has a copy of a directive (抄送): it may see it, and nothing is asked of it."""

    __tablename__ = "directive_copy"

    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    directive_id: Mapped[int] = mapped_column(
        ForeignKey("directive.id"), primary_key=True, index=True
    )
