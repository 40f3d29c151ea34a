"""The review of a directive at a unit: a film of its counties, how long it took, who was rung."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.past import Place, units_as_of
from zzd.principal import PATH_SEGMENT, Principal
from zzd.tasks import policy
from zzd.tasks.lifecycle import endings
from zzd.tasks.models import Directive
from zzd.tasks.picture import late
from zzd.tasks.picture.models import LateCall
from zzd.tasks.picture.pictures import COUNTY
from zzd.tasks.picture.rules import width_for
from zzd.tasks.review.escalated import escalated
from zzd.tasks.review.reading import stories
from zzd.tasks.review.replaying import COUNTS, Film, changes
from zzd.tasks.review.timings import summed_up
from zzd.tasks.states import Move

# The part that is everything at and below the unit.
ALL = ""
MOST_CALLS = 100


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
    film = Film(directive.issued_at, step, frames)
    delays: dict[tuple[str, str | int], list[float]] = defaultdict(list)
    addressed: dict[tuple[str, str | int], int] = defaultdict(int)
    digest, moves = hashlib.sha256(), 0
    for story in stories(session, directive, place.path):
        past, made = story.past, changes(story.past, ended_at)
        county = story.path[: COUNTY * PATH_SEGMENT]
        in_county = story.level >= COUNTY >= place.level
        for part in (ALL, county) if in_county else (ALL,):
            film.add(part, made)
        moment = {step.move: step.at for step in reversed(past.steps)}
        acknowledged, handed_over = moment.get(Move.ACKNOWLEDGE), Move.TRANSFER in moment
        groups: list[tuple[str, str | int]] = [("all", ALL), ("level", story.level)]
        groups += [("county", county)] if in_county else []
        for group in groups:
            # What was handed over is timed where it went.
            addressed[group] += not handed_over
            if acknowledged is not None and not handed_over:
                delays[group].append((acknowledged - past.issued_at).total_seconds())
        digest.update(orjson.dumps([story.id, story.path, story.rows]))
        moves += len(story.rows)
    counties = _counties(session, directive, [path for kind, path in addressed if kind == "county"])
    said = {
        "directive_id": directive.id,
        "unit": place,
        "start": directive.issued_at,
        "end": end,
        "step_seconds": width,
        "frames": frames,
        "counts": list(COUNTS),
        "total": _shots(film, ALL),
        "counties": [
            {
                "unit": county,
                "shots": _shots(film, path),
                "timing": summed_up(delays["county", path], addressed["county", path]),
            }
            for path, county in counties
        ],
        "levels": [
            {"level": level, **summed_up(delays[kind, level], addressed[kind, level])}
            for kind, level in sorted(addressed, key=str)
            if kind == "level"
        ],
        "timing": summed_up(delays["all", ALL], addressed["all", ALL]),
        "response_levels": [
            {"level": row.level, "at": row.at, "by": row.by, "reason": row.reason}
            for row in directive.event.levels
        ],
        "calls": _calls(session, directive, place),
        **escalated(session, directive, place),
        "moves": moves,
        "history_sha256": digest.hexdigest(),
    }
    return {**said, "sha256": _digest(said), "at": now}


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
