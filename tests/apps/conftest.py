"""ZZD and the shelter register as two real servers on ports of their own."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from flask import Flask
from werkzeug.serving import make_server

from apps.shelters.app import FOLDER, create_app
from apps.shelters.settings import Settings
from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.servers import free_port
from zzd.miniapps.commands import miniapps

MANIFEST = FOLDER / "manifest.json"


@contextmanager
def serving(app: Flask, port: int) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Shelters:
    """The running register, and how an official's client opens it."""

    app: Flask
    id: str
    url: str
    zzd_url: str
    secret_file: Path
    # Of somebody who may open it: with it a browser gets the page around the app.
    token: str

    def launch(self, official: ApiClient) -> dict[str, str]:
        """What the page brings its server: a code, and the state it was asked for with."""
        wanted = requests.post(f"{self.url}/api/launches", timeout=10).json()
        launched = official.post(f"/miniapps/{self.id}/launch", wanted)
        return {"code": launched["code"], "state": launched["state"]}

    def open(self, official: ApiClient) -> Visit:
        answer = requests.post(f"{self.url}/api/visits", json=self.launch(official), timeout=20)
        assert answer.status_code == 201, answer.text
        return Visit(self.url, answer.json())


@dataclass
class Visit:
    url: str
    known: dict[str, Any]

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        headers = {"Authorization": f"Bearer {self.known['token']}"}
        answer = requests.request(
            method, f"{self.url}/api{path}", json=body, headers=headers, timeout=10
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def names(self, **query: str) -> list[str]:
        path = "&".join(f"{key}={value}" for key, value in query.items())
        return [item["name"] for item in self.call("GET", f"/shelters?{path}")["items"]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Of a register that is not running yet; the port of ZZD comes with it."""
    zzd = f"http://127.0.0.1:{free_port()}"
    return Settings(
        zzd_url=zzd,
        client_origins=(zzd,),
        # By its other name: to a browser, another site than the client's.
        url=f"http://localhost:{free_port()}",
        database=tmp_path / "shelters.db",
        secret_file=tmp_path / "shelters.json",
    )


def publish(settings: Settings) -> None:
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


@pytest.fixture
def run(app: Flask, settings: Settings, as_: SignedIn) -> Any:
    """``with run(sample=True) as shelters:`` serves ZZD and the published register."""

    @contextmanager
    def start(**changes: Any) -> Iterator[Shelters]:
        publish(settings)
        made = replace(settings, **changes)
        own_app = create_app(made)
        port = int(settings.url.rsplit(":", 1)[1])
        zzd_port = int(settings.zzd_url.rsplit(":", 1)[1])
        assert settings.secret_file
        app_id = as_("33.leader").get("/workbench")["items"][0]["id"]
        with serving(app, zzd_port) as zzd_url, serving(own_app, port):
            token = as_("331081100.duty_officer").token or ""
            yield Shelters(own_app, app_id, settings.url, zzd_url, settings.secret_file, token)

    return start


@pytest.fixture
def shelters(run: Any) -> Iterator[Shelters]:
    with run() as running:
        yield running


def manifest_of(settings: Settings) -> dict[str, Any]:
    text = MANIFEST.read_text(encoding="utf-8").replace("${APP_URL}", settings.url)
    filled: dict[str, Any] = json.loads(text)
    return filled
