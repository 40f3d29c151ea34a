"""Units and officials of a block as tables, in the columns that imports read.

Read in pieces, each in its own short transaction, so that a slow reader holds up nobody.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session, aliased

from zzd.audit import log as audit
from zzd.db import reading
from zzd.errors import Invalid
from zzd.orgtree import policy
from zzd.orgtree.models import Official, Post, Unit
from zzd.orgtree.revisions import in_block
from zzd.orgtree.tables import MOST_ROWS, write_csv, write_xlsx
from zzd.orgtree.units import get_unit
from zzd.principal import Principal

PIECE = 2_000

Rows = Iterator[tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Export:
    """What somebody may take out: the columns, and the rows when they are asked for."""

    unit_code: str
    columns: tuple[str, ...]
    rows: Callable[[], Rows]
    count: int

    def as_csv(self) -> Iterator[bytes]:
        return write_csv(self.columns, self.rows())

    def as_xlsx(self) -> IO[bytes]:
        """Raises Invalid where the rows are too many for a file that can be taken in again."""
        if self.count > MOST_ROWS:
            raise Invalid.at(
                "/query/format", f"More than {MOST_ROWS} rows: take CSV, or a smaller unit"
            )
        file = TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
        write_xlsx(file, self.columns, self.rows())
        file.seek(0)
        return file


def export_units(session: Session, *, by: Principal, unit_id: int) -> Export:
    """A unit and all below it, parents before children. Raises NotFound, NotPermitted."""
    unit = _administered(session, by, "units.export", unit_id)
    query = select(func.count()).where(in_block(Unit.path, unit.path), Unit.status == "active")
    count = session.scalar(query) or 0
    _record(session, by, "units.export", unit, count)
    columns = ("code", "name", "level", "parent_code")
    return Export(unit.code, columns, lambda: _unit_rows(unit.path), count)


def export_officials(session: Session, *, by: Principal, unit_id: int) -> Export:
    """The posts held in a unit and below, a row each. Raises NotFound, NotPermitted."""
    unit = _administered(session, by, "officials.export", unit_id)
    query = _posts(select(func.count()), unit.path)
    count = session.scalar(query) or 0
    _record(session, by, "officials.export", unit, count)
    columns = ("staff_no", "name", "phone", "unit_code", "line", "role", "title", "primary")
    return Export(unit.code, columns, lambda: _official_rows(unit.path), count)


def _administered(session: Session, by: Principal, action: str, unit_id: int) -> Unit:
    unit = get_unit(session, unit_id)
    policy.require_administrator(by, action, [(unit.id, unit.path)])
    return unit


def _record(session: Session, by: Principal, action: str, unit: Unit, count: int) -> None:
    audit.append(session, action, by=by, object_kind="unit", object_id=unit.id, rows=count)


def _unit_rows(block: str) -> Rows:
    parent = aliased(Unit)
    query: Any = (
        select(Unit.code, Unit.name, Unit.level, func.coalesce(parent.code, ""), Unit.path)
        .outerjoin(parent, parent.id == Unit.parent_id)
        .where(in_block(Unit.path, block), Unit.status == "active")
        .order_by(Unit.path)
        .limit(PIECE)
    )
    for code, name, level, parent_code, _path in _pieces(query, (Unit.path,)):
        yield code, name, str(level), parent_code


def _posts(query: Any, block: str) -> Any:
    return (
        query.select_from(Unit)
        .join(Post, Post.unit_id == Unit.id)
        .join(Official, Official.id == Post.official_id)
        .where(in_block(Unit.path, block), Unit.status == "active")
        .where(Post.ended_at.is_(None), Official.status == "active")
    )


def _official_rows(block: str) -> Rows:
    columns = (Official.staff_no, Official.name, Official.phone, Unit.code, Post.line_code)
    query: Any = select(*columns, Post.role, Post.title, Post.is_primary)
    query = (
        _posts(query.add_columns(Unit.path, Post.id), block)
        .order_by(Unit.path, Post.id)
        .limit(PIECE)
    )
    for row in _pieces(query, (Unit.path, Post.id)):
        staff_no, name, phone, code, line, role, title, primary, *_ = row
        yield staff_no, name, phone or "", code, line, role, title, "yes" if primary else "no"


def _pieces(query: Any, position: tuple[Any, ...]) -> Iterator[Any]:
    """All rows of an ordered query, so many at a time; each row ends with its position."""
    piece = query
    while True:
        with reading() as session:
            rows = session.execute(piece).all()
        yield from rows
        if len(rows) < PIECE:
            return
        # A long table is not to hold up everybody else in this process.
        time.sleep(0)
        last = rows[-1][-len(position) :]
        # The first condition is what an index can begin at.
        piece = query.where(position[0] >= last[0], tuple_(*position) > tuple_(*last))
