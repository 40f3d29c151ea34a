"""ZZD: government workplace collaboration."""

from __future__ import annotations

import gc

import orjson
from flask import Flask, Request, g
from flask.json.provider import JSONProvider
from flask.sessions import SessionInterface

from zzd import (
    api,
    audit,
    compression,
    db,
    errors,
    health,
    identity,
    logs,
    messaging,
    metrics,
    miniapps,
    orgtree,
    outgoing,
    pages,
    realtime,
    tasks,
)
from zzd.audit.log import record_denial
from zzd.settings import Settings

__version__ = "0.1.0"


class OrjsonProvider(JSONProvider):
    """UTF-8 instead of escapes: Chinese text in half the bytes."""

    def dumps(self, obj: object, **_options: object) -> str:
        return orjson.dumps(obj, default=str, option=orjson.OPT_NON_STR_KEYS).decode()

    def loads(self, s: str | bytes, **_options: object) -> object:
        return orjson.loads(s)


class NoSessions(SessionInterface):
    """Flask's own signed cookie is not used; making one ready costs each request."""

    def open_session(self, app: Flask, request: Request) -> None:
        return None


def create_app(settings: Settings | None = None) -> Flask:
    """The application: wiring only."""
    settings = settings or Settings.from_env()
    app = Flask(__name__, static_folder=None)
    app.json = OrjsonProvider(app)
    app.session_interface = NoSessions()
    app.config.update(SECRET_KEY=settings.secret_key, MAX_CONTENT_LENGTH=settings.request_limit)
    app.extensions["zzd.settings"] = settings

    db.register(app, settings)
    metrics.register(app)
    errors.register(app, lambda problem: record_denial(problem, by=g.get("principal")))
    routes = api.register(app)
    sockets = realtime.register(app, settings, identity.recognise_socket)
    outgoing.register(app, settings)
    for package in (audit, orgtree, identity, messaging, tasks, miniapps):
        package.register(app, routes, sockets)
    compression.register(app)
    health.register(app)
    pages.register(app, settings)
    return app


def serve(settings: Settings | None = None) -> Flask:
    """The application with its background tasks, for a process that serves."""
    logs.configure()
    app = create_app(settings)
    realtime.prepare(app)
    realtime.start(app)
    realtime.stop_gracefully(app)
    collect_seldom()
    return app


def collect_seldom() -> None:
    """For processes that run for long: many objects that stay, few cycles. The default thresholds
    cost a third of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 1_000)
