"""What units answer: reports with their figures and files, which figures stand, corrections."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from zzd.db import Base, BigInt, Id, Idempotent, byte_ordered
from zzd.tasks.models import ByOfficial

# Of a figure as a whole, in the place where a part has its kind of risk.
WHOLE = ""


class Report(Idempotent, ByOfficial, Base):
    """What a unit answered (反馈): a first, a follow-up or its final report.

    ``device_time`` is when it was written, as the device believed; ours decides. ``skew_seconds``
    is how far ahead that device's clock was. ``asked`` lists what was to be explained.
    """

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("sender_id", "client_id"),
        UniqueConstraint("assignment_id", "no"),
        # Who ever said so: few, of all the reports there are.
        Index(
            "ix_report_rescue",
            "assignment_id",
            postgresql_where=text("rescue_open IS true"),
            sqlite_where=text("rescue_open IS 1"),
        ),
    )

    id: Mapped[Id]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"))
    no: Mapped[int]
    text: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    device_time: Mapped[datetime | None]
    # False: it came late, to what was cancelled, superseded, returned or handed over.
    counted: Mapped[bool] = mapped_column(default=True, server_default=true())
    # People are still being rescued: holds up the all-clear.
    rescue_open: Mapped[bool] = mapped_column(default=False, server_default=false())
    proxy_reason: Mapped[str | None] = mapped_column(String(500))
    skew_seconds: Mapped[int | None] = mapped_column(BigInt)
    kind: Mapped[str] = mapped_column(String(10))
    # The number of the final report that it corrects.
    corrects: Mapped[int | None]
    explanation: Mapped[str | None] = mapped_column(Text)
    asked: Mapped[list[Any] | None]
    position: Mapped[dict[str, Any] | None]
    dead: Mapped[int | None]
    missing: Mapped[int | None]
    injured: Mapped[int | None]


class ReportFigure(Base):
    """One number of a report."""

    __tablename__ = "report_figure"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInt)


class ReportPart(Base):
    """How much of a report's figure is of one kind of risk."""

    __tablename__ = "report_part"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    risk: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[int] = mapped_column(BigInt)


class ReportFile(Base):
    """A photo (``is_photo``), with the time and place that it was taken, or an attachment.

    ``content`` is what everybody sees of the file. ``path``, ``issuer_unit_id`` and ``reach`` say
    who may have it: those who may see the report (places.oversees), found without looking it up.
    """

    __tablename__ = "report_file"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"), index=True)
    content: Mapped[dict[str, Any]]
    is_photo: Mapped[bool]
    taken_at: Mapped[datetime | None]
    position: Mapped[dict[str, Any] | None]
    path: Mapped[str] = mapped_column(byte_ordered(30))
    issuer_unit_id: Mapped[int] = mapped_column(BigInt)
    reach: Mapped[int | None] = mapped_column(SmallInteger)


class StandingFigure(Base):
    """The figures of each unit's latest report, in the order of the tree: what sums are made of.

    They are in ``report_figure`` and ``report_part`` already. Here they lie side by side, so that
    a sum reads one range of one index and never a report: it is what a province waits for.
    """

    __tablename__ = "standing_figure"
    __table_args__ = (
        PrimaryKeyConstraint("directive_id", "path", "key", "risk", postgresql_include=["value"]),
        {"sqlite_with_rowid": False},
    )

    directive_id: Mapped[int] = mapped_column(BigInt)
    path: Mapped[str] = mapped_column(byte_ordered(30))
    key: Mapped[str] = mapped_column(String(32))
    # '' is the figure as a whole.
    risk: Mapped[str] = mapped_column(String(32))
    value: Mapped[int] = mapped_column(BigInt)


class Correction(Idempotent, ByOfficial, Base):
    """A unit above, or the issuer, let a unit correct its final report (核报), and why."""

    __tablename__ = "correction"
    __table_args__ = (UniqueConstraint("sender_id", "client_id"),)

    id: Mapped[Id]
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)
    # Of the report that is corrected.
    no: Mapped[int]
    reason: Mapped[str] = mapped_column(String(1000))
    at: Mapped[datetime]
