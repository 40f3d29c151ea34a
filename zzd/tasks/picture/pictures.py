"""The picture at a unit: its counties and levels as they are now, and how it came to that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, extract, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import PATH_SEGMENT, Principal
from zzd.tasks import policy
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.picture import rules
from zzd.tasks.rollups import COUNTS, counts_for
from zzd.tasks.staffing import below, not_handed_over

COUNTY = 3
SERIES = ("addressed", "acknowledged", "reported")


def show_picture(
    session: Session, *, by: Principal, directive_id: int, unit_id: int | None
) -> dict[str, Any]:
    """The picture at a unit, by default the caller's own; the right is that of the roll-up.

    Two ranges of the index, grouped where they lie; the number of statements is the same for
    one village and for all of them. Raises NotFound.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.picture")
    counties, levels = _by_county_and_level(session, directive, place)
    return {
        "directive_id": directive.id,
        "unit": place,
        "counties": _as_shown(session, directive, counties),
        "levels": [{"level": level, **counts} for level, counts in sorted(levels.items())],
        "series": series(session, directive, place),
        "at": clock.now(),
    }


def _by_county_and_level(
    session: Session, directive: Directive, place: Place
) -> tuple[dict[str, dict[str, int]], dict[int, dict[str, int]]]:
    """The counts by the county's path, and by level."""
    county = func.substr(Assignment.path, 1, COUNTY * PATH_SEGMENT).label("county")
    found = session.execute(
        select(county, Assignment.level, *counts_for(directive))
        .where(*below(directive.id, place.path), not_handed_over())
        .group_by(county, Assignment.level)
    )
    counties: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    levels: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for path, level, *counts in found:
        # Units above the counties are in none, and a part of one is no county.
        parts = [levels[level]]
        if level >= COUNTY >= place.level:
            parts.append(counties[path])
        for part in parts:
            for name, count in zip(COUNTS, counts, strict=True):
                part[name] += count
    return counties, levels


def _as_shown(
    session: Session, directive: Directive, counties: dict[str, dict[str, int]]
) -> list[dict[str, Any]]:
    ids = {path: ancestor_ids(path)[-1] for path in counties}
    places = units_as_of(session, [(unit_id, directive.rev) for unit_id in ids.values()])
    shown = [
        {"unit": places[ids[path], directive.rev], "state": rules.state_of(counts), **counts}
        for path, counts in counties.items()
    ]
    return sorted(shown, key=lambda county: str(county["unit"].code))


def series(session: Session, directive: Directive, place: Place) -> dict[str, Any]:
    """How many had the directive, had acknowledged and had reported, over time.

    ``points`` are the ends of those steps in which something changed, each with the sums until
    then. One range, divided into steps by the database.
    """
    now, start = clock.now(), directive.issued_at
    width = rules.width_for(_end(directive, now) - start)
    steps = [
        _step(column, width).label(name)
        for name, column in (
            ("issued", Assignment.issued_at),
            ("acknowledged", Assignment.acknowledged_at),
            ("reported", Assignment.reported_at),
        )
    ]
    found = session.execute(
        select(*steps, func.count())
        .where(*below(directive.id, place.path), not_handed_over())
        .group_by(*steps)
    )
    return {
        "start": start,
        "step_seconds": width,
        "points": _points([(tuple(row[:3]), int(row[3])) for row in found], width, now),
    }


def _end(directive: Directive, now: datetime) -> datetime:
    """Until when there was something to wait for."""
    return now if directive.status == "open" else (directive.event.closed_at or now)


def _step(column: Any, width: int) -> ColumnElement[Any]:
    """The beginning of the step in which a moment lies, in seconds."""
    seconds = extract("epoch", column)
    # Not divided: PostgreSQL would round, and the result is the same on both.
    return seconds - seconds % width


def _points(
    found: Iterable[tuple[tuple[Any, ...], int]], width: int, now: datetime
) -> list[dict[str, Any]]:
    changes: dict[int, list[int]] = defaultdict(lambda: [0] * len(SERIES))
    for beginnings, count in found:
        for index, beginning in enumerate(beginnings):
            if beginning is not None:
                changes[int(beginning)][index] += count
    sums, points = [0] * len(SERIES), []
    for beginning, added in sorted(changes.items()):
        sums = [one + more for one, more in zip(sums, added, strict=True)]
        end = datetime.fromtimestamp(beginning, UTC) + timedelta(seconds=width)
        points.append({"at": min(end, now), **dict(zip(SERIES, sums, strict=True))})
    return points
