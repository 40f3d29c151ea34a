"""A tree large enough for planners to have a reason, and the plans of what is asked of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from typing import Any

from sqlalchemy import Connection, event, func, select, text
from sqlalchemy.orm import Session

from zzd.bulk import insert_rows, table_of
from zzd.db import Base, database, transaction
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.models import (
    AudienceInUse,
    Official,
    OfficialTerm,
    Post,
    Unit,
    UnitTerm,
    UnitVersion,
)
from zzd.orgtree.terms import official_terms, unit_terms

LINES = ("flood_control", "health", "water")
DUTIES = ("leader", "duty_officer", "member")
COUNTIES, TOWNS, VILLAGES = 40, 10, 12


def grow() -> None:
    """Below 台州市 40 counties of 10 towns of 12 villages, three people in each, and an
    audience in use for every one of those units."""
    with transaction() as session:
        units = _add_units(session)
        first = (session.scalar(select(func.max(Official.id))) or 0) + 1
        people = [(first + n, *each) for n, each in enumerate(product(units, range(3)))]
        _insert(
            session,
            Official,
            ("id", "name", "staff_no", "status"),
            ((id_, f"林{id_}", f"many-{id_}", "active") for id_, *_ in people),
        )
        terms = sorted((term, id_) for id_, *_ in people for term in official_terms(f"林{id_}"))
        _insert(session, OfficialTerm, ("term", "official_id"), terms)
        columns = ("official_id", "unit_id", "line_code", "title", "role", "order", "is_primary")
        _insert(
            session,
            Post,
            columns,
            ((id_, unit[0], LINES[n], "x", DUTIES[n], 0, True) for id_, unit, n in people),
        )
        _insert(
            session,
            AudienceInUse,
            ("unit_id", "levels", "line", "role"),
            ((unit[0], 126, "", "") for unit in units),
        )
    with database().engine.connect() as connection:
        connection.execute(text("ANALYZE"))
        connection.commit()


def _insert(session: Session, model: type[Base], columns: Sequence[str], rows: Any) -> None:
    insert_rows(session, table_of(model), columns, rows)


def _add_units(session: Session) -> list[tuple[Any, ...]]:
    city = session.scalars(select(Unit).where(Unit.code == "3310")).one()
    first = (session.scalar(select(func.max(Unit.id))) or 0) + 1
    rows: list[tuple[Any, ...]] = []

    def add(above: tuple[Any, ...], code: str) -> tuple[Any, ...]:
        id_, (parent_id, level, path) = first + len(rows), above
        here = (id_, level + 1, path + path_segment(id_))
        rows.append((*here, parent_id, code, f"第{len(rows)}号", "active"))
        return here

    for c in range(COUNTIES):
        county = add((city.id, city.level, city.path), f"3399{c:02d}")
        for t in range(TOWNS):
            town = add(county, f"3399{c:02d}{t:03d}")
            for v in range(VILLAGES):
                add(town, f"3399{c:02d}{t:03d}{v:03d}")
    shape = ("level", "path", "parent_id", "code", "name", "status")
    _insert(session, Unit, ("id", *shape), rows)
    _insert(session, UnitVersion, ("unit_id", *shape, "rev_from"), ((*row, 1) for row in rows))
    terms = sorted((row[1], term, row[0]) for row in rows for term in unit_terms(row[5]))
    _insert(session, UnitTerm, ("level", "term", "unit_id"), terms)
    return rows


@contextmanager
def sent() -> Iterator[list[tuple[str, Any]]]:
    """The statements sent meanwhile, with their parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if statement.startswith(("SELECT", "WITH", "UPDATE", "INSERT", "DELETE")):
            seen.append((statement, parameters))

    engine = database().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def plans_of(ask: Callable[[Session], object]) -> str:
    """How this database goes about every statement of ``ask``, as it explains it."""
    with database().reading() as session:
        with sent() as seen:
            ask(session)
        session.rollback()
        return "\n".join(_explain(session.connection(), *each) for each in seen)


def _explain(connection: Connection, statement: str, parameters: Any) -> str:
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        return "\n".join(str(row[3]) for row in rows)
    rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
    return "\n".join(str(row[0]) for row in rows)


SMALL = (
    " line",
    " org_state",
    "CONSTANT ROW",
    "SUBQUERY",
    "SCAN anon_",
    "ix_official_out_of_office",
)


def scanned(plan: str) -> list[str]:
    """The lines in which a whole table is read; the twelve lines and the one state may be, and
    what was computed before, and the index of the few who are out of office."""
    return [
        line
        for line in plan.splitlines()
        if ("Seq Scan on" in line or line.strip().startswith("SCAN "))
        and not any(word in line for word in SMALL)
    ]
