"""The zone beside ZZD: in one process for what is asked, as two servers for the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from apps.typhoon_zone.app import FOLDER, create_app
from apps.typhoon_zone.settings import FEEDS, SIMULATED, Settings
from tests.apps.conftest import serving
from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.servers import free_port
from zzd.miniapps.commands import miniapps

MANIFEST = FOLDER / "manifest.json"


class Answer:
    """An answer of ZZD in this process, as the zone reads it."""

    def __init__(self, response: Any) -> None:
        self.status_code, self.headers = response.status_code, response.headers
        self.content = response.get_data()

    def json(self) -> Any:
        return json.loads(self.content)


class InProcess:
    """ZZD for the zone, without a socket between them."""

    def __init__(self, app: Flask, base: str) -> None:
        self.app, self.base = app, base

    def request(self, method: str, url: str, **kwargs: Any) -> Any:
        sent = {
            name: kwargs[name]
            for name in ("headers", "data", "json", "auth")
            if kwargs[name] is not None
        }
        path = url.removeprefix(self.base)
        return Answer(
            self.app.test_client().open(path, method=method, query_string=kwargs["params"], **sent)
        )


@dataclass
class Visitor:
    """Somebody who opened the zone."""

    app: Flask
    known: dict[str, Any]

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.known['token']}"}
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        answer = self.app.test_client().open(f"/api{path}", method=method, headers=headers, **sent)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()

    def add(self, kind: str, fields: dict[str, Any], **more: Any) -> Any:
        status = more.pop("status", 201)
        body = {"unit_id": self.known["official"]["unit"]["id"], **fields, **more}
        return self.call("POST", f"/records/{kind}", body, status=status)

    def names(self) -> list[str]:
        return sorted(item["name"] for item in self.call("GET", "/records")["items"])


@dataclass
class Opened:
    app: Flask
    id: str

    def open(self, official: ApiClient) -> Visitor:
        client = self.app.test_client()
        wanted = client.post("/api/launches").get_json()
        launched = official.post(f"/miniapps/{self.id}/launch", wanted)
        body = {"code": launched["code"], "state": launched["state"]}
        answer = client.post("/api/visits", json=body)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        return Visitor(self.app, answer.get_json())


@pytest.fixture(scope="session")
def engine_kind() -> str:
    """ZZD is reached by its public interface alone, which its own tests hold on both databases."""
    return "sqlite"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    zzd = f"http://127.0.0.1:{free_port()}"
    return Settings(
        zzd_url=zzd,
        client_origins=(zzd,),
        # By its other name: to a browser, another site than the client's.
        url=f"http://localhost:{free_port()}",
        database=tmp_path / "zone.db",
        secret_file=tmp_path / "zone.json",
        feed_seconds=0,
        feeds=MappingProxyType(dict.fromkeys(FEEDS, SIMULATED)),
    )


def publish(settings: Settings, as_: SignedIn) -> str:
    """Put it on the workbench; its id there."""
    ran = CliRunner().invoke(
        miniapps,
        [
            *("publish-sample", str(MANIFEST), "--entry", settings.url),
            *("--secret-file", str(settings.secret_file)),
            *("--developer", "app_developer", "--reviewer", "system_admin"),
            *("--installer", "33.leader"),
        ],
    )
    assert ran.exit_code == 0, ran.output
    found: str = as_("33.leader").get("/workbench")["items"][0]["id"]
    return found


@pytest.fixture
def zone(app: Flask, settings: Settings, as_: SignedIn) -> Opened:
    app_id = publish(settings, as_)
    return Opened(create_app(settings, InProcess(app, settings.zzd_url)), app_id)


@pytest.fixture
def serve(app: Flask, settings: Settings, as_: SignedIn) -> Any:
    """``with serve() as opened:`` runs ZZD and the zone on ports of their own."""

    @contextmanager
    def run(**changes: Any) -> Iterator[Opened]:
        app_id = publish(settings, as_)
        own_app = create_app(replace(settings, **changes))
        ports = [int(url.rsplit(":", 1)[1]) for url in (settings.zzd_url, settings.url)]
        with serving(app, ports[0]), serving(own_app, ports[1]):
            yield Opened(own_app, app_id)

    return run
