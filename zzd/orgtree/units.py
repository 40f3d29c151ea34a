"""Reading the tree: units, what is above and below them, as they are and as they were."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from zzd.errors import Invalid, NotFound
from zzd.orgtree import search
from zzd.orgtree.audiences import LEVELS, PATH_END, ancestor_ids, levels_of, units_in
from zzd.orgtree.models import OrgState, Unit, UnitVersion
from zzd.orgtree.reach import as_audience, holds_unit, ids_shown
from zzd.orgtree.revisions import in_block
from zzd.orgtree.terms import normalise
from zzd.principal import PATH_SEGMENT, Reach

COUNTS, COUNTS_KEPT = "zzd.unit_counts", 10_000


@dataclass(frozen=True, slots=True)
class UnitCard:
    """A unit as shown: with the names of all above it, and whether anything is below."""

    id: int
    code: str
    name: str
    level: int
    parent_id: int | None
    path: str
    status: str
    successor_id: int | None
    full_name: str
    has_children: bool


def revision(session: Session) -> int:
    """The number of the tree's present shape."""
    return session.execute(select(OrgState.rev)).scalar_one()


def get_unit(session: Session, unit_id: int) -> Unit:
    """Raises NotFound."""
    if (unit := session.get(Unit, unit_id)) is None:
        raise NotFound
    return unit


def full_names(
    session: Session, paths: Iterable[str], *, reach: Reach | None = None
) -> dict[str, str]:
    """浙江省台州市温岭市石塘镇: the names down each path, in one statement for all of them."""
    shown = {path: ids_shown(path, reach) for path in set(paths)}
    wanted = {unit_id for ids in shown.values() for unit_id in ids}
    names: dict[int, str] = dict(
        session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(wanted))).all()
    )
    return {path: "".join(names[unit_id] for unit_id in ids) for path, ids in shown.items()}


def describe_units(
    session: Session, units: Sequence[Unit], *, reach: Reach | None = None
) -> list[UnitCard]:
    """The units' cards, in two statements however many they are; three for an app's reach if
    some have successors."""
    if not units:
        return []
    names = full_names(session, [unit.path for unit in units], reach=reach)
    child = aliased(Unit)
    below = select(child.id).where(child.parent_id == Unit.id, child.status == "active").exists()
    if reach is not None:
        below = select(child.id).where(child.parent_id == Unit.id, _in_reach(reach, child)).exists()
    known = _known_of(session, {unit.successor_id for unit in units} - {None}, reach)
    parents = set(
        session.scalars(select(Unit.id).where(Unit.id.in_([unit.id for unit in units]), below))
    )
    return [
        UnitCard(
            id=unit.id,
            code=unit.code,
            name=unit.name,
            level=unit.level,
            parent_id=_parent_shown(unit.parent_id, unit.path, reach),
            path=unit.path,
            status=unit.status,
            successor_id=unit.successor_id if known(unit.successor_id) else None,
            full_name=names[unit.path],
            has_children=unit.id in parents,
        )
        for unit in units
    ]


def _parent_shown(parent_id: int | None, path: str, reach: Reach | None) -> int | None:
    """The unit directly above, unless an app may not know of it."""
    above = path[:-PATH_SEGMENT]
    known = reach is None or reach.holds_unit(above, len(above) // PATH_SEGMENT)
    return parent_id if known else None


def _in_reach(reach: Reach, unit: type[Unit] = Unit) -> ColumnElement[bool]:
    return units_in(as_audience(reach), unit)


def _known_of(
    session: Session, ids: Iterable[int | None], reach: Reach | None
) -> Callable[[int | None], bool]:
    """Which of these units an app may know of."""
    ids = list(ids)
    if reach is None or not ids:
        return lambda _unit_id: True
    found = session.scalars(select(Unit).where(Unit.id.in_(ids)))
    return {unit.id for unit in found if holds_unit(reach, unit)}.__contains__


def describe_unit(session: Session, unit_id: int, *, reach: Reach | None = None) -> UnitCard:
    """Raises NotFound."""
    return describe_units(session, [get_unit(session, unit_id)], reach=reach)[0]


def describe_unit_as_of(
    session: Session, unit_id: int, rev: int, *, reach: Reach | None = None
) -> UnitCard:
    """The unit as it was in a revision, named after those above it then.

    Who succeeded it is not kept by revision: ``successor_id`` is null.
    Raises NotFound if it did not exist yet, Invalid if the revision does not.
    """
    if rev > revision(session):
        raise Invalid.at("/query/rev", "The tree has no such revision yet")
    shape = session.scalar(select(UnitVersion).where(UnitVersion.unit_id == unit_id, _held(rev)))
    if shape is None or (reach and not reach.holds_unit(shape.path, shape.level)):
        # Where it stood elsewhere then, an app may know of it only as it is now.
        raise NotFound
    above = ids_shown(shape.path, reach)
    names: dict[int, str] = dict(
        session.execute(
            select(UnitVersion.unit_id, UnitVersion.name).where(
                UnitVersion.unit_id.in_(above), _held(rev)
            )
        ).all()
    )
    below = (
        select(UnitVersion.unit_id)
        .where(
            UnitVersion.path > shape.path,
            UnitVersion.path < shape.path + PATH_END,
            UnitVersion.status == "active",
            _held(rev),
        )
        .limit(1)
    )
    if reach is not None:
        below = below.where(UnitVersion.level.in_(levels_of(reach.levels)))
    return UnitCard(
        id=shape.unit_id,
        code=shape.code,
        name=shape.name,
        level=shape.level,
        parent_id=_parent_shown(shape.parent_id, shape.path, reach),
        path=shape.path,
        status=shape.status,
        successor_id=None,
        full_name="".join(names[id_] for id_ in above),
        has_children=session.scalar(below) is not None,
    )


def _held(rev: int) -> ColumnElement[bool]:
    """The condition on UnitVersion: the shape of this revision."""
    return (UnitVersion.rev_from <= rev) & or_(
        UnitVersion.rev_to.is_(None), UnitVersion.rev_to > rev
    )


def page_children(
    session: Session,
    unit_id: int,
    *,
    after_code: str | None,
    limit: int,
    reach: Reach | None = None,
) -> list[Unit]:
    """Up to ``limit + 1`` active units directly below, by code. Raises NotFound."""
    get_unit(session, unit_id)
    query = (
        select(Unit)
        .where(Unit.parent_id == unit_id, Unit.status == "active")
        .order_by(Unit.code)
        .limit(limit + 1)
    )
    if after_code is not None:
        query = query.where(Unit.code > after_code)
    if reach is not None:
        query = query.where(_in_reach(reach))
    return list(session.scalars(query))


def list_ancestors(session: Session, unit_id: int, *, reach: Reach | None = None) -> list[Unit]:
    """The units above, the root first: at most five. Raises NotFound."""
    above = ancestor_ids(get_unit(session, unit_id).path)[:-1]
    query = select(Unit).where(Unit.id.in_(above)).order_by(Unit.level)
    return [unit for unit in session.scalars(query) if holds_unit(reach, unit)]


def count_by_level(session: Session, unit: Unit) -> dict[int, int]:
    """How many active units each level has in the unit's block, itself included.

    Remembered for the revision: a province is counted once, not whenever its page is opened.
    """
    known: OrderedDict[tuple[int, int], dict[int, int]] = current_app.extensions[COUNTS]
    key = (revision(session), unit.id)
    if (counts := known.get(key)) is None:
        query = (
            select(Unit.level, func.count())
            .where(in_block(Unit.path, unit.path), Unit.status == "active")
            .group_by(Unit.level)
        )
        found = dict(session.execute(query).all())
        counts = {level: found.get(level, 0) for level in LEVELS if level >= unit.level}
        known[key] = counts
        if len(known) > COUNTS_KEPT:
            known.popitem(last=False)
    return counts


def find_by_code(
    session: Session, code: str, *, level: int | None = None, reach: Reach | None = None
) -> list[Unit]:
    """The active unit with this code, if there is one and it is of this level."""
    query = select(Unit).where(Unit.code == code, Unit.status == "active")
    if level is not None:
        query = query.where(Unit.level == level)
    return [unit for unit in session.scalars(query) if holds_unit(reach, unit)]


@dataclass(frozen=True, slots=True)
class Found:
    """A unit in a list, and its place there."""

    unit: Unit
    position: tuple[int, str, int]


def search_units(
    session: Session,
    q: str | None,
    *,
    level: int | None,
    after: Sequence[Any] | None,
    limit: int,
    reach: Reach | None = None,
) -> list[Found]:
    """Up to ``limit + 1`` active units: by code's beginning where ``q`` is digits or nothing,
    then by name and pinyin initials, exact matches first.

    Places count stages: the levels by code first, then those of zzd.orgtree.search.
    """
    levels = [level] if level else list(LEVELS)
    code = normalise(q or "")
    in_codes = (Unit.code >= code) & (Unit.code < code + PATH_END)
    stages = len(levels) if not q or (code.isascii() and code.isdigit()) else 0
    found: list[Found] = []
    for stage in range(after[0] if after else 0, stages):
        query = (
            select(Unit)
            .where(Unit.level == levels[stage], Unit.status == "active", in_codes)
            .order_by(Unit.code, Unit.id)
            .limit(limit + 1 - len(found))
        )
        if after and stage == after[0]:
            query = query.where(tuple_(Unit.code, Unit.id) > tuple_(after[1], after[2]))
        if reach is not None:
            query = query.where(_in_reach(reach))
        found += [Found(unit, (stage, unit.code, unit.id)) for unit in session.scalars(query)]
        if len(found) > limit:
            return found
    if not q:
        return found
    hits = search.find_units(
        session,
        q,
        levels=levels,
        after=[after[0] - stages, after[1], after[2]] if after and after[0] >= stages else None,
        limit=limit - len(found),
        but_not_by_code=stages > 0,
        known=_in_reach(reach) if reach else None,
    )
    units = {
        unit.id: unit
        for unit in session.scalars(select(Unit).where(Unit.id.in_([h.owner_id for h in hits])))
    }
    return found + [
        Found(units[hit.owner_id], (stages + hit.stage, hit.term, hit.owner_id)) for hit in hits
    ]
