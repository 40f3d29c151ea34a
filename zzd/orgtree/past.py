"""Units as they were in an earlier revision of the tree, for what was decided then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.models import UnitVersion


@dataclass(frozen=True, slots=True)
class Place:
    """A unit as of some revision of the tree."""

    id: int
    code: str
    name: str
    level: int
    path: str


def units_as_of(
    session: Session, wanted: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], Place]:
    """The shapes of ``(unit_id, rev)`` pairs, in one statement.

    A unit that is younger than the revision has its first shape; what never was is missing.
    """
    pairs = set(wanted)
    shapes: dict[int, list[UnitVersion]] = {}
    query = (
        select(UnitVersion)
        .where(UnitVersion.unit_id.in_({unit_id for unit_id, _ in pairs}))
        .order_by(UnitVersion.unit_id, UnitVersion.rev_from)
    )
    for shape in session.scalars(query):
        shapes.setdefault(shape.unit_id, []).append(shape)
    found = {}
    for unit_id, rev in pairs:
        for shape in shapes.get(unit_id, ()):
            if shape.rev_to is None or shape.rev_to > rev:
                found[unit_id, rev] = Place(
                    shape.unit_id, shape.code, shape.name, shape.level, shape.path
                )
                break
    return found


def unit_as_of(session: Session, unit_id: int, rev: int) -> Place | None:
    return units_as_of(session, [(unit_id, rev)]).get((unit_id, rev))
