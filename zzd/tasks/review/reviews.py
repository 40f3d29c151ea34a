"""The review of a directive at a unit: a film of its counties, how long it took, who was rung."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import PATH_SEGMENT, Principal
from zzd.tasks import policy
from zzd.tasks.details import describe_levels
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Directive
from zzd.tasks.picture import late
from zzd.tasks.picture.models import LateCall
from zzd.tasks.picture.pictures import COUNTY
from zzd.tasks.picture.rules import width_for
from zzd.tasks.review.escalated import escalated
from zzd.tasks.review.reading import Story, stories
from zzd.tasks.review.replaying import COUNTS, Film, changes
from zzd.tasks.review.timings import summed_up
from zzd.tasks.states import Move

# The part that is everything at and below the unit.
ALL = ""
MOST_CALLS = 100

# What is timed together: of which kind, and which one of it.
Group = tuple[str, str | int]


def review(
    session: Session, *, by: Principal, directive_id: int, unit_id: int | None
) -> dict[str, Any]:
    """How it went at and below a unit, by default the caller's own.

    All of it follows from the history, which nobody changes: ``history_sha256`` is that of the
    moves, ``sha256`` that of everything said here but the moment of asking. Raises NotFound.
    """
    directive, place = policy.access_rollup(session, by, directive_id, unit_id, "directive.review")
    now, ended_at = clock.now(), endings.ended_at(session, directive)
    # By the clock of another process it may have ended before it was issued.
    end = max(directive.issued_at, min(now, ended_at) if ended_at else now)
    width = width_for(end - directive.issued_at)
    step = timedelta(seconds=width)
    frames = int((end - directive.issued_at) / step) + 2
    seen = Seen(Film(directive.issued_at, step, frames), place.level)
    for story in stories(session, directive, place.path):
        seen.add(story, ended_at)
    in_counties = [path for kind, path in seen.addressed if kind == "county"]
    said = {
        "directive_id": directive.id,
        "unit": place,
        "start": directive.issued_at,
        "end": end,
        "step_seconds": width,
        "frames": frames,
        "counts": list(COUNTS),
        "total": _shots(seen.film, ALL),
        "counties": [
            {
                "unit": county,
                "shots": _shots(seen.film, path),
                "timing": seen.timing("county", path),
            }
            for path, county in _counties(session, directive, in_counties)
        ],
        "levels": [
            {"level": level, **seen.timing(kind, level)}
            for kind, level in sorted(seen.addressed, key=str)
            if kind == "level"
        ],
        "timing": seen.timing("all", ALL),
        "response_levels": describe_levels(directive.event),
        "calls": _calls(session, directive, place),
        **escalated(session, directive, place),
        "moves": seen.moves,
        "history_sha256": seen.digest.hexdigest(),
    }
    return {**said, "sha256": _digest(said), "at": now}


class Seen:
    """What is made of histories as they go by: the film, how long acknowledging took (by group: all,
    each level, each county below a unit of level ``level``), a digest of their moves."""

    def __init__(self, film: Film, level: int) -> None:
        self.film, self.level = film, level
        self.addressed: dict[Group, int] = defaultdict(int)
        self.delays: dict[Group, list[float]] = defaultdict(list)
        self.digest, self.moves = hashlib.sha256(), 0

    def add(self, story: Story, ended_at: datetime | None) -> None:
        past, made = story.past, changes(story.past, ended_at)
        county = story.path[: COUNTY * PATH_SEGMENT]
        in_county = story.level >= COUNTY >= self.level
        for part in (ALL, county) if in_county else (ALL,):
            self.film.add(part, made)
        moment = {step.move: step.at for step in reversed(past.steps)}
        acknowledged, handed_over = moment.get(Move.ACKNOWLEDGE), Move.TRANSFER in moment
        groups: list[Group] = [("all", ALL), ("level", story.level)]
        groups += [("county", county)] if in_county else []
        for group in groups:
            # What was handed over is timed where it went.
            self.addressed[group] += not handed_over
            if acknowledged is not None and not handed_over:
                self.delays[group].append((acknowledged - past.issued_at).total_seconds())
        self.digest.update(orjson.dumps([story.id, story.path, story.rows]))
        self.moves += len(story.rows)

    def timing(self, *group: Any) -> dict[str, Any]:
        return summed_up(self.delays[group], self.addressed[group])


def _shots(film: Film, part: str) -> list[dict[str, Any]]:
    return [{"frame": frame, "counts": counts} for frame, counts in film.shots(part)]


def _counties(session: Session, directive: Directive, paths: list[Any]) -> list[tuple[str, Place]]:
    ids = {path: ancestor_ids(path)[-1] for path in paths}
    places = units_as_of(session, [(unit_id, directive.rev) for unit_id in ids.values()])
    found = [(path, places[ids[path], directive.rev]) for path in paths]
    return sorted(found, key=lambda pair: pair[1].code)


def _calls(session: Session, directive: Directive, place: Place) -> list[dict[str, Any]]:
    """Who rang those that were late, at this unit or below it."""
    query = (
        select(LateCall)
        .where(LateCall.directive_id == directive.id)
        .order_by(LateCall.id)
        .limit(MOST_CALLS)
    )
    calls = list(session.scalars(query))
    places = units_as_of(session, [(call.unit_id, directive.rev) for call in calls])
    return [
        {**late.describe(call), "unit": places[call.unit_id, directive.rev]}
        for call in calls
        if places[call.unit_id, directive.rev].path.startswith(place.path)
    ]


def _digest(said: dict[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()
