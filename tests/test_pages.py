"""The web client's files: what may be kept by a browser, and what is always asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.databases import settings_for
from zzd import create_app

PUBLIC = Path(__file__).resolve().parent.parent / "web" / "public"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    root = tmp_path_factory.mktemp("web")
    (root / "assets").mkdir()
    for name in ("index.html", "sw.js", "manifest.json", "assets/index-1a2b.js"):
        (root / name).write_text("{}")
    database = f"sqlite:///{tmp_path_factory.mktemp('pages') / 'zzd.db'}"
    app: Flask = create_app(settings_for(database, web_root=root))
    return app.test_client()


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("/", "text/html"),
        ("/messages/7", "text/html"),
        ("/sw.js", "text/javascript"),
        ("/manifest.json", "application/json"),
    ],
)
def test_what_names_the_version_is_asked_for_each_time(
    client: FlaskClient, path: str, media_type: str
) -> None:
    answer = client.get(path)
    answer.close()
    assert (answer.status_code, answer.mimetype) == (200, media_type)
    assert answer.headers["Cache-Control"] == "no-cache"
    # The worker's scope is the whole client; its policy lets it fetch from this origin alone.
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_a_hashed_file_is_kept_for_good(client: FlaskClient) -> None:
    answer = client.get("/assets/index-1a2b.js")
    answer.close()
    assert "immutable" in answer.headers["Cache-Control"]


def test_a_file_that_is_gone_is_no_screen(client: FlaskClient) -> None:
    """Or a browser would keep the page under the name of a script."""
    assert client.get("/assets/index-old.js").status_code == 404


def test_the_manifest_names_icons_that_are_there() -> None:
    manifest = json.loads((PUBLIC / "manifest.json").read_text())
    assert [
        icon["src"] for icon in manifest["icons"] if not (PUBLIC / icon["src"][1:]).exists()
    ] == []
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in manifest["icons"]}
    assert "maskable" in {icon.get("purpose") for icon in manifest["icons"]}
