"""Events: outbox → fan-out → sockets. Redis and sockets may lose anything; clients catch up."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from types import FrameType

import structlog
from flask import Flask
from sqlalchemy import select

from zzd.metrics import add_late, add_number
from zzd.realtime import kept, outbox
from zzd.realtime.fanout import FanOut, LocalFanOut, RedisFanOut
from zzd.realtime.models import OutboxEntry
from zzd.realtime.outbox import Published
from zzd.realtime.presence import LOOK_EVERY, InRedis, NoOther, Presence
from zzd.realtime.sockets import Recognise, Sockets
from zzd.settings import Settings

log = structlog.get_logger()

SWEEP_EVERY = 2.0
LOOK_FOR_WANTED_EVERY = 1.0
# Of the time for a graceful stop; the rest is for the last to answer.
SHARE_OF_DRAINING = 0.6


def register(app: Flask, settings: Settings, recognise: Recognise) -> Sockets:
    sockets = Sockets(app, settings, recognise)
    fanout: FanOut = LocalFanOut(sockets.deliver)
    if settings.redis_url:
        fanout = RedisFanOut(
            settings.redis_url,
            settings.redis_prefix,
            deliver=sockets.deliver,
            push=sockets.manager.push,
            resync=sockets.resync,
        )
        sockets.manager.on_room(fanout.opened, fanout.closed)
        sockets.settle_rooms = fanout.settle
    app.extensions.update(
        {"zzd.sockets": sockets, "zzd.fanout": fanout, "zzd.published": Published()}
    )
    kept.register(app)
    add_number(app, "zzd_sockets", "Sockets that are connected", sockets.connections.__len__)
    add_number(app, "zzd_fanout_healthy", "1 while events reach other processes", fanout.healthy)
    add_late(app, "events", select(OutboxEntry.occurred_at).order_by(OutboxEntry.id))
    url, prefix = settings.redis_url, settings.redis_prefix
    elsewhere = InRedis(url, prefix) if url else NoOther()
    app.extensions["zzd.presence"] = Presence(sockets.connections.officials, elsewhere)
    return sockets


def start(app: Flask) -> None:
    """Start what a serving process does in the background; once."""
    sockets: Sockets = app.extensions["zzd.sockets"]
    app.extensions["zzd.fanout"].start()
    sockets.io.start_background_task(_repeat, app, app.extensions["zzd.published"].flush, 0.5)
    presence: Presence = app.extensions["zzd.presence"]
    sockets.io.start_background_task(_repeat, app, presence.look, LOOK_EVERY)
    _beat(app, sockets)
    for step, seconds in app.extensions.get("zzd.at_start", ()):
        sockets.io.start_background_task(_once, app, step, seconds)
    if app.extensions["zzd.settings"].run_timers:
        sockets.io.start_background_task(work, app)
    else:
        sockets.io.start_background_task(_repeat, app, kept.look, LOOK_FOR_WANTED_EVERY)


def stop_gracefully(app: Flask) -> None:
    """When this process is told to stop, send its sockets away one after the other.

    gunicorn waits ``graceful_seconds`` for its connections and then cuts them, without a word.
    """
    sockets: Sockets = app.extensions["zzd.sockets"]
    seconds = app.extensions["zzd.settings"].graceful_seconds * SHARE_OF_DRAINING
    before = signal.getsignal(signal.SIGTERM)

    def stop(signum: int, frame: FrameType | None) -> None:
        sockets.io.start_background_task(sockets.io.server.drain, seconds)
        if callable(before):
            before(signum, frame)

    signal.signal(signal.SIGTERM, stop)


def add_timer(app: Flask, seconds: float, step: Callable[[], object]) -> None:
    """Have this done every so often. Several workers may do it at once: it must not mind."""
    app.extensions.setdefault("zzd.timers", []).append((step, seconds))


def add_beat(app: Flask, seconds: float, step: Callable[[], object]) -> None:
    """Have every process do this so often, for what it alone knows of: what it gathered."""
    app.extensions.setdefault("zzd.beats", []).append((step, seconds))


def beats(app: Flask) -> bool:
    """Whether this process does what was asked of it by ``add_beat``."""
    return "zzd.beating" in app.extensions


def _beat(app: Flask, sockets: Sockets) -> None:
    if not beats(app):
        app.extensions["zzd.beating"] = True
        for step, seconds in app.extensions.get("zzd.beats", ()):
            sockets.io.start_background_task(_repeat, app, step, seconds)


def at_start(app: Flask, seconds: float, step: Callable[[], object]) -> None:
    """Have this done once in each serving process, so long after it started: what nobody who
    waits for the server needs, and the first who asks for it should not wait for."""
    app.extensions.setdefault("zzd.at_start", []).append((step, seconds))


def before_serving(app: Flask, step: Callable[[], object]) -> None:
    """Have this done once in each serving process before it takes a request: what takes so long
    at its first time that those who are served meanwhile would wait for it."""
    app.extensions.setdefault("zzd.before_serving", []).append(step)


def prepare(app: Flask) -> None:
    """Do what is to be done before serving. What fails is done by whoever needs it first."""
    with app.app_context():
        for step in (*app.extensions.get("zzd.before_serving", ()), kept.look):
            try:
                step()
            except Exception as error:
                log.warning("a first step failed", step=step.__qualname__, exc_info=error)


def work(app: Flask) -> None:
    """What ``zzd worker`` does for ever; the embedded default does it inside the server."""
    sockets: Sockets = app.extensions["zzd.sockets"]
    # A worker has no sockets, and yet must know which rooms were opened lately.
    app.extensions["zzd.fanout"].start()
    add_timer(app, LOOK_FOR_WANTED_EVERY, kept.look)
    for step, seconds in app.extensions.get("zzd.timers", ()):
        sockets.io.start_background_task(_repeat, app, step, seconds)
    _repeat(app, outbox.sweep, SWEEP_EVERY)


def _once(app: Flask, step: Callable[[], object], seconds: float) -> None:
    time.sleep(seconds)
    with app.app_context():
        step()


def _repeat(app: Flask, step: Callable[[], object], seconds: float) -> None:
    while True:
        time.sleep(seconds)
        with app.app_context():
            try:
                step()
            except Exception as error:
                log.warning("a repeated step failed", step=step.__qualname__, exc_info=error)
