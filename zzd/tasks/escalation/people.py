"""Whom steps tell: the officials of today, of a whole batch of units in a few statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, true
from sqlalchemy.orm import Session

from zzd.db import is_one_of, is_postgresql, listed
from zzd.orgtree.models import Official, Post, Unit
from zzd.tasks import places
from zzd.tasks.escalation.meant import ANYBODY, Meant, meant_in

# Of one unit, no more are named; those of other posts than it has are not among them.
MOST_TOLD = 5
# Somebody may hold two posts of a unit, and is named once.
MOST_READ = MOST_TOLD + 1
DUTY_OFFICER = "duty_officer"
# Duties within a unit that a step is for; to these a step goes on where the earlier is vacant.
OWN = ("remind", "deputy", "leader")
DUTIES = OWN[1:]

Person = dict[str, Any]


class Told(NamedTuple):
    """The officials of one unit that a step reaches, and the duties that nobody holds."""

    unit_id: int | None
    role: str
    people: list[Person]
    vacant: list[str]


class Late(NamedTuple):
    """A late assignment, and the step that is to be taken."""

    directive_id: int
    unit_id: int
    path: str
    level: int
    issuer_unit_id: int
    step: str


def find_told(session: Session, late: Sequence[Late]) -> list[Told]:
    """Those whom each step tells, or where nobody holds that post, whom the next would tell.

    After the leader come the duty officers of the units above, the nearest first, as far up as the
    issuer's: those beyond do not know of the directive. However many units there are, it takes two
    statements for each way in which directives address them, and two for each of the others.
    """
    told: dict[int, Told] = {}
    vacant: list[list[str]] = [[] for _ in late]
    # By number, each from the duty on that its step is for.
    own = {number: OWN.index(each.step) for number, each in enumerate(late) if each.step in OWN}
    reminded = [number for number, since in own.items() if since == 0]
    addressed = _addressed(session, late, reminded)
    asked = {late[number].unit_id for number in own if number not in addressed}
    # What a deputy's post is too vacant for goes on to the leader: both are looked up at once.
    holding = _holding(session, asked, DUTIES)
    for place, duty in enumerate(OWN):
        for number, since in own.items():
            if since > place or number in told:
                continue
            unit_id = late[number].unit_id
            people = holding.get((unit_id, duty)) if place else addressed.get(number)
            if people:
                told[number] = Told(unit_id, duty if place else "", people, vacant[number])
            else:
                vacant[number].append(duty)
    above = {
        number: places.above(each.issuer_unit_id, each.path)
        for number, each in enumerate(late)
        if number not in told
    }
    overseeing = {unit_id for units in above.values() for unit_id in units}
    on_duty = _holding(session, overseeing, (DUTY_OFFICER,))
    for number, units in above.items():
        told[number] = _nearest(on_duty, units, vacant[number])
    return [told[number] for number in range(len(late))]


def _nearest(
    on_duty: Mapping[tuple[int, str], list[Person]], unit_ids: Sequence[int], vacant: list[str]
) -> Told:
    for unit_id in unit_ids:
        if people := on_duty.get((unit_id, DUTY_OFFICER)):
            return Told(unit_id, DUTY_OFFICER, people, vacant)
    return Told(None, "", [], [*vacant, "parent"])


def _addressed(
    session: Session, late: Sequence[Late], numbers: Sequence[int]
) -> dict[int, list[Person]]:
    """By number: the first few of its unit whom its directive addresses there, whoever is on duty
    before the others."""
    found: dict[int, list[Person]] = {}
    alike: dict[Meant, list[int]] = defaultdict(list)
    for number, meant in zip(
        numbers, meant_in(session, [late[number] for number in numbers]), strict=True
    ):
        alike[meant].append(number)
    for meant, those in alike.items():
        if not meant:
            continue
        units = {late[number].unit_id for number in those}
        which = _is_meant(meant)
        on_duty = session.execute(_of_duties(session, units, (DUTY_OFFICER,), *which))
        others = session.execute(_first_of_each(session, units, *which))
        people = _named(
            session,
            units,
            [*((row[0], row[2:]) for row in on_duty), *((row[0], row[1:]) for row in others)],
        )
        found.update(
            (number, people[unit]) for number in those if (unit := late[number].unit_id) in people
        )
    return found


def _is_meant(meant: Meant) -> list[ColumnElement[bool]]:
    """The condition on Post: one of these lines and duties."""
    if meant == ANYBODY:
        return []
    return [
        or_(
            *(
                and_(
                    *([Post.line_code == line] if line else []),
                    *([Post.role == role] if role else []),
                )
                for line, role in sorted(meant)
            )
        )
    ]


def _holding(
    session: Session, unit_ids: Collection[int], duties: Sequence[str]
) -> dict[tuple[int, str], list[Person]]:
    """By unit and duty: the first few who hold it there."""
    if not unit_ids:
        return {}
    rows = session.execute(_of_duties(session, unit_ids, duties))
    return _named(session, unit_ids, (((row[0], row[1]), row[2:]) for row in rows))


def _in_office() -> tuple[ColumnElement[bool], ...]:
    """The condition on Post. Those who left are few: nobody's own row is read for it."""
    gone = select(Official.id).where(Official.id == Post.official_id, Official.status != "active")
    return Post.ended_at.is_(None), ~gone.exists()


def _of_duties(
    session: Session, unit_ids: Collection[int], duties: Sequence[str], *which: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Unit, duty, official, name and title of the first few of each duty of each unit."""
    of = (Post.unit_id, Post.role)
    rank = func.row_number().over(partition_by=of, order_by=(Post.order, Post.id))
    ranked = (
        select(*of, Post.official_id, Post.title, rank.label("rank"))
        .where(is_one_of(session, Post.unit_id, unit_ids), Post.role.in_(duties))
        .where(*_in_office(), *which)
        .subquery()
    )
    return (
        select(ranked.c.unit_id, ranked.c.role, Official.id, Official.name, ranked.c.title)
        .join(Official, Official.id == ranked.c.official_id)
        .where(ranked.c.rank <= MOST_READ)
        .order_by(ranked.c.rank)
    )


def _first_of_each(
    session: Session, unit_ids: Collection[int], *which: ColumnElement[bool]
) -> Select[*tuple[Any, ...]]:
    """Unit, official, name and title of the first few of each unit. PostgreSQL reads no more than
    those from the index of their order; SQLite, which cannot be told so, all of the unit."""
    columns = (Post.unit_id, Post.official_id, Post.title, Post.order, Post.id)
    posts = select(*columns).where(*_in_office(), *which)
    if is_postgresql(session):
        unit = listed(unit_ids, "unit")
        first = posts.where(Post.unit_id == unit.c.id).order_by(Post.order, Post.id)
        chosen: Any = first.limit(MOST_READ).lateral("first")
        source = unit.join(chosen, true())
        condition: ColumnElement[bool] = true()
    else:
        rank = func.row_number().over(partition_by=Post.unit_id, order_by=(Post.order, Post.id))
        ranked = posts.add_columns(rank.label("rank")).where(Post.unit_id.in_(unit_ids))
        chosen = source = ranked.subquery()
        condition = chosen.c.rank <= MOST_READ
    return (
        select(chosen.c.unit_id, Official.id, Official.name, chosen.c.title)
        .select_from(source)
        .join(Official, Official.id == chosen.c.official_id)
        .where(condition)
        .order_by(chosen.c.order, chosen.c.id)
    )


def _named(
    session: Session, unit_ids: Collection[int], rows: Iterable[tuple[Any, Sequence[Any]]]
) -> dict[Any, list[Person]]:
    """By key, which is a unit or begins with one: the first few, each once."""
    query = select(Unit.id, Unit.name).where(is_one_of(session, Unit.id, unit_ids))
    names: dict[int, str] = {row.id: row.name for row in session.execute(query)}
    found: dict[Any, list[Person]] = {}
    named: set[tuple[Any, int]] = set()
    for key, (id_, name, title) in rows:
        people = found.setdefault(key, [])
        if len(people) < MOST_TOLD and (key, id_) not in named:
            named.add((key, id_))
            unit_name = names[key if isinstance(key, int) else key[0]]
            people.append({"id": id_, "name": name, "post_title": title, "unit_name": unit_name})
    return found
