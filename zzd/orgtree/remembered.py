"""What follows from the tree's shape alone, remembered for as long as it has this shape.

Every call of an app asks for the same few audiences and for names above a unit. Who read the
tree's revision beside what they were about (``REVISION``) needs no statement for what somebody
asked in that revision before; another revision begins anew, so nothing is ever out of date.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Sequence
from typing import TypeVar

from flask import Flask, current_app
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree import audiences
from zzd.orgtree.audiences import Audience
from zzd.orgtree.in_use import find_in_use
from zzd.orgtree.models import OrgState, Unit

REMEMBERED = "zzd.remembered_tree"
# Of each kind: the units of a province down to its villages, and what is addressed to them.
MOST = 50_000
# A column for a statement that reads something else.
REVISION = select(OrgState.rev).scalar_subquery()

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Remembered:
    """What this process knows of one revision."""

    def __init__(self, rev: int = -1) -> None:
        self.rev = rev
        self.names: dict[int, str] = {}
        self.audiences: dict[int, Audience] = {}
        # By their descriptions.
        self.resolved: dict[tuple[Hashable, ...], Audience] = {}


def register(app: Flask) -> None:
    app.extensions[REMEMBERED] = Remembered()


def names_in(session: Session, rev: int, ids: Collection[int]) -> dict[int, str]:
    """What these units are called in revision ``rev``, which the caller has just read and did
    not raise."""

    def read(missing: Collection[int]) -> dict[int, str]:
        query = select(Unit.id, Unit.name).where(Unit.id.in_(missing))
        found: dict[int, str] = dict(session.execute(query).all())
        return found

    return _look_up(_of(rev).names, ids, read)


def audiences_in(session: Session, rev: int, ids: Collection[int]) -> dict[int, Audience]:
    """The audiences in use with these ids, as they are in revision ``rev``."""
    return _look_up(_of(rev).audiences, ids, lambda missing: find_in_use(session, missing))


def audience_in(session: Session, rev: int, id_: int | None) -> Audience | None:
    """The same of one; None where no audience is meant."""
    return None if id_ is None else audiences_in(session, rev, [id_])[id_]


def resolve(
    session: Session,
    rev: int,
    *,
    unit_id: int,
    levels: Sequence[int] | None,
    line: str | None,
    role: str | None,
    pointer: str,
) -> Audience:
    """``audiences.resolve`` in revision ``rev``. Raises Invalid."""
    key = (unit_id, levels and tuple(levels), line, role)

    def read(_missing: object) -> dict[tuple[Hashable, ...], Audience]:
        found = audiences.resolve(
            session, unit_id=unit_id, levels=levels, line=line, role=role, pointer=pointer
        )
        return {key: found}

    return _look_up(_of(rev).resolved, [key], read)[key]


def _of(rev: int) -> Remembered:
    known: Remembered = current_app.extensions[REMEMBERED]
    if known.rev != rev:
        known = current_app.extensions[REMEMBERED] = Remembered(rev)
    return known


def _look_up(
    known: dict[Key, Value],
    keys: Collection[Key],
    read: Callable[[Collection[Key]], dict[Key, Value]],
) -> dict[Key, Value]:
    found = {key: known[key] for key in keys if key in known}
    if missing := [key for key in keys if key not in found]:
        now = read(missing)
        found |= now
        if len(known) + len(now) > MOST:
            known.clear()
        known |= now
    return found
