"""What a process does before it takes its first request."""

from __future__ import annotations

from flask import Flask

from zzd import realtime
from zzd.db import OPENED_EARLY, database
from zzd.messaging.search import words
from zzd.realtime import before_serving


def test_connections_and_the_dictionary_are_there_before_the_first_request(
    app: Flask, engine_kind: str
) -> None:
    words._dictionary.cache_clear()
    database().engine.dispose()
    realtime.prepare(app)
    assert words._dictionary.cache_info().currsize == 1
    opened = database().engine.pool.checkedin()  # type: ignore[attr-defined]
    assert opened == (1 if engine_kind == "sqlite" else OPENED_EARLY)


def test_a_first_step_that_fails_keeps_nobody_from_serving(app: Flask) -> None:
    done: list[str] = []

    def fail() -> None:
        raise RuntimeError("no database yet")

    before = list(app.extensions["zzd.before_serving"])
    before_serving(app, fail)
    before_serving(app, lambda: done.append("after"))
    try:
        realtime.prepare(app)
    finally:
        app.extensions["zzd.before_serving"] = before
    assert done == ["after"]
