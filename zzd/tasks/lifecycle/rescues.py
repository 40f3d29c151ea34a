"""Rescues that are open: what holds up an all-clear, through all versions of a directive.

What a unit said last counts, in whatever version it said it and however late: a newer version or a
cancel ends an order and brings nobody to safety.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from zzd.db import is_one_of
from zzd.orgtree.past import Place, units_as_of
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.problems import RescuesOpen
from zzd.tasks.reporting.models import Report
from zzd.tasks.staffing import below

NAMED_RESCUES = 20


@dataclass(frozen=True, slots=True)
class Word:
    """What a unit said of its rescues under a version of a directive; ``line``: its first version."""

    unit_id: int
    line: int
    directive_id: int
    at: datetime
    rescue_open: bool


def lines_of(versions: Iterable[tuple[int, int | None]]) -> dict[int, int]:
    """By directive the first version of its line, of ``(id, supersedes_id)`` pairs. Pure."""
    first: dict[int, int] = {}
    for id_, before in sorted(versions):
        first[id_] = id_ if before is None else first.get(before, id_)
    return first


def still_open(words: Iterable[Word]) -> list[Word]:
    """The last word of each unit in each line, where people are still being rescued. Pure.

    Of two at the same moment the one that says it is over.
    """
    last = {}
    for word in sorted(words, key=lambda each: (each.at, not each.rescue_open)):
        last[word.unit_id, word.line] = word
    return [word for word in last.values() if word.rescue_open]


def open_rescues(
    session: Session, event_id: int, directive_ids: Sequence[int], place: Place | None = None
) -> list[dict[str, Any]]:
    """The units that are rescuing people under these directives of an event, or under versions
    that they took the place of; at and below ``place`` alone, if one is given. By place."""
    if not directive_ids:
        return []
    versions = session.execute(
        select(Directive.id, Directive.supersedes_id, Directive.rev, Directive.title).where(
            Directive.event_id == event_id
        )
    ).all()
    lines = lines_of((row.id, row.supersedes_id) for row in versions)
    meant = {lines[id_] for id_ in directive_ids}
    rows = {row.id: row for row in versions if lines[row.id] in meant}
    paths = dict.fromkeys(rows, "")
    if place is not None:
        # Each version keeps the shape of the tree of its day.
        then = units_as_of(session, {(place.id, row.rev) for row in rows.values()})
        paths = {
            id_: then[place.id, row.rev].path
            for id_, row in rows.items()
            if (place.id, row.rev) in then
        }
    within = or_(*(and_(*below(id_, path)) for id_, path in paths.items()))
    words = still_open(_words(session, lines, within))
    places = units_as_of(session, {(word.unit_id, rows[word.directive_id].rev) for word in words})
    found = [(places[word.unit_id, rows[word.directive_id].rev], word) for word in words]
    return [
        {
            "id": str(where.id),
            "name": where.name,
            "directive_id": str(word.directive_id),
            "title": rows[word.directive_id].title,
        }
        for where, word in sorted(found, key=lambda pair: (pair[0].path, pair[1].directive_id))
    ]


def _words(session: Session, lines: dict[int, int], within: ColumnElement[bool]) -> list[Word]:
    """All that was said by units that ever said that they are rescuing people: they are few."""
    rescuing = (
        select(Assignment.unit_id)
        .join(Report, Report.assignment_id == Assignment.id)
        .where(within, Report.rescue_open.is_(True))
    )
    units = session.scalars(rescuing.distinct()).all()
    if not units:
        return []
    theirs = (within, is_one_of(session, Assignment.unit_id, units))
    reports = session.execute(
        select(Assignment.unit_id, Assignment.directive_id, Report.created_at, Report.rescue_open)
        .join(Report, Report.assignment_id == Assignment.id)
        .where(*theirs)
    ).all()
    # A unit that completes says that it is over, or why it completes all the same.
    completed = session.execute(
        select(Assignment.unit_id, Assignment.directive_id, Assignment.completed_at).where(*theirs)
    ).all()
    words = [(*row[:3], bool(row.rescue_open)) for row in reports]
    words += [(unit, id_, at, False) for unit, id_, at in completed if at is not None]
    return [Word(unit, lines[id_], id_, at, open_) for unit, id_, at, open_ in words]


def require_rescues_over(
    session: Session,
    event_id: int,
    directive_ids: Sequence[int],
    override_reason: str | None,
    place: Place | None = None,
) -> int:
    """How many units are still rescuing people under these directives (see open_rescues).

    Raises RescuesOpen, naming the first of them, unless there is a reason to go on.
    """
    found = open_rescues(session, event_id, directive_ids, place)
    if found and override_reason is None:
        detail = f"In {len(found)} units people are still being rescued"
        raise RescuesOpen(detail, count=len(found), units=found[:NAMED_RESCUES])
    return len(found)
