"""Events, directives, the assignments they become, and how these moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered
from zzd.principal import Principal

WAITS = text("next_step_at IS NOT NULL")


class ByOfficial:
    """Who did it, in which post: as it was then, whatever becomes of the person and the post."""

    official_id: Mapped[int] = mapped_column(BigInt)
    post_id: Mapped[int] = mapped_column(BigInt)
    official_name: Mapped[str] = mapped_column(String(50))
    post_title: Mapped[str] = mapped_column(String(50))
    unit_name: Mapped[str] = mapped_column(String(100))

    @property
    def by(self) -> dict[str, Any]:
        return {
            "id": self.official_id,
            "name": self.official_name,
            "post_title": self.post_title,
            "unit_name": self.unit_name,
        }


def snapshot(principal: Principal) -> dict[str, Any]:
    """The columns of ``ByOfficial`` for somebody who acts now."""
    assert principal.official_id is not None
    assert principal.post is not None
    return {
        "official_id": principal.official_id,
        "post_id": principal.post.id,
        "official_name": principal.official_name,
        "post_title": principal.post.title,
        "unit_name": principal.post.unit_name,
    }


class Event(Idempotent, Base):
    """What is responded to, such as a typhoon; either actual or an exercise, for good.

    ``level`` is the response level in force, 1 (Ⅰ, highest) to 4, null before the first.
    """

    __tablename__ = "event"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    # The unit whose issuer declared it; units below and above it see the event.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    kind: Mapped[str] = mapped_column(String(32))
    mode: Mapped[str] = mapped_column(String(10))
    level: Mapped[int | None] = mapped_column(SmallInteger)
    status: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]

    levels: Mapped[list[EventLevel]] = relationship(order_by="EventLevel.no", viewonly=True)


class EventLevel(Idempotent, ByOfficial, Base):
    """A response level that an event was raised or lowered to, and why."""

    __tablename__ = "event_level"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(SmallInteger)
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]


class Directive(Idempotent, ByOfficial, Base):
    """An order to a part of the organisation: one row, and one assignment for each unit."""

    __tablename__ = "directive"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_directive_unit", "unit_id", "id"),
        Index("ix_directive_supersedes", "supersedes_id", unique=True),
    )

    id: Mapped[Id]
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)
    number: Mapped[str | None] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    urgency: Mapped[str] = mapped_column(String(10))
    ack_deadline: Mapped[datetime]
    report_deadline: Mapped[datetime | None]
    # What reports count: see zzd.tasks.figures.
    figures: Mapped[list[Any]]
    # Minutes from one report to the next, and who is told of a missed deadline: see
    # zzd.tasks.escalation.rules.
    report_interval_minutes: Mapped[int | None]
    escalation: Mapped[list[Any]] = mapped_column(default=list)
    # Who leads, who has a copy, files and more: see zzd.tasks.drafts.company.
    company: Mapped[dict[str, Any] | None]
    # The order of a plan that it was issued from, which says what a change of level ends.
    plan_id: Mapped[int | None] = mapped_column(BigInt)
    plan_key: Mapped[str | None] = mapped_column(String(32))
    # The issuer's unit, and the revision of the tree whose shape the directive keeps.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    rev: Mapped[int] = mapped_column(BigInt)
    # How many units it was issued to; those it was passed on to are counted by the roll-up.
    units: Mapped[int] = mapped_column(default=0)
    # open, closed (all clear), cancelled or superseded; how it came to that: DirectiveEnd.
    status: Mapped[str] = mapped_column(String(10), default="open")
    issued_at: Mapped[datetime]
    # To all levels at once ("all"), or level by level, each passing it on ("stepwise").
    way: Mapped[str] = mapped_column(String(10), default="all", server_default="all")
    # A later version is a directive of its own: what was answered to this one stays here.
    version: Mapped[int] = mapped_column(default=1, server_default="1")
    supersedes_id: Mapped[int | None] = mapped_column(BigInt)

    event: Mapped[Event] = relationship(viewonly=True)


class DirectiveAudience(Base):
    """An audience a directive is addressed to, by its issuer or by a unit that passed it on.

    Kept as it was then: an assignment is in it if its path lies in ``path`` and its level is
    in ``levels``, however the tree has changed; '' for line and role means any.
    """

    __tablename__ = "directive_audience"

    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"), primary_key=True)
    audience_id: Mapped[int] = mapped_column(ForeignKey("audience.id"), primary_key=True)
    cascade_id: Mapped[int | None] = mapped_column(ForeignKey("cascade.id"))
    # Null as well as ``cascade_id``: one of the issuer's own.
    transfer_id: Mapped[int | None] = mapped_column(BigInt)
    unit_id: Mapped[int] = mapped_column(BigInt)
    path: Mapped[str] = mapped_column(byte_ordered(30))
    levels: Mapped[int] = mapped_column(SmallInteger)
    line: Mapped[str] = mapped_column(String(32))
    role: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(300))


class Assignment(Base):
    """What one unit has to do of one directive, and how far it is.

    ``path`` is the unit's in the tree of the directive's day, so a roll-up is one range. No
    foreign keys to the unit and the directive: rows are only ever selected from units, which are
    never deleted, in a transaction that holds the directive. The checks doubled the cost of an
    issue and would lock every unit of the province.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        UniqueConstraint("directive_id", "unit_id"),
        Index("ix_assignment_directive_path", "directive_id", "path"),
        Index("ix_assignment_unit", "unit_id", "completed_at", "due_at"),
        # Of those that wait for a timer alone: a worker reads a short range of it.
        Index(
            "ix_assignment_next_step",
            "next_step_at",
            postgresql_where=WAITS,
            sqlite_where=WAITS,
        ),
    )

    id: Mapped[Id]
    directive_id: Mapped[int] = mapped_column(BigInt)
    unit_id: Mapped[int] = mapped_column(BigInt)
    path: Mapped[str] = mapped_column(byte_ordered(30))
    level: Mapped[int] = mapped_column(SmallInteger)
    # The cascade it came by; null for one of the issuer's own.
    cascade_id: Mapped[int | None] = mapped_column(BigInt)
    # How far the unit came itself; where it stands: states.standing, with the directive's status.
    state: Mapped[str] = mapped_column(String(12))
    ack_deadline: Mapped[datetime]
    report_deadline: Mapped[datetime | None]
    # The deadline that counts next: states.due_at of the row. Past means overdue.
    due_at: Mapped[datetime | None]
    issued_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    read_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    reported_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    # All clear for its branch: nothing is due any more, answers are still taken.
    cleared_at: Mapped[datetime | None]
    # The unit confirmed that it stopped, after the directive was cancelled.
    stood_down_at: Mapped[datetime | None]
    # Reports of a unit replace one another: only this one counts.
    latest_report_id: Mapped[int | None] = mapped_column(BigInt)
    # The casualties it gave: they are added up with the states, from the same row.
    dead: Mapped[int | None]
    missing: Mapped[int | None]
    injured: Mapped[int | None]
    # When the final report (核报) came, and when it was opened to be corrected.
    final_at: Mapped[datetime | None]
    correction_at: Mapped[datetime | None]
    moves: Mapped[int]
    # When a worker looks at it next, how many steps of this deadline were taken, how many in all,
    # and when it was escalated first (see zzd.tasks.escalation).
    next_step_at: Mapped[datetime | None]
    steps_taken: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    steps: Mapped[int] = mapped_column(default=0, server_default="0")
    escalated_at: Mapped[datetime | None]

    directive: Mapped[Directive] = relationship(
        primaryjoin="Directive.id == foreign(Assignment.directive_id)", viewonly=True
    )


class AssignmentMove(ByOfficial, Base):
    """One step in an assignment's history. Its state follows from these (states.replay)."""

    __tablename__ = "assignment_move"

    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    move: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    # The sign-in it was done in, which knows the device.
    session_id: Mapped[int | None] = mapped_column(BigInt)
    # Done for people who could not do it themselves (代办), and why; null: for one's own unit.
    proxy_reason: Mapped[str | None] = mapped_column(String(500))
    detail: Mapped[dict[str, Any]]


class Cascade(Idempotent, ByOfficial, Base):
    """A unit passed a directive on to some of its own sub-units, with a note of its own.

    The selection is ``levels`` (bit mask) or ``unit_ids``, below ``path``; ``line`` and ``role``
    narrow whom the directive addresses there, '' means as it came.
    """

    __tablename__ = "cascade"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        Index("ix_cascade_directive_unit", "directive_id", "unit_id"),
    )

    id: Mapped[Id]
    directive_id: Mapped[int] = mapped_column(ForeignKey("directive.id"))
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    unit_id: Mapped[int] = mapped_column(BigInt)
    path: Mapped[str] = mapped_column(byte_ordered(30))
    levels: Mapped[int] = mapped_column(SmallInteger)
    unit_ids: Mapped[list[Any] | None]
    line: Mapped[str] = mapped_column(String(32), default="", server_default="")
    role: Mapped[str] = mapped_column(String(16), default="", server_default="")
    note: Mapped[str] = mapped_column(Text)
    ack_deadline: Mapped[datetime]
    report_deadline: Mapped[datetime | None]
    at: Mapped[datetime]
    # How many units it reached anew, and how many had the directive already.
    units: Mapped[int] = mapped_column(default=0)
    noted: Mapped[int] = mapped_column(default=0)
