"""Reading the tree: units, what is above and below them, as they are and as they were."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, func, or_, select, tuple_
from sqlalchemy.orm import Session, aliased

from zzd.errors import Invalid, NotFound
from zzd.orgtree import search
from zzd.orgtree.audiences import LEVELS, PATH_END, ancestor_ids
from zzd.orgtree.models import OrgState, Unit, UnitVersion
from zzd.orgtree.revisions import in_block
from zzd.orgtree.terms import normalise

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


def full_names(session: Session, paths: Iterable[str]) -> dict[str, str]:
    """浙江省台州市温岭市石塘镇: the names down each path, in one statement for all of them."""
    paths = set(paths)
    wanted = {unit_id for path in paths for unit_id in ancestor_ids(path)}
    names: dict[int, str] = dict(
        session.execute(select(Unit.id, Unit.name).where(Unit.id.in_(wanted))).all()
    )
    return {path: "".join(names[unit_id] for unit_id in ancestor_ids(path)) for path in paths}


def describe_units(session: Session, units: Sequence[Unit]) -> list[UnitCard]:
    """The units' cards, in two statements however many they are."""
    if not units:
        return []
    names = full_names(session, [unit.path for unit in units])
    child = aliased(Unit)
    below = select(child.id).where(child.parent_id == Unit.id, child.status == "active").exists()
    parents = set(
        session.scalars(select(Unit.id).where(Unit.id.in_([unit.id for unit in units]), below))
    )
    return [
        UnitCard(
            id=unit.id,
            code=unit.code,
            name=unit.name,
            level=unit.level,
            parent_id=unit.parent_id,
            path=unit.path,
            status=unit.status,
            successor_id=unit.successor_id,
            full_name=names[unit.path],
            has_children=unit.id in parents,
        )
        for unit in units
    ]


def describe_unit(session: Session, unit_id: int) -> UnitCard:
    """Raises NotFound."""
    return describe_units(session, [get_unit(session, unit_id)])[0]


def describe_unit_as_of(session: Session, unit_id: int, rev: int) -> UnitCard:
    """The unit as it was in a revision, named after those above it then.

    Who succeeded it is not kept by revision: ``successor_id`` is null.
    Raises NotFound if it did not exist yet, Invalid if the revision does not.
    """
    if rev > revision(session):
        raise Invalid.at("/query/rev", "The tree has no such revision yet")
    shape = session.scalar(select(UnitVersion).where(UnitVersion.unit_id == unit_id, _held(rev)))
    if shape is None:
        raise NotFound
    above = ancestor_ids(shape.path)
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
    return UnitCard(
        id=shape.unit_id,
        code=shape.code,
        name=shape.name,
        level=shape.level,
        parent_id=shape.parent_id,
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
    session: Session, unit_id: int, *, after_code: str | None, limit: int
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
    return list(session.scalars(query))


def list_ancestors(session: Session, unit_id: int) -> list[Unit]:
    """The units above, the root first: at most five. Raises NotFound."""
    above = ancestor_ids(get_unit(session, unit_id).path)[:-1]
    return list(session.scalars(select(Unit).where(Unit.id.in_(above)).order_by(Unit.level)))


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


def find_by_code(session: Session, code: str, *, level: int | None = None) -> list[Unit]:
    """The active unit with this code, if there is one and it is of this level."""
    query = select(Unit).where(Unit.code == code, Unit.status == "active")
    if level is not None:
        query = query.where(Unit.level == level)
    return list(session.scalars(query))


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
    )
    units = {
        unit.id: unit
        for unit in session.scalars(select(Unit).where(Unit.id.in_([h.owner_id for h in hits])))
    }
    return found + [
        Found(units[hit.owner_id], (stages + hit.stage, hit.term, hit.owner_id)) for hit in hits
    ]
