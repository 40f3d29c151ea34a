"""Events: outbox → fan-out → sockets. Redis and sockets may lose anything; clients catch up."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from flask import Flask

from zzd.realtime import outbox
from zzd.realtime.fanout import FanOut, LocalFanOut, RedisFanOut
from zzd.realtime.outbox import Published
from zzd.realtime.sockets import Recognise, Sockets
from zzd.settings import Settings

log = structlog.get_logger()

SWEEP_EVERY = 2.0


def register(app: Flask, settings: Settings, recognise: Recognise) -> Sockets:
    sockets = Sockets(app, settings, recognise)
    fanout: FanOut = LocalFanOut(sockets.deliver)
    if settings.redis_url:
        fanout = RedisFanOut(settings.redis_url, sockets.deliver, sockets.resync)
    app.extensions.update(
        {"zzd.sockets": sockets, "zzd.fanout": fanout, "zzd.published": Published()}
    )
    return sockets


def start(app: Flask) -> None:
    """Start what a serving process does in the background; once."""
    sockets: Sockets = app.extensions["zzd.sockets"]
    fanout = app.extensions["zzd.fanout"]
    if isinstance(fanout, RedisFanOut):
        sockets.io.start_background_task(fanout.listen)
    sockets.io.start_background_task(_repeat, app, app.extensions["zzd.published"].flush, 0.5)
    if app.extensions["zzd.settings"].run_timers:
        sockets.io.start_background_task(work, app)


def add_timer(app: Flask, seconds: float, step: Callable[[], object]) -> None:
    """Have this done every so often. Several workers may do it at once: it must not mind."""
    app.extensions.setdefault("zzd.timers", []).append((step, seconds))


def work(app: Flask) -> None:
    """What ``zzd worker`` does for ever; the embedded default does it inside the server."""
    sockets: Sockets = app.extensions["zzd.sockets"]
    for step, seconds in app.extensions.get("zzd.timers", ()):
        sockets.io.start_background_task(_repeat, app, step, seconds)
    _repeat(app, outbox.sweep, SWEEP_EVERY)


def _repeat(app: Flask, step: Callable[[], object], seconds: float) -> None:
    while True:
        time.sleep(seconds)
        with app.app_context():
            try:
                step()
            except Exception as error:
                log.warning("a repeated step failed", step=step.__qualname__, exc_info=error)
