"""The figures that stand: each unit's latest, kept where sums read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select
from sqlalchemy.orm import Session

from zzd.orgtree.audiences import PATH_END, spelled_out
from zzd.tasks.ledger.lines import Lines, book_figures
from zzd.tasks.models import Assignment
from zzd.tasks.reporting.models import WHOLE, StandingFigure
from zzd.tasks.reporting.rules import CASUALTIES, Figures


def standing(session: Session, assignment: Assignment) -> Figures | None:
    """The figures of the unit's latest report; None if it has made none. One statement."""
    if assignment.latest_report_id is None:
        return None
    whole: dict[str, int] = {}
    parts: dict[str, dict[str, int]] = {}
    query = select(StandingFigure.key, StandingFigure.risk, StandingFigure.value)
    for row in session.execute(query.where(*_of(assignment))):
        if row.risk == WHOLE:
            whole[row.key] = row.value
        else:
            parts.setdefault(row.key, {})[row.risk] = row.value
    return Figures(whole, parts, {name: getattr(assignment, name) for name in CASUALTIES})


def replace(session: Session, booked: Lines, assignment: Assignment, figures: Figures) -> None:
    """Let these figures stand for the unit, and no earlier ones; what that changes is ``booked``.
    Casualties stand in the assignment's own row (``casualties``)."""
    now = flat(figures)
    before = _withdraw(session, assignment) if assignment.latest_report_id else {}
    unit = {"directive_id": assignment.directive_id, "path": assignment.path}
    rows = [
        {**unit, "key": key, "risk": risk, "value": value} for (key, risk), value in now.items()
    ]
    if rows:
        session.execute(insert(StandingFigure), rows)
    book_figures(
        booked,
        assignment.directive_id,
        assignment.path,
        {**before, **_harmed({name: getattr(assignment, name) for name in CASUALTIES})},
        {**now, **_harmed(figures.casualties)},
    )


def _withdraw(session: Session, assignment: Assignment) -> dict[tuple[str, str], int]:
    """Let nothing of the unit stand; returns what did, as ``flat``. The reports themselves stay."""
    gone = session.execute(
        delete(StandingFigure)
        .where(*_of(assignment))
        .returning(StandingFigure.key, StandingFigure.risk, StandingFigure.value),
        execution_options={"synchronize_session": False},
    )
    return {(key, risk): value for key, risk, value in gone}


def _harmed(casualties: Mapping[str, int | None]) -> dict[tuple[str, str], int]:
    """Casualties as the ledger has them: of a figure without a name."""
    return {("", name): value for name, value in casualties.items() if value is not None}


def flat(figures: Figures) -> dict[tuple[str, str], int]:
    """By key and kind of risk, '' for the whole."""
    return {
        **{(key, WHOLE): value for key, value in figures.whole.items()},
        **{
            (key, risk): value
            for key, parts in figures.parts.items()
            for risk, value in parts.items()
        },
    }


def casualties(figures: Figures) -> dict[str, Any]:
    """The assignment's columns for them; what the report does not say is null."""
    return {name: figures.casualties.get(name) for name in CASUALTIES}


def sums_by(
    session: Session, directive_id: int, path: str, child: int
) -> Mapping[str, Mapping[tuple[str, str], int]]:
    """Sums at and below ``path``, by its descendants' first ``child`` characters, each by key
    and kind of risk. One range of one index."""
    start = func.substr(StandingFigure.path, 1, child).label("child")
    query = (
        select(start, StandingFigure.key, StandingFigure.risk, func.sum(StandingFigure.value))
        .where(*at_and_below(directive_id, path))
        .group_by(start, StandingFigure.key, StandingFigure.risk)
    )
    found: dict[str, dict[tuple[str, str], int]] = {}
    for where, key, risk, value in session.execute(query):
        found.setdefault(where, {})[key, risk] = int(value)
    return found


def at_and_below(directive_id: int, path: str) -> tuple[ColumnElement[bool], ...]:
    """The conditions on StandingFigure, as ``staffing.below`` says them of assignments."""
    return (
        StandingFigure.directive_id == directive_id,
        StandingFigure.path >= spelled_out(path),
        StandingFigure.path < spelled_out(path + PATH_END),
    )


def _of(assignment: Assignment) -> tuple[ColumnElement[bool], ...]:
    return (
        StandingFigure.directive_id == assignment.directive_id,
        StandingFigure.path == assignment.path,
    )
