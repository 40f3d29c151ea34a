"""Who hears of apps and to-dos knows what a fresh screen knows."""

from __future__ import annotations

from flask import Flask

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.hints import Screen
from tests.miniapps.calls.conftest import OFFICIAL, calling, itself
from tests.miniapps.conftest import AppServer, KnownAs
from tests.miniapps.test_installations import TOWNSHIP, remove

__all__ = ["calling", "itself"]


def test_miniapp_closed(
    app: Flask, shelters: AppServer, as_: SignedIn, listening: Listening
) -> None:
    screen = Screen(as_(TOWNSHIP), listening(TOWNSHIP), f"/workbench/{shelters.id}")
    screen.check(app, "miniapp.closed", lambda: remove(as_))
    assert screen.fetch()[0] == 404


def test_todo_updated(
    app: Flask,
    itself: ApiClient,
    as_: SignedIn,
    listening: Listening,
    known_as: KnownAs,
) -> None:
    body = {"official_id": known_as(OFFICIAL), "title": "核对安置点人数", "link": "/shelters/17"}
    screen = Screen(as_(OFFICIAL), listening(OFFICIAL), "/todos")
    screen.check(app, "todo.updated", lambda: itself.post("/app/todos", body))
