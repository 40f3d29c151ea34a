"""The two engines: how connections are made and kept, and how a session begins and ends on them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

import orjson
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import DisconnectionError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolResetState

from zzd.errors import Conflict
from zzd.pool import FairPool
from zzd.settings import Settings

# What both are made with.
ALIKE: dict[str, Any] = {
    # How JSON columns are written and read: a third of the standard library's time.
    "json_serializer": lambda value: orjson.dumps(value).decode(),
    "json_deserializer": orjson.loads,
    # An error's text goes to the log, and people's words do not.
    "hide_parameters": True,
}
# Seconds in the pool after which a connection may have been cut.
RESTED = 1.0
# Connections that are there before the first request: as many as a busy process uses mostly.
OPENED_EARLY = 8


class Database:
    """An engine with the session rules of this project."""

    def __init__(self, settings: Settings) -> None:
        url = make_url(settings.database_url)
        self.is_sqlite = url.get_backend_name() == "sqlite"
        make = _make_sqlite if self.is_sqlite else _make_postgresql
        self.engine = make(url, settings.database_pool)
        _take_back_none_in_a_transaction(self.engine)
        self._opened_early = 1 if self.is_sqlite else min(OPENED_EARLY, settings.database_pool)
        # A greenlet that waited inside SQLite for another greenlet's lock would stop the whole
        # process, the holder included: so writers queue here, cooperatively.
        self._writers: Any = threading.RLock() if self.is_sqlite else nullcontext()
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


def before_commit(session: Session, call: Callable[[], None]) -> None:
    """Call this as the transaction's last act: what it locks is held only for the commit."""
    session.info.setdefault("before_commit", []).append(call)


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Call this once the session's transaction is safely committed."""
    session.info.setdefault("after_commit", []).append(call)


def _make_postgresql(url: URL, pool: int) -> Engine:
    engine = create_engine(
        url,
        poolclass=FairPool,
        pool_size=pool,
        max_overflow=0,
        # Longer than a storm of reconnecting clients takes: waiting in line is shorter than being
        # refused and coming again, all at once.
        pool_timeout=45,
        connect_args={
            "options": "-c timezone=UTC -c statement_timeout=60000"
            " -c lock_timeout=10000 -c idle_in_transaction_session_timeout=20000"
            # The default, 4, is for disks that seek. With it the planner reads whole tables for
            # what an index finds in memory or on an SSD: one inbox at a province's size took 28 ms
            # instead of 4.
            " -c random_page_cost=1.1"
            # Requests are what runs side by side: starting a worker for a part of one takes longer
            # than counting a county.
            " -c max_parallel_workers_per_gather=0"
            # Compiling a statement takes longer than the largest of ours runs.
            " -c jit=off"
        },
        **ALIKE,
    )
    _ping_the_rested(engine)
    return engine


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


def _make_sqlite(url: URL, pool: int) -> Engine:
    engine = create_engine(url, pool_size=pool, **ALIKE)

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

    return engine
