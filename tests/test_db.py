"""The one way to write: all or nothing, in order, and nothing is told before it is kept."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.db import (
    Database,
    Timestamp,
    after_commit,
    before_commit,
    database,
    fingerprint,
    reading,
    transaction,
)
from zzd.errors import Conflict
from zzd.identity.models import Account, AccountGrant
from zzd.orgtree.models import OrgState, Unit
from zzd.realtime import outbox
from zzd.realtime.models import OutboxEntry


@pytest.fixture
def published(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Types of the events that reached the fan-out."""
    seen: list[str] = []
    monkeypatch.setattr(
        app.extensions["zzd.fanout"],
        "publish",
        lambda events: seen.extend(event.type for event in events),
    )
    return seen


def count(model: Any) -> int:
    with reading() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


class Broken(Exception):
    """Something that went wrong in the middle of a transaction."""


@pytest.mark.parametrize("door", [transaction, reading])
def test_a_commit_that_fails_leaves_nothing_open_behind(app: Flask, door: Any) -> None:
    """The next one does not get a connection that is still in that transaction."""
    engine = database().engine
    engine.dispose()

    def break_(_connection: Any) -> None:
        raise Broken

    event.listen(engine, "commit", break_)
    try:
        with pytest.raises(Broken), door() as session:
            session.execute(update(OrgState).values(rev=OrgState.rev + 1))
    finally:
        event.remove(engine, "commit", break_)
    with transaction() as session:
        assert session.get_one(OrgState, 1).rev == 1


def test_events_go_out_after_the_commit_and_not_before(app: Flask, published: list[str]) -> None:
    with transaction() as session:
        outbox.publish(session, "test.happened", {}, rooms=["a"])
        session.flush()
        assert published == []
    assert published == ["test.happened"]


def test_a_transaction_that_fails_keeps_nothing_and_tells_nothing(
    app: Flask, published: list[str]
) -> None:
    def write_in_vain() -> None:
        with transaction() as session:
            session.execute(update(OrgState).values(rev=999))
            outbox.publish(session, "test.happened", {}, rooms=["a"])
            session.flush()
            raise Broken

    with pytest.raises(Broken):
        write_in_vain()
    assert published == []
    assert count(OutboxEntry) == 0
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 1


def test_a_commit_that_fails_tells_nothing_either(app: Flask, published: list[str]) -> None:
    def write_in_vain() -> None:
        with transaction() as session:
            outbox.publish(session, "test.happened", {}, rooms=["a"])
            session.add(AccountGrant(account_id=999_999, role="x", granted_at=datetime.now(UTC)))

    with pytest.raises(Conflict):
        write_in_vain()
    assert published == []
    assert count(OutboxEntry) == 0


def test_what_comes_last_in_a_transaction_can_still_undo_it(app: Flask) -> None:
    order: list[str] = []

    def fail() -> None:
        order.append("before")
        raise Broken

    def write_in_vain() -> None:
        with transaction() as session:
            after_commit(session, lambda: order.append("after"))
            before_commit(session, fail)
            session.execute(update(OrgState).values(rev=999))

    with pytest.raises(Broken):
        write_in_vain()
    assert order == ["before"]
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 1


def test_a_fan_out_that_is_away_does_not_undo_what_was_committed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_events: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(app.extensions["zzd.fanout"], "publish", refuse)
    with transaction() as session:
        session.execute(update(OrgState).values(rev=2))
        outbox.publish(session, "test.happened", {}, rooms=["a"])
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 2
    assert count(OutboxEntry) == 1


def test_writers_queue_and_none_is_lost(app: Flask) -> None:
    def raise_rev(_number: int) -> None:
        with app.app_context(), transaction() as session:
            state = session.get_one(OrgState, 1, with_for_update=True)
            rev = state.rev
            time.sleep(0.002)
            state.rev = rev + 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(raise_rev, range(80)))
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 81


def test_writers_of_several_processes_queue_too(app: Flask) -> None:
    """Each has a lock of its own, as processes have: the database's must do."""
    processes = [Database(app.extensions["zzd.settings"]) for _ in range(2)]

    def raise_rev(number: int) -> None:
        with processes[number % 2].transaction() as session:
            state = session.get_one(OrgState, 1, with_for_update=True)
            rev = state.rev
            time.sleep(0.002)
            state.rev = rev + 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(raise_rev, range(40)))
    for process in processes:
        process.engine.dispose()
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 41


def test_a_second_writer_waits_outside_of_sqlite(app: Flask) -> None:
    """Inside it would stop the greenlet that it waits for."""
    if not database().is_sqlite:
        return

    def write() -> None:
        with app.app_context(), transaction() as session:
            session.execute(update(OrgState).values(rev=OrgState.rev + 1))

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            session.execute(update(OrgState).values(rev=OrgState.rev + 1))
            second = pool.submit(write)
            time.sleep(0.1)
            pool_of_connections: Any = database().engine.pool
            assert pool_of_connections.checkedout() == 1
        second.result()
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 3


def test_readers_do_not_wait_for_a_writer(app: Flask) -> None:
    with transaction() as writing:
        writing.execute(update(OrgState).values(rev=2))
        # Whoever waited would wait for ever: the writer goes on afterwards.
        with reading() as session:
            assert session.get_one(OrgState, 1).rev == 1


def test_what_a_reader_changes_is_never_written(app: Flask) -> None:
    with reading() as session:
        session.get_one(OrgState, 1).rev = 999
    with reading() as session:
        assert session.get_one(OrgState, 1).rev == 1


def test_sqlite_keeps_foreign_keys_and_waits_for_the_disk(app: Flask) -> None:
    if not database().is_sqlite:
        return
    with database().engine.connect() as connection:
        pragmas = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("foreign_keys", "journal_mode", "synchronous")
        }
    assert pragmas == {"foreign_keys": 1, "journal_mode": "wal", "synchronous": 2}


def test_a_pointless_row_is_refused_on_both_databases(app: Flask) -> None:
    def add() -> None:
        with Session(database().engine) as session:
            session.connection(execution_options={"zzd_write": True})
            session.add(Account(username="x", password_hash="", official_id=999_999))
            session.commit()

    with pytest.raises((IntegrityError, OperationalError, StatementError)):
        add()


# Idempotent creates


def test_requests_at_once_with_one_key_create_once(app: Flask, as_: SignedIn) -> None:
    token = as_("security_admin").token
    with reading() as session:
        query = select(Account.id).where(Account.username == "33.leader")
        account_id = str(session.scalars(query).one())
    body = {"account_id": account_id, "role": "app_developer", "client_id": "the-key"}

    def create(_number: int) -> tuple[int, str]:
        with app.app_context():
            response = ApiClient(app, token).request("POST", "/grants", json=body)
            return response.status_code, response.get_json()["id"]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(create, range(8)))
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert len({id_ for _, id_ in answers}) == 1


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, True),
        ({"a": 1}, {"a": "1"}, False),
        ({"a": None}, {}, False),
        ({"a": [1, 2]}, {"a": [2, 1]}, False),
        ({"文": "字"}, {"文": "字"}, True),
    ],
    ids=str,
)
def test_a_fingerprint_is_of_what_a_body_says_not_of_its_order(
    one: Any, other: Any, equal: bool
) -> None:
    assert (fingerprint(one) == fingerprint(other)) is equal


# Times and paths


def test_times_come_back_as_they_went_in_utc(app: Flask) -> None:
    moment = datetime(2019, 8, 10, 1, 45, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
    with transaction() as session:
        account = session.scalars(select(Account)).first()
        assert account is not None
        account.created_at = moment
    with reading() as session:
        kept = session.get_one(Account, account.id).created_at
    assert kept == moment
    assert kept.utcoffset() == timedelta(0)


def test_a_time_without_an_offset_has_no_place_in_the_database(app: Flask) -> None:
    with reading() as session, pytest.raises(StatementError, match="naive"):
        session.execute(select(Account).where(Account.created_at < datetime(2019, 8, 9)))
    assert Timestamp().process_bind_param(None, database().engine.dialect) is None


def test_paths_are_compared_byte_by_byte(app: Flask) -> None:
    with reading() as session:
        paths = list(session.scalars(select(Unit.path).order_by(Unit.path)))
    assert paths == sorted(paths)
    with reading() as session:
        assert session.scalar(select(func.count()).where(Unit.path < "~")) == len(paths)
