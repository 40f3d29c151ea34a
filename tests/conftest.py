"""Fixtures. Every test that touches ``app`` runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from flask import Flask
from hypothesis import HealthCheck, settings
from sqlalchemy import event, select
from sqlalchemy.orm import Session
from xdist.scheduler import LoadScopeScheduling

from tests.client import ApiClient
from tests.databases import (
    PostgresqlDatabase,
    SqliteDatabase,
    TestDatabase,
    blank_database,
    copied_database,
    postgresql_server_url,
    settings_for,
)
from tests.listener import Listener
from zzd import create_app, logs
from zzd.db import database
from zzd.identity import passwords, sessions
from zzd.identity import recognised as recognising
from zzd.identity.models import Account
from zzd.identity.recognised import recognised
from zzd.miniapps.allowances import COUNTER
from zzd.miniapps.desk.tiles import TILES
from zzd.orgtree.models import Official, Unit
from zzd.orgtree.remembered import REMEMBERED, Remembered
from zzd.orgtree.units import COUNTS
from zzd.realtime.kept import WANTED
from zzd.sample.commands import seed

logs.configure()

# The same examples each time, however slow the machine is: what turns red was changed. Others are
# looked for with --hypothesis-profile=explore.
settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("explore", deadline=None, print_blob=True)
settings.load_profile("same")

SignedIn = Callable[[str], ApiClient]
Listening = Callable[[str], Listener]
SampleCopy = Callable[[str, Path], AbstractContextManager[str]]
Statements = Callable[[], AbstractContextManager[list[str]]]


# Where tests run in several processes. What these start, a server or a browser of its own, is started
# one at a time, and the sample, half a minute of seeding, is made once. They take longest and come first.
TOGETHER = {
    "tests/story/": "story",
    "tests/sample/": "story",
    "tests/realtime/": "servers",
    "tests/messaging/files/test_server.py": "servers",
    "tests/messaging/test_machine.py": "servers",
    "tests/test_server_command.py": "servers",
    "tests/test_wrong_input.py": "wrong input",
}


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """A file's tests stay in one process, and those of one name in TOGETHER."""

    def _split_scope(self, nodeid: str) -> str:
        path: str = nodeid.split("::")[0]
        start = _together(path)
        return TOGETHER[start] if start else path


def _together(path: str) -> str | None:
    return next(filter(path.startswith, TOGETHER), None)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = [*TOGETHER, None]
    items.sort(key=lambda item: order.index(_together(item.nodeid)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return ByFile(config, log)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> None:
    """argon2id as ever, at its least cost: its full cost is for who guesses, and whole servers
    that tests start have it."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(scope="session")
def made_once(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], tuple[TestDatabase, Flask]]]:
    """Both databases and the application on each, kept until the last test that may want them."""
    made: dict[str, tuple[TestDatabase, Flask]] = {}

    def make(kind: str) -> tuple[TestDatabase, Flask]:
        if kind not in made:
            copy: TestDatabase
            if kind == "sqlite":
                copy = SqliteDatabase(tmp_path_factory.mktemp("sqlite"))
            else:
                copy = PostgresqlDatabase(postgresql_server_url())
            files = tmp_path_factory.mktemp("files")
            made[kind] = copy, create_app(settings_for(copy.url, files_root=files))
        return made[kind]

    yield make
    for copy, session_app in made.values():
        session_app.extensions["zzd.db"].engine.dispose()
        copy.drop()


@pytest.fixture(scope="session")
def copy_of_sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SampleCopy]:
    """``with copy_of_sample("sqlite", folder) as url``: the whole sample, on a database of one's
    own. It is made once of each kind, which takes half a minute, and then copied."""
    made: dict[str, str] = {}
    with ExitStack() as stack:

        def copy(kind: str, folder: Path) -> AbstractContextManager[str]:
            if kind not in made:
                blank = blank_database(kind, tmp_path_factory.mktemp("sample"))
                url = stack.enter_context(blank)
                with create_app(settings_for(url)).app_context():
                    done = CliRunner().invoke(seed, catch_exceptions=False)
                    assert done.exit_code == 0, done.output
                    database().engine.dispose()
                made[kind] = url
            return copied_database(made[kind], folder)

        yield copy


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on."""
    chosen: str = request.param
    return chosen


@pytest.fixture
def app(
    made_once: Callable[[str], tuple[TestDatabase, Flask]], engine_kind: str
) -> Iterator[Flask]:
    """The application on a fresh copy of the small organisation, its context pushed."""
    test_database, session_app = made_once(engine_kind)
    test_database.reset()
    # Another database has other units in the same revision.
    session_app.extensions[COUNTS].clear()
    session_app.extensions[REMEMBERED] = Remembered()
    session_app.extensions[TILES].clear()
    session_app.extensions[WANTED].types = frozenset()
    # What others with the same ids have called in this minute.
    session_app.extensions[COUNTER]._counts.clear()
    shutil.rmtree(session_app.extensions["zzd.settings"].files_root, ignore_errors=True)
    with session_app.app_context():
        yield session_app
        # Of PostgreSQL they serve the next test, unless one was left in the middle of something:
        # a new connection takes longer than most requests. A file of SQLite's is another one then.
        engine = database().engine
        if engine_kind == "sqlite" or engine.pool.checkedout():
            engine.dispose()


@pytest.fixture
def anonymous(app: Flask) -> ApiClient:
    """A client of somebody who has not signed in."""
    return ApiClient(app)


@pytest.fixture
def as_(app: Flask) -> SignedIn:
    """``as_("331081100.duty_officer")``: a client of that account, signed in with a token."""
    made: dict[str, ApiClient] = {}

    def sign_in(username: str) -> ApiClient:
        if username not in made:
            with database().transaction() as session:
                account = session.scalars(select(Account).where(Account.username == username)).one()
                opened = sessions.open_session(
                    session,
                    account,
                    kind="program",
                    device="test",
                    settings=app.extensions["zzd.settings"],
                )
            made[username] = ApiClient(app, token=opened.token)
        return made[username]

    return sign_in


@pytest.fixture
def listening(app: Flask, as_: SignedIn) -> Iterator[Listening]:
    """``listening("331081100.leader")``: a socket of that account, connected and in its rooms."""
    made: list[Listener] = []
    # The library's client for tests puts its own in their place, and leaves them there.
    server = app.extensions["zzd.sockets"].io.server
    own = {name: vars(server).get(name) for name in ("_send_packet", "_send_eio_packet")}

    def connect(username: str) -> Listener:
        made.append(Listener(app, as_(username)))
        return made[-1]

    yield connect
    for listener in made:
        listener.close()
    for name, function in own.items():
        if function is not None:
            setattr(server, name, function)
        elif name in vars(server):
            delattr(server, name)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """For looking at rows. Write through the API or with ``zzd.db.transaction``."""
    with database().reading() as reading:
        yield reading


@pytest.fixture
def unit_id(app: Flask) -> Callable[[str], str]:
    """The id, as in JSON, of the unit with this code."""

    def find(code: str) -> str:
        with database().reading() as session:
            return str(session.scalars(select(Unit.id).where(Unit.code == code)).one())

    return find


@pytest.fixture
def official_id(app: Flask) -> Callable[[str], str]:
    """The id, as in JSON, of the official with this user name."""

    def find(username: str) -> str:
        with database().reading() as session:
            query = select(Official.id).where(Official.staff_no == username)
            return str(session.scalars(query).one())

    return find


@pytest.fixture
def statements(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Statements:
    """``with statements() as seen:`` collects the SQL sent meanwhile, BEGIN and COMMIT aside.

    Nobody is known at its beginning: the first request of each caller pays for recognising them,
    and no other, however slow the machine is.
    """
    monkeypatch.setattr(recognising, "KEPT", 3600.0)

    @contextmanager
    def collect() -> Iterator[list[str]]:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            if not statement.startswith("BEGIN"):
                seen.append(statement)

        recognised().forget(lambda _principal: True)
        engine = database().engine
        event.listen(engine, "before_cursor_execute", note)
        try:
            yield seen
        finally:
            event.remove(engine, "before_cursor_execute", note)

    return collect
