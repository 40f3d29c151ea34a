"""The stage of the story: the full sample data behind real servers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.conftest import SampleCopy
from tests.databases import redis_prefix, redis_url
from tests.servers import ROOT, Person, ServerProcess, free_port, running_servers
from tests.story.browser import running_browser

SHELTERS = ROOT / "apps" / "shelters" / "manifest.json"


@dataclass
class Stage:
    """Running servers, the demo accounts, and the published shelter register."""

    servers: list[ServerProcess]
    environment: dict[str, str]
    accounts: dict[str, dict[str, Any]]
    secret: dict[str, str]
    apps_url: str
    app_id: str = "cn.zj.shelters"
    _people: list[Person] = field(default_factory=list)

    @property
    def redirect_uri(self) -> str:
        return f"{self.apps_url}/callback"

    @property
    def app_credentials(self) -> tuple[str, str]:
        return self.secret["client_id"], self.secret["client_secret"]

    def person(self, username: str) -> Person:
        """Sign in; one after the other at each of the servers, so that events must cross."""
        server = self.servers[len(self._people) % len(self.servers)]
        person = Person(server.url, username, self.accounts[username]["password"])
        self._people.append(person)
        return person

    def audit_verifies(self) -> bool:
        return "intact" in zzd(self.environment, "audit", "verify")

    def send_home(self) -> None:
        for person in self._people:
            person.close()
        self._people.clear()


def zzd(environment: dict[str, str], *arguments: str) -> str:
    """Run the operator's command as the operator does."""
    done = subprocess.run(
        [str(Path(sys.executable).parent / "zzd"), *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, f"zzd {' '.join(arguments)}: {done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="session")
def stages(
    tmp_path_factory: pytest.TempPathFactory, copy_of_sample: SampleCopy
) -> Iterator[Callable[[str], Stage]]:
    """The stage on each kind of database: made once and kept, in whatever order tests ask."""
    made: dict[str, Stage] = {}
    with ExitStack() as stack:

        def make(kind: str) -> Stage:
            if kind not in made:
                folder = tmp_path_factory.mktemp(f"story-{kind}")
                url = stack.enter_context(copy_of_sample(kind, folder))
                running = _running_stage(
                    _environment(url, folder), tmp_path_factory.mktemp("stage")
                )
                made[kind] = stack.enter_context(running)
            return made[kind]

        yield make


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for everybody here: each screen has a profile of its own in it."""
    with running_browser() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def stage(request: pytest.FixtureRequest, stages: Callable[[str], Stage]) -> Iterator[Stage]:
    stage = stages(request.param)
    yield stage
    stage.send_home()


def _environment(database_url: str, folder: Path) -> dict[str, str]:
    environment = {
        "ZZD_VAR": str(folder),
        "ZZD_SECRET_KEY": "a key for tests, forty characters long..",
        "ZZD_DATABASE_URL": database_url,
    }
    if database_url.startswith("postgresql"):
        environment |= {"ZZD_REDIS_URL": redis_url(), "ZZD_REDIS_PREFIX": redis_prefix()}
    return environment


@contextmanager
def _running_stage(seeded: dict[str, str], folder: Path) -> Iterator[Stage]:
    secret_file = folder / "shelters.json"
    port = free_port()
    # Another host name than the client's: another origin, and no cookie of the client's.
    apps_url = f"http://localhost:{port}"
    zzd(
        seeded,
        *("miniapps", "publish-sample", str(SHELTERS)),
        *("--entry", apps_url, "--secret-file", str(secret_file)),
    )
    listed = json.loads(zzd(seeded, "demo-accounts", "--json"))
    with running_servers(
        2 if seeded.get("ZZD_REDIS_URL") else 1,
        database_url=seeded["ZZD_DATABASE_URL"],
        redis_url=seeded.get("ZZD_REDIS_URL"),
        folder=folder,
        ZZD_APPS_URL=apps_url,
        # Where apps on this machine are called back, as script/server has it.
        ZZD_OUTGOING_NETWORKS="127.0.0.0/8",
    ) as servers:
        shelters = ServerProcess(
            {
                "ZZD_URL": servers[0].url,
                "ZZD_CLIENT_ORIGINS": ",".join(server.url for server in servers),
                "SHELTERS_URL": apps_url,
                "SHELTERS_SECRET_FILE": str(secret_file),
                "SHELTERS_DATABASE": str(folder / "shelters.db"),
                "SHELTERS_SAMPLE": "1",
            },
            folder / "shelters.log",
            port=port,
            application="apps.shelters.app:create_app()",
            health="/healthz",
        )
        try:
            shelters.start()
            stage = Stage(
                servers,
                seeded,
                {account["username"]: account for account in listed},
                json.loads(secret_file.read_text()),
                apps_url,
            )
            yield stage
        finally:
            shelters.stop()
