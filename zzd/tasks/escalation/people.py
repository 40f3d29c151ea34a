"""Whom a step tells: the officials of today, of many units in two statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import case, or_, select
from sqlalchemy.orm import Session

from zzd.db import is_one_of
from zzd.orgtree.audiences import ancestor_ids
from zzd.orgtree.models import Official, Post, Unit
from zzd.tasks import policy
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


@dataclass(slots=True)
class Staff:
    """Who can be told: by assignment and duty, and by unit the officers on duty."""

    own: Mapping[int, Mapping[str, list[Person]]]
    on_duty: Mapping[int, list[Person]]

    def reached_by(self, step: str, *, assignment_id: int, unit_id: int, path: str) -> Told:
        """Those whom a step tells, or where nobody holds that post, whom the next would tell.

        After the leader come the duty officers of the units above, the nearest first.
        """
        vacant: list[str] = []
        if step in OWN:
            for duty in OWN[OWN.index(step) :]:
                if people := self.own[assignment_id].get(duty):
                    return Told(unit_id, "" if duty == "remind" else duty, people, vacant)
                vacant.append(duty)
        for above in reversed(ancestor_ids(path)[:-1]):
            if people := self.on_duty.get(above):
                return Told(above, DUTY_OFFICER, people, vacant)
        return Told(None, "", [], [*vacant, "parent"])


def find_staff(session: Session, places: Sequence[tuple[int, str]]) -> Staff:
    """Of assignments, by id and path. Two statements, however many they are."""
    ids = [assignment_id for assignment_id, _ in places]
    addressed = case((policy.addressed(Post.line_code, Post.role), 1), else_=0)
    own: dict[int, dict[str, list[Person]]] = defaultdict(lambda: defaultdict(list))
    query = (
        select(Assignment.id, addressed, *PERSON)
        .join(Post, Post.unit_id == Assignment.unit_id)
        .join(Official, Official.id == Post.official_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(
            is_one_of(session, Assignment.id, ids),
            Post.ended_at.is_(None),
            Official.status == "active",
            or_(addressed == 1, Post.role.in_(("deputy", "leader"))),
        )
        # Whoever is on duty is called first.
        .order_by(case((Post.role == DUTY_OFFICER, 0), else_=1), Post.order, Post.id)
    )
    for assignment_id, meant, role, *person in session.execute(query):
        duties = (["remind"] if meant else []) + ([role] if role in OWN else [])
        for duty in duties:
            _add(own[assignment_id][duty], person)
    return Staff(own, _on_duty(session, (path for _, path in places)))


PERSON = (Post.role, Official.id, Official.name, Post.title, Unit.name)


def _on_duty(session: Session, paths: Iterable[str]) -> dict[int, list[Person]]:
    above = {unit_id for path in paths for unit_id in ancestor_ids(path)[:-1]}
    found: dict[int, list[Person]] = defaultdict(list)
    query = (
        select(Post.unit_id, *PERSON[1:])
        .join(Official, Official.id == Post.official_id)
        .join(Unit, Unit.id == Post.unit_id)
        .where(
            is_one_of(session, Post.unit_id, above),
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
