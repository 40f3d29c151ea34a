"""Audiences in use: kept as rows, so that rooms, groups and directives can name them by id."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from zzd.db import lock_name
from zzd.orgtree.audiences import LEVELS, PATH_END, Audience, levels_mask
from zzd.orgtree.models import AudienceInUse, Line, Unit
from zzd.realtime import outbox, rooms


def put_in_use(session: Session, audience: Audience) -> int:
    """The id under which the audience is kept, and its room; the first use tells the sockets."""
    key = {
        "unit_id": audience.unit_id,
        "levels": audience.levels,
        "line": audience.line or "",
        "role": audience.role or "",
    }
    known = select(AudienceInUse.id).filter_by(**key)
    if (found := session.scalar(known)) is not None:
        return found
    lock_name(session, f"audience:{key}")
    if (found := session.scalar(known)) is not None:
        return found
    row = AudienceInUse(**key)
    session.add(row)
    session.flush()
    outbox.tell_processes(
        session,
        "join",
        {
            "room": rooms.audience(row.id),
            "unit_path": audience.unit_path,
            "levels": audience.levels,
            "line": audience.line,
            "role": audience.role,
        },
    )
    return row.id


def find_in_use(session: Session, ids: Iterable[int]) -> dict[int, Audience]:
    """The audiences kept under these ids, as values of today's tree."""
    query = (
        select(AudienceInUse, Unit.name, Unit.path, Line.name)
        .join(Unit, Unit.id == AudienceInUse.unit_id)
        .outerjoin(Line, Line.code == AudienceInUse.line)
        .where(AudienceInUse.id.in_(list(ids)))
    )
    return {row[0].id: _of_row(*row) for row in session.execute(query)}


def _of_row(kept: AudienceInUse, unit_name: str, unit_path: str, line_name: str | None) -> Audience:
    return Audience(
        kept.unit_id,
        unit_name,
        unit_path,
        kept.levels,
        kept.line or None,
        line_name,
        kept.role or None,
    )


def within(audience: Audience, kept_id: ColumnElement[int | None]) -> ColumnElement[bool]:
    """The condition that the audience in use of this id lies in ``audience`` today."""
    unit = aliased(Unit)
    every = levels_mask(LEVELS)
    conditions = [
        AudienceInUse.id == kept_id,
        unit.path >= audience.unit_path,
        unit.path < audience.unit_path + PATH_END,
        AudienceInUse.levels.bitwise_and(every & ~audience.levels) == 0,
    ]
    if audience.line:
        conditions.append(AudienceInUse.line == audience.line)
    if audience.role:
        conditions.append(AudienceInUse.role == audience.role)
    kept = select(AudienceInUse.id).join(unit, unit.id == AudienceInUse.unit_id)
    return kept.where(*conditions).exists()


def of_unit(unit_id: int, kept_id: ColumnElement[int | None]) -> ColumnElement[bool]:
    """The condition that the audience in use of this id begins at this very unit."""
    return kept_id.in_(select(AudienceInUse.id).where(AudienceInUse.unit_id == unit_id))
