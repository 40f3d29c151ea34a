"""Statements that the two databases are told in different words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, any_, bindparam, column, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from zzd.db.tables import Base

# An INSERT that takes ``on_conflict_do_nothing`` and ``on_conflict_do_update``, by the dialect's name.
INSERTS: Mapping[str, Callable[..., Any]] = {
    "postgresql": postgresql.insert,
    "sqlite": sqlite.insert,
}


def dialect_of(session: Session) -> str:
    """``postgresql`` or ``sqlite``."""
    return session.get_bind().dialect.name


def is_postgresql(session: Session) -> bool:
    return dialect_of(session) == "postgresql"


def insert_into(session: Session, model: type[Base]) -> Any:
    """One of ``INSERTS`` for this session's database."""
    return INSERTS[dialect_of(session)](model)


def is_one_of(
    session: Session, column: Any, values: Collection[Any], kind: Any = BigInteger
) -> ColumnElement[bool]:
    """``column IN (values)``, which are ids unless another ``kind`` is said. On PostgreSQL they are
    one parameter, an array: hundreds of them cost the driver more than the query costs the server.
    """
    found: ColumnElement[bool] = column.in_(values)
    if is_postgresql(session):
        found = column == any_(bindparam(None, list(values), postgresql.ARRAY(kind)))
    return found


def is_one_of_named(
    column: Any, name: str, *, arrays: bool, kind: Any = BigInteger
) -> ColumnElement[bool]:
    """The same with values that are named when the statement is executed: for one that is made
    once. ``arrays`` is what ``is_postgresql`` says."""
    found: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    if arrays:
        found = column == any_(bindparam(name, type_=postgresql.ARRAY(kind)))
    return found


def listed(values: Collection[int], name: str) -> Any:
    """The ids as a table with a column ``id``, where ``is_postgresql``."""
    array = bindparam(None, list(values), postgresql.ARRAY(BigInteger))
    return func.unnest(array).table_valued(column("id", BigInteger), name=name).render_derived()
