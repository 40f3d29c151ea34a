"""The database: two engines behind one code path, and the only way to write.

``transaction()`` is the one door for writes: it commits on leaving and runs what was asked
for with ``before_commit`` and ``after_commit``. ``reading()`` is for everything else.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar, TypeVar

import orjson
from flask import current_app
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    String,
    Text,
    any_,
    bindparam,
    column,
    create_engine,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection, make_url
from sqlalchemy.exc import DisconnectionError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import PoolResetState
from sqlalchemy.types import JSON, TypeDecorator

from zzd.errors import Conflict, IdempotencyConflict
from zzd.pool import FairPool
from zzd.settings import Settings

BigInt = BigInteger().with_variant(Integer, "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


# How JSON columns are written and read: a third of the standard library's time.
AS_JSON: dict[str, Any] = {
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
}
# Seconds in the pool after which a connection may have been cut.
RESTED = 1.0
# Connections that are there before the first request: as many as a busy process uses mostly.
OPENED_EARLY = 8


class Timestamp(TypeDecorator[datetime]):
    """An aware datetime, kept in UTC on both databases."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime has no place in the database")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def byte_ordered(length: int) -> String:
    """Text compared byte by byte, which prefix ranges (``>= p``, ``< p~``) rely on.

    PostgreSQL's language collations order ``'a' < '~'`` otherwise; SQLite compares bytes.
    """
    return String(length).with_variant(String(length, collation="C"), "postgresql")


Id = Annotated[int, mapped_column(BigInt, primary_key=True)]


class Base(DeclarativeBase):
    """Every table of ZZD."""

    type_annotation_map: ClassVar = {datetime: Timestamp(), dict[str, Any]: Json, list[Any]: Json}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_N_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Idempotent:
    """Columns of what a client creates under its own ``client_id``.

    The table adds ``UniqueConstraint("sender_id", "client_id")``; ``sender_id`` is the
    official's or the account's id, whichever creates rows of this kind.
    """

    sender_id: Mapped[int] = mapped_column(BigInt)
    client_id: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(32))


class Database:
    """An engine with the session rules of this project."""

    def __init__(self, settings: Settings) -> None:
        url = make_url(settings.database_url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._opened_early = 1 if self.is_sqlite else min(OPENED_EARLY, settings.database_pool)
        if self.is_sqlite:
            self.engine = create_engine(
                url, pool_size=settings.database_pool, hide_parameters=True, **AS_JSON
            )
            _prepare_sqlite(self.engine)
            # A greenlet that waited inside SQLite for another greenlet's lock would stop the
            # whole process, the holder included: so writers queue here, cooperatively.
            self._writers: Any = threading.RLock()
        else:
            self.engine = create_engine(
                url,
                poolclass=FairPool,
                pool_size=settings.database_pool,
                max_overflow=0,
                # Longer than a storm of reconnecting clients takes: waiting in line is shorter
                # than being refused and coming again, all at once.
                pool_timeout=45,
                # An error's text goes to the log, and people's words do not.
                hide_parameters=True,
                connect_args={
                    "options": "-c timezone=UTC -c statement_timeout=60000"
                    " -c lock_timeout=10000 -c idle_in_transaction_session_timeout=20000"
                    # The default, 4, is for disks that seek. With it the planner reads whole
                    # tables for what an index finds in memory or on an SSD: one inbox at a
                    # province's size took 28 ms instead of 4.
                    " -c random_page_cost=1.1"
                    # Requests are what runs side by side: starting a worker for a part of one
                    # takes longer than counting a county.
                    " -c max_parallel_workers_per_gather=0"
                    # Compiling a statement takes longer than the largest of ours runs.
                    " -c jit=off"
                },
                **AS_JSON,
            )
            _ping_the_rested(self.engine)
            self._writers = nullcontext()
        _take_back_none_in_a_transaction(self.engine)
        # The same connections. A statement sees what is committed when it begins, as in any
        # transaction of ours on PostgreSQL; on SQLite several need one to agree with each other.
        self._plain = (
            self.engine
            if self.is_sqlite
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        with self._writers, Session(self.engine, expire_on_commit=False) as session:
            session.connection(execution_options={"zzd_write": True})
            try:
                yield session
                for call in session.info.get("before_commit", ()):
                    call()
                session.commit()
            except IntegrityError as error:
                raise Conflict("Somebody else changed the same thing at this moment") from error
        for call in session.info.get("after_commit", ()):
            call()

    def open_early(self, first: Callable[[Session], object]) -> None:
        """Have connections open that have each done ``first``, which changes nothing: a new one
        takes PostgreSQL and the driver tens of milliseconds, when requests come more at once than
        before, and what it first reads of the catalogue as long again."""
        with ExitStack() as held:
            for _ in range(self._opened_early):
                session = held.enter_context(Session(self.engine))
                first(session)
                # As ``reading`` ends.
                held.callback(session.commit)

    @contextmanager
    def reading(self, *, plainly: bool = False) -> Iterator[Session]:
        engine = self._plain if plainly else self.engine
        with Session(engine, expire_on_commit=False, autoflush=False) as session:
            yield session
            # Ended by COMMIT, of nothing: after a ROLLBACK psycopg forgets its prepared statements,
            # and planning them again costs as much as most of them take.
            session.expunge_all()
            session.commit()


def _take_back_none_in_a_transaction(engine: Engine) -> None:
    """Where COMMIT itself fails the library takes the transaction for over, and gives the connection
    back within it: nobody could begin another one on it, and what it locks would stay so."""

    @event.listens_for(engine, "reset")
    def reset(connection: Any, _record: Any, state: PoolResetState) -> None:
        # Otherwise the pool rolls back by itself.
        if state.transaction_was_reset:
            connection.rollback()


def _ping_the_rested(engine: Engine) -> None:
    """Ask a connection for a sign of life only after ``RESTED`` seconds in the pool: one that
    was in use a moment ago is up, and asking each time costs a round trip a request."""

    @event.listens_for(engine, "checkin")
    def checkin(_connection: Any, record: Any) -> None:
        record.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("used_at", time.monotonic()) < RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            # The pool takes it, and those as old, for lost and connects anew.
            raise DisconnectionError from error


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: Any) -> None:
        # The driver's own BEGIN is deferred and late; ours is emitted below.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            # FULL: a 2xx says that the row is on the disk, not in a cache.
            "synchronous=FULL",
            "foreign_keys=ON",
            "busy_timeout=5000",
            "temp_store=MEMORY",
            "cache_size=-65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("zzd_write")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def database() -> Database:
    db: Database = current_app.extensions["zzd.db"]
    return db


@contextmanager
def transaction() -> Iterator[Session]:
    """A write: committed on leaving, rolled back by any exception."""
    with database().transaction() as session:
        yield session


@contextmanager
def reading(*, plainly: bool = False) -> Iterator[Session]:
    """A read. What is changed within is never written.

    ``plainly``: without BEGIN and ROLLBACK on PostgreSQL, two of its round trips. For what is read
    all the time, takes no locks and asks for no writes.
    """
    with database().reading(plainly=plainly) as session:
        yield session


def before_commit(session: Session, call: Callable[[], None]) -> None:
    """Call this as the transaction's last act: what it locks is held only for the commit."""
    session.info.setdefault("before_commit", []).append(call)


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call this once the session's transaction is safely committed."""
    session.info.setdefault("after_commit", []).append(call)


Row = TypeVar("Row", bound=Idempotent)


def fingerprint(body: Any) -> str:
    """A digest that is equal for equal bodies, whatever the order of their keys."""
    packed = orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.blake2b(packed, digest_size=16).hexdigest()


def find_repeat(
    session: Session, model: type[Row], *, sender_id: int, client_id: str, body_fingerprint: str
) -> Row | None:
    """The row that an earlier request with this ``client_id`` made, if there was one.

    Two requests with one key are serialised, so that the later one sees the earlier one's row.
    Raises IdempotencyConflict when that request had another body.
    """
    lock_name(session, f"{model.__name__}:{sender_id}:{client_id}")
    found = session.scalar(
        select(model).where(model.sender_id == sender_id, model.client_id == client_id)
    )
    if found is not None and found.fingerprint != body_fingerprint:
        raise IdempotencyConflict
    return found


def insert_into(session: Session, model: type[Base]) -> Any:
    """An INSERT that takes ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(model)
    return sqlite.insert(model)


def is_one_of(session: Session, column: Any, values: Collection[int]) -> ColumnElement[bool]:
    """``column IN (values)``. On PostgreSQL they are one parameter, an array: hundreds of them
    cost the driver more than the query costs the server."""
    return _is_one_of(session, column, values, BigInteger)


def is_one_of_texts(session: Session, column: Any, values: Collection[str]) -> ColumnElement[bool]:
    """The same of texts."""
    return _is_one_of(session, column, values, Text)


def _is_one_of(
    session: Session, column: Any, values: Collection[Any], kind: Any
) -> ColumnElement[bool]:
    found: ColumnElement[bool]
    if session.get_bind().dialect.name == "postgresql":
        found = column == any_(bindparam(None, list(values), postgresql.ARRAY(kind)))
    else:
        found = column.in_(values)
    return found


def takes_arrays(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def listed(values: Collection[int], name: str) -> Any:
    """The values as a table with a column ``id``, where ``takes_arrays``."""
    array = bindparam(None, list(values), postgresql.ARRAY(BigInteger))
    return func.unnest(array).table_valued(column("id", BigInteger), name=name).render_derived()


def is_one_of_named(column: Any, name: str, *, arrays: bool) -> ColumnElement[bool]:
    """The same with values that are named when the statement is executed: for one that is made
    once. ``arrays`` is what ``takes_arrays`` says."""
    found: ColumnElement[bool] = column.in_(bindparam(name, expanding=True))
    if arrays:
        found = column == any_(bindparam(name, type_=postgresql.ARRAY(BigInteger)))
    return found


def lock_name(session: Session, name: str) -> None:
    """Hold ``name`` until the transaction ends. On SQLite the one writer holds every name."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _lock_key(name)})


def try_lock_name(session: Session, name: str) -> bool:
    """Hold ``name`` until the transaction ends, unless somebody else does. On SQLite there is
    one process, and nobody else to ask."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    query = text("SELECT pg_try_advisory_xact_lock(:key)")
    return bool(session.scalar(query, {"key": _lock_key(name)}))


def _lock_key(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True)


def register(app: Any, settings: Settings) -> None:
    app.extensions["zzd.db"] = Database(settings)
