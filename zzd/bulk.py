"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite.

For imports and sample data. Columns that are left out get the database's defaults, not the
model's, so name every column that has no default there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Column, Table, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from zzd.db import Base, is_postgresql

BATCH = 10_000


def table_of(model: type[Base]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table


def insert_rows(
    session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    """Write ``rows``, tuples in the order of ``columns``; returns how many there were.

    Raises SQLAlchemy's IntegrityError, as any other insert.
    """
    session.flush()
    counted = _Counted(rows)
    dialect = session.get_bind().dialect
    write = _copy if is_postgresql(session) else _execute_many
    try:
        write(session, table, columns, counted)
    except dialect.loaded_dbapi.IntegrityError as error:
        raise IntegrityError(f"bulk insert into {table.name}", None, error) from error
    return counted.count


# Fewer go faster as one prepared statement.
WORTH_COPYING = 5


def insert_few_or_many(session: Session, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write ``rows``, all with the same columns, by an INSERT that was made once. Many of them would
    be a statement of hundreds of parameters, which its driver reads through each time: they are
    written as ``insert_rows`` does."""
    if len(rows) < WORTH_COPYING:
        session.connection().execute(statement, list(rows) if len(rows) > 1 else rows[0])
        return
    insert_rows(session, statement.table, list(rows[0]), [list(row.values()) for row in rows])


def reserve_ids(session: Session, column: Column[int], count: int) -> list[int]:
    """``count`` ids for rows of the column's table that nobody else will get.

    SQLite gives the next ids after the highest: the caller holds its one write lock until the
    rows are there.
    """
    table = column.table
    if is_postgresql(session):
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        numbers = func.generate_series(1, count).table_valued("n")
        return list(session.scalars(select(func.nextval(sequence)).select_from(numbers)))
    first = (session.scalar(select(func.max(column))) or 0) + 1
    return list(range(first, first + count))


def set_sequences(session: Session, tables: Iterable[Table]) -> None:
    """Have PostgreSQL count on from the highest id, after rows were written with theirs."""
    if not is_postgresql(session):
        return
    for table in tables:
        highest = select(func.max(table.c.id)).scalar_subquery()
        sequence = func.pg_get_serial_sequence(table.name, "id")
        session.execute(
            select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None)))
        )


def allow_long_statements(session: Session) -> None:
    """Lift, for this transaction, the limits that keep a request from blocking others."""
    if is_postgresql(session):
        for limit in ("statement_timeout", "idle_in_transaction_session_timeout"):
            session.execute(text(f"SET LOCAL {limit} = 0"))


def analyze(session: Session) -> None:
    """Let the planner know what the tables hold now."""
    session.execute(text("ANALYZE"))


class Together:
    """Several writes whose results nobody reads. On PostgreSQL one statement and one way there and
    back, the others being parts of the last (WITH); on SQLite one after the other.

    Their values are named, and not as any column is.
    """

    def __init__(self, *writes: Any) -> None:
        *others, last = writes
        self._one = last.add_cte(*(write.cte(f"write_{n}") for n, write in enumerate(others)))
        self._each = [(write, write.compile().params.keys()) for write in writes]

    def execute(self, session: Session, values: Mapping[str, Any]) -> None:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            connection.execute(self._one, values)
            return
        for write, names in self._each:
            connection.execute(write, {name: values[name] for name in names})


class _Counted:
    def __init__(self, rows: Iterable[Sequence[Any]]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Sequence[Any]]:
        for row in self._rows:
            self.count += 1
            yield row


def _copy(
    session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    dialect = session.get_bind().dialect
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column) for column in columns)
    binders = _binders(table, columns, dialect)
    cursor: Any = session.connection().connection.cursor()
    statement = f"COPY {quote(table.name)} ({names}) FROM STDIN"
    with cursor, cursor.copy(statement) as copy:
        for row in _bound(rows, binders):
            copy.write_row(row)


def _execute_many(
    session: Session, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    dialect = session.get_bind().dialect
    quote = dialect.identifier_preparer.quote
    names = ", ".join(quote(column) for column in columns)
    marks = ", ".join("?" * len(columns))
    statement = f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks})"  # noqa: S608
    binders = _binders(table, columns, dialect)
    # The driver's own: SQLAlchemy would look at every value of every row.
    cursor = session.connection().connection.cursor()
    iterator = iter(_bound(rows, binders))
    while batch := list(islice(iterator, BATCH)):
        cursor.executemany(statement, batch)
    cursor.close()


def _binders(table: Table, columns: Sequence[str], dialect: Any) -> list[tuple[int, Any]]:
    """Where a column's values must be translated for the driver: JSON, timestamps."""
    found = []
    for index, name in enumerate(columns):
        kind = table.c[name].type.dialect_impl(dialect)
        if (bind := kind.bind_processor(dialect)) is not None:
            found.append((index, bind))
    return found


def _bound(
    rows: Iterable[Sequence[Any]], binders: list[tuple[int, Any]]
) -> Iterable[Sequence[Any]]:
    if not binders:
        return rows
    return (_bind(row, binders) for row in rows)


def _bind(row: Sequence[Any], binders: list[tuple[int, Any]]) -> list[Any]:
    values = list(row)
    for index, bind in binders:
        values[index] = bind(values[index])
    return values
