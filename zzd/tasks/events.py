"""What this package pushes: names, payloads and who hears them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from zzd.orgtree.audiences import ancestor_ids
from zzd.realtime import outbox, rooms
from zzd.tasks import gathered, states
from zzd.tasks.models import Assignment, Directive
from zzd.tasks.states import State

DIRECTIVE_ISSUED = "directive.issued"
DIRECTIVE_COPIED = "directive.copied"
ASSIGNMENT_UPDATED = "assignment.updated"
ROLLUP_UPDATED = "rollup.updated"


def announce_directive(session: Session, directive: Directive, audience_ids: Iterable[int]) -> None:
    """To everybody addressed, by the issuer or by a unit that passed it on."""
    outbox.publish(
        session,
        DIRECTIVE_ISSUED,
        brief(directive),
        rooms=[rooms.audience(audience_id) for audience_id in audience_ids],
    )


def announce_copies(session: Session, directive: Directive, audience_ids: list[int]) -> None:
    """To those who have a copy: there is nothing for them to do."""
    if audience_ids:
        outbox.publish(
            session,
            DIRECTIVE_COPIED,
            brief(directive),
            rooms=[rooms.audience(audience_id) for audience_id in audience_ids],
        )


def brief(directive: Directive) -> dict[str, Any]:
    """What every event about a directive says of it."""
    event = directive.event
    return {
        "directive_id": str(directive.id),
        "title": directive.title,
        "urgency": directive.urgency,
        "event": {
            "id": str(event.id),
            "name": event.name,
            "mode": event.mode,
            "level": event.level,
        },
    }


def announce_assignments(session: Session, assignments: Iterable[Assignment]) -> None:
    """Units moved: to their own officials and the issuer, and to who watches a roll-up above."""
    told, paths = [], defaultdict(list)
    for assignment in assignments:
        directive = assignment.directive
        data = {
            "assignment_id": str(assignment.id),
            "directive_id": str(directive.id),
            "unit_id": str(assignment.unit_id),
            "state": states.standing(State(assignment.state), directive.status).value,
            "mode": directive.event.mode,
        }
        hear = [rooms.unit(assignment.unit_id), rooms.official(directive.official_id)]
        told.append((data, hear))
        paths[directive.id].append(assignment.path)
    outbox.publish_each(session, ASSIGNMENT_UPDATED, told)
    for directive_id, places in paths.items():
        announce_rollups(session, directive_id, places)


def announce_rollup(session: Session, directive_id: int, path: str) -> None:
    """The sums at the unit at ``path`` and at every unit above it changed."""
    announce_sums(session, directive_id, ancestor_ids(path))


def announce_rollups(session: Session, directive_id: int, paths: Iterable[str]) -> None:
    """The same of many units at once: each of those above is named once."""
    found = dict.fromkeys(unit_id for path in paths for unit_id in ancestor_ids(path))
    announce_sums(session, directive_id, list(found))


def announce_sums(session: Session, directive_id: int, unit_ids: list[int]) -> None:
    """The sums at these units changed: to who watches one of them."""
    gathered.tell(session, directive_id, unit_ids, publish_sums)


def publish_sums(session: Session, directive_id: int, unit_ids: list[int]) -> None:
    outbox.publish(
        session,
        ROLLUP_UPDATED,
        {"directive_id": str(directive_id), "unit_ids": [str(unit_id) for unit_id in unit_ids]},
        rooms=[rooms.rollup(directive_id, unit_id) for unit_id in unit_ids],
    )
