"""The picture at a unit: its counties and levels as they are now, and how it came to that.

Above the counties it is read from the ledger, whatever the number of units; at a county and below
from the assignments, which are few there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import Principal
from zzd.tasks import policy
from zzd.tasks.ledger import balances, course
from zzd.tasks.ledger.lines import DEEPEST, level_of, tells_level
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.picture import rules
from zzd.tasks.rollups import COUNTS, counts_for, counts_of
from zzd.tasks.staffing import below, not_handed_over

COUNTY = 3
SERIES = ("addressed", "acknowledged", "reported")

# The path of a county, or of a unit above it, the level of units there, and their counts.
Parts = Iterable[tuple[str, int, dict[str, int]]]


def show_picture(
    session: Session, *, by: Principal, directive_id: int, unit_id: int | None
) -> dict[str, Any]:
    """The picture at a unit, by default the caller's own; the right is that of the roll-up.

    The number of statements is the same for one village and for all of them. Raises NotFound.
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
    read = _from_ledger if balances.holds(place.path) else _from_assignments
    counties: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    levels: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for path, level, counts in read(session, directive, place):
        # Units above the counties are in none, and a part of one is no county.
        parts = [levels[level]]
        if level >= COUNTY >= place.level:
            parts.append(counties[path])
        for part in parts:
            for name in COUNTS:
                part[name] += counts[name]
    return counties, levels


def _from_ledger(session: Session, directive: Directive, place: Place) -> Parts:
    found = balances.read_places(session, directive.id, place.path, clock.now())
    if not all(map(tells_level, found)):
        yield from _from_assignments(session, directive, place)
        return
    single = {where: ancestor_ids(where)[-1] for where in found if level_of(where) is None}
    units = units_as_of(session, [(unit_id, directive.rev) for unit_id in single.values()])
    for where, balance in found.items():
        level = level_of(where) or units[single[where], directive.rev].level
        yield where[:DEEPEST], level, counts_of(directive, balance)


def _from_assignments(session: Session, directive: Directive, place: Place) -> Parts:
    county = func.substr(Assignment.path, 1, DEEPEST).label("county")
    found = session.execute(
        select(county, Assignment.level, *counts_for(directive))
        .where(*below(directive.id, place.path), not_handed_over())
        .group_by(county, Assignment.level)
    )
    for path, level, *counts in found:
        yield path, level, dict(zip(COUNTS, counts, strict=True))


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
    then.
    """
    now, start = clock.now(), directive.issued_at
    kept = course.holds(place.path)
    span = _end(directive, now) - start
    width = rules.width_for(span, least=course.STEP if kept else 1)
    read = course.read if kept else _course_of_assignments
    return {
        "start": start,
        "step_seconds": width,
        "points": _points(read(session, directive.id, place.path, width), width, now),
    }


def _end(directive: Directive, now: datetime) -> datetime:
    """Until when there was something to wait for."""
    return now if directive.status == "open" else (directive.event.closed_at or now)


def _course_of_assignments(
    session: Session, directive_id: int, path: str, width: int
) -> Iterable[tuple[int, int, int]]:
    """The same as ``course.read``, from the units themselves."""
    steps = [
        course.step_of(getattr(Assignment, name), width).label(name) for name in course.MOMENTS
    ]
    found = session.execute(
        select(*steps, func.count())
        .where(*below(directive_id, path), not_handed_over())
        .group_by(*steps)
    )
    for *beginnings, count in found:
        for number, beginning in enumerate(beginnings):
            if beginning is not None:
                yield number, int(beginning), int(count)


def _points(
    found: Iterable[tuple[int, int, int]], width: int, now: datetime
) -> list[dict[str, Any]]:
    changes: dict[int, list[int]] = defaultdict(lambda: [0] * len(SERIES))
    for number, beginning, count in found:
        changes[beginning][number] += count
    sums, points = [0] * len(SERIES), []
    for beginning, added in sorted(changes.items()):
        sums = [one + more for one, more in zip(sums, added, strict=True)]
        end = datetime.fromtimestamp(beginning, UTC) + timedelta(seconds=width)
        points.append({"at": min(end, now), **dict(zip(SERIES, sums, strict=True))})
    return points
