"""Calls in: what apps ask of the platform with their tokens, beyond what officials' clients ask.

Each installation of an app has its own allowance of calls (``limits``), and every call is in the
app's own log (``log``). docs/app-calls.md is what developers read.
"""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import BaseConverter

from zzd.api import Api
from zzd.miniapps.calls import limits, log, routes, routes_todos, todos
from zzd.realtime import add_timer, at_start

FORGET_EVERY = 600.0


class StorageKey(BaseConverter):
    """``<storage_key:key>`` in a path. What is no key is a path that does not exist."""

    regex = "[A-Za-z0-9._-]{1,128}"


def register(app: Flask, api: Api) -> None:
    """Add the routes, the allowance that is asked before and the log that is written after."""
    app.url_map.converters["storage_key"] = StorageKey
    api.register_converter(StorageKey, lambda _converter: {"type": "string"})
    for blueprint in (routes.blueprint, routes_todos.blueprint):
        api.register_blueprint(blueprint)
    limits.register(app, app.extensions["zzd.settings"])
    log.register(app)
    at_start(app, 0.0, log.keep_writing)
    for forget in (log.forget_old, todos.forget_old):
        add_timer(app, FORGET_EVERY, forget)
