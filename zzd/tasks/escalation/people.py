"""Whom a step tells: the officials of today, of many units in two statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from zzd.db import is_one_of
from zzd.orgtree.models import Official, Post, Unit
from zzd.tasks import places, policy
from zzd.tasks.models import Assignment

# Of one unit, no more are named; those of other posts than it has are not among them.
MOST_TOLD = 5
DUTY_OFFICER = "duty_officer"
# Duties within a unit that a step is for; to these a step goes on where the earlier is vacant.
OWN = ("remind", "deputy", "leader")

Person = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """The officials of one unit that a step reaches, and the duties that nobody holds."""

    unit_id: int | None
    role: str
    people: list[Person]
    vacant: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Late:
    """A late assignment, and the step that is to be taken."""

    id: int
    unit_id: int
    path: str
    issuer_unit_id: int
    step: str


def find_told(session: Session, late: Sequence[Late]) -> dict[int, Told]:
    """Those whom each step tells, or where nobody holds that post, whom the next would tell.

    After the leader come the duty officers of the units above, the nearest first, as far up as the
    issuer's: those beyond do not know of the directive. By assignment, in a statement for each duty
    that is asked for, however many they are.
    """
    told: dict[int, Told] = {}
    vacant: dict[int, list[str]] = {each.id: [] for each in late}
    waiting: list[Late] = []
    for duty in OWN:
        waiting += [each for each in late if each.step == duty]
        found = _holders(session, [each.id for each in waiting], duty) if waiting else {}
        for each in waiting:
            if people := found.get(each.id):
                role = "" if duty == "remind" else duty
                told[each.id] = Told(each.unit_id, role, people, vacant[each.id])
            else:
                vacant[each.id].append(duty)
        waiting = [each for each in waiting if each.id not in told]
    waiting += [each for each in late if each.step not in OWN]
    above = {each.id: places.above(each.issuer_unit_id, each.path) for each in waiting}
    on_duty = _on_duty(session, {unit_id for units in above.values() for unit_id in units})
    for each in waiting:
        told[each.id] = _nearest(on_duty, above[each.id], vacant[each.id])
    return told


def _nearest(
    on_duty: Mapping[int, list[Person]], unit_ids: Sequence[int], vacant: list[str]
) -> Told:
    for unit_id in unit_ids:
        if people := on_duty.get(unit_id):
            return Told(unit_id, DUTY_OFFICER, people, vacant)
    return Told(None, "", [], [*vacant, "parent"])


def _holders(session: Session, ids: Sequence[int], duty: str) -> dict[int, list[Person]]:
    """By assignment: the first few of its unit who hold a duty there, or whom it addresses."""
    meant = policy.addressed(Post.line_code, Post.role) if duty == "remind" else Post.role == duty
    # Whoever is on duty is called first.
    order = (case((Post.role == DUTY_OFFICER, 0), else_=1), Post.order, Post.id)
    ranked = (
        select(
            Assignment.id.label("assignment_id"),
            Official.id,
            Official.name,
            Post.title,
            Post.unit_id,
            func.row_number().over(partition_by=Assignment.id, order_by=order).label("rank"),
        )
        .join(Post, Post.unit_id == Assignment.unit_id)
        .join(Official, Official.id == Post.official_id)
        .where(
            is_one_of(session, Assignment.id, ids),
            Post.ended_at.is_(None),
            Official.status == "active",
            meant,
        )
        .subquery()
    )
    query = (
        select(ranked.c.assignment_id, ranked.c.id, ranked.c.name, ranked.c.title, Unit.name)
        .join(Unit, Unit.id == ranked.c.unit_id)
        # Somebody may hold two posts of the unit, and is named once.
        .where(ranked.c.rank <= MOST_TOLD + 1)
        .order_by(ranked.c.rank)
    )
    found: dict[int, list[Person]] = defaultdict(list)
    for assignment_id, *person in session.execute(query):
        _add(found[assignment_id], person)
    return found


def _on_duty(session: Session, unit_ids: Collection[int]) -> dict[int, list[Person]]:
    found: dict[int, list[Person]] = defaultdict(list)
    if not unit_ids:
        return found
    query = (
        select(Post.unit_id, Official.id, Official.name, Post.title, Unit.name)
        .join(Official, Official.id == Post.official_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(
            is_one_of(session, Post.unit_id, unit_ids),
            Post.role == DUTY_OFFICER,
            Post.ended_at.is_(None),
            Official.status == "active",
        )
        .order_by(Post.order, Post.id)
    )
    for unit_id, *person in session.execute(query):
        _add(found[unit_id], person)
    return found


def _add(people: list[Person], person: Sequence[Any]) -> None:
    id_, name, title, unit_name = person
    if len(people) < MOST_TOLD and all(other["id"] != id_ for other in people):
        people.append({"id": id_, "name": name, "post_title": title, "unit_name": unit_name})
