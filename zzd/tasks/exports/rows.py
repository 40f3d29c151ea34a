"""The units of a directive as rows of a table, read in pages in the order of the tree."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.audit import log as audit
from zzd.db import reading
from zzd.orgtree.audiences import LEVELS, ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy, states
from zzd.tasks.exports.words import (
    CASUALTIES,
    EXERCISE,
    STATES,
    figure_columns,
    file_name,
    moment,
)
from zzd.tasks.models import Assignment, AssignmentMove, Directive
from zzd.tasks.reporting.models import Report
from zzd.tasks.reporting.showing import describe_reports
from zzd.tasks.staffing import below
from zzd.tasks.states import Move, State

# Few enough that SQLite, which stops the process while it reads, gives way soon.
PIECE = 200
OVERDUE = {"acknowledge": "签收超时", "report": "反馈超时", None: ""}
HEADINGS = ("性质", "单位代码", "单位名称", "层级", "市", "县（市、区）", "乡镇（街道）")
COURSE = ("状态", "超时", "送达时间", "阅读时间", "签收时间", "签收人", "首次反馈时间", "办结时间")
REPORT = ("情况说明", "最近反馈人", "最近反馈时间")
ABOVE = (2, 3, 4)

Row = list[str | int | None]


@dataclass(frozen=True, slots=True)
class Export:
    """What somebody may take out of a directive, at and below a unit."""

    directive: Directive
    place: Place
    by: Principal

    @property
    def exercise(self) -> bool:
        return self.directive.event.mode == "exercise"

    @property
    def name(self) -> str:
        return file_name(self.exercise, self.directive.title[:40], self.place.name, "办理明细")

    @property
    def headings(self) -> list[str]:
        figures = [heading for _, _, heading in figure_columns(self.directive.figures)]
        hurt = [f"{word}（人）" for word in CASUALTIES.values()]
        return [*HEADINGS, *COURSE, *figures, *hurt, *REPORT]

    def pages(self) -> Iterator[list[Row]]:
        """Each in its own short transaction, so that a slow reader holds up nobody."""
        after = ""
        while True:
            with reading() as session:
                query = (
                    select(Assignment)
                    .where(*below(self.directive.id, self.place.path), Assignment.path > after)
                    .order_by(Assignment.path)
                    .limit(PIECE)
                )
                found = list(session.scalars(query))
                rows = _rows(session, self, found)
            if rows:
                yield rows
            if len(found) < PIECE:
                return
            after = found[-1].path
            # To whoever waits.
            time.sleep(0)


def open_export(
    session: Session, *, by: Principal, directive_id: int, unit_id: int | None, format_: str
) -> Export:
    """Whoever sees the roll-up at a unit may take it away; it is recorded. Raises NotFound."""
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.export")
    audit.append(
        session,
        "directive.export",
        by=by,
        object_kind="directive",
        object_id=directive.id,
        unit_id=place.id,
        format=format_,
    )
    return Export(directive, place, by)


def _rows(session: Session, export: Export, found: Sequence[Assignment]) -> list[Row]:
    directive, rev = export.directive, export.directive.rev
    chains = {row.id: ancestor_ids(row.path) for row in found}
    places = units_as_of(session, {(unit, rev) for chain in chains.values() for unit in chain})
    acknowledged = _acknowledged_by(session, [row.id for row in found])
    latest = Report.id.in_([row.latest_report_id for row in found if row.latest_report_id])
    reports = {
        report["assignment_id"]: report for report in describe_reports(session, export.by, latest)
    }
    kind = EXERCISE if export.exercise else "实战"
    rows: list[Row] = []
    for row in found:
        above = {places[unit, rev].level: places[unit, rev].name for unit in chains[row.id]}
        own, report = places[row.unit_id, rev], reports.get(row.id)
        due = row.due_at if directive.status == "open" else None
        by = report["by"] if report else None
        rows.append(
            [
                kind,
                own.code,
                own.name,
                LEVELS[row.level],
                *(above.get(level, "") for level in ABOVE),
                STATES[states.standing(State(row.state), directive.status).value],
                OVERDUE[states.overdue(State(row.state), due, clock.now())],
                moment(row.delivered_at),
                moment(row.read_at),
                moment(row.acknowledged_at),
                acknowledged.get(row.id, ""),
                moment(row.reported_at),
                moment(row.completed_at),
                *_numbers(directive, report),
                (report["text"] or "") if report else "",
                f"{by['name']}（{by['unit_name']}{by['post_title']}）" if by else "",
                moment(report["created_at"]) if report else "",
            ]
        )
    return rows


def _numbers(directive: Directive, report: dict[str, Any] | None) -> list[int | None]:
    """What the unit reported last, so that a column adds up to the roll-up's number."""
    columns = figure_columns(directive.figures)
    if report is None:
        return [None] * (len(columns) + len(CASUALTIES))
    return [
        *(
            report["figures"].get(key) if risk is None else report["by_risk"].get(key, {}).get(risk)
            for key, risk, _ in columns
        ),
        *(report["casualties"][key] for key in CASUALTIES),
    ]


def _acknowledged_by(session: Session, ids: Sequence[int]) -> dict[int, str]:
    query = select(AssignmentMove).where(
        AssignmentMove.assignment_id.in_(ids), AssignmentMove.move == Move.ACKNOWLEDGE.value
    )
    return {
        move.assignment_id: f"{move.official_name}（{move.unit_name}{move.post_title}）"
        for move in session.scalars(query)
    }
