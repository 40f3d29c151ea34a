"""Events: outbox → fan-out → sockets. Redis and sockets may lose anything; clients catch up."""

from __future__ import annotations

import time
from typing import Any

import structlog
from flask import Flask

from zzd.realtime import outbox
from zzd.realtime.fanout import FanOut, LocalFanOut, RedisFanOut
from zzd.realtime.outbox import Published
from zzd.realtime.sockets import Recognise, Sockets
from zzd.settings import Settings

log = structlog.get_logger()

FORGET_EVERY = 0.5
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
    """Start this process's listener and sweeper in the background; once, by whoever serves."""
    sockets: Sockets = app.extensions["zzd.sockets"]
    fanout = app.extensions["zzd.fanout"]
    if isinstance(fanout, RedisFanOut):
        sockets.io.start_background_task(fanout.listen)
    sockets.io.start_background_task(_keep_clean, app)


def _keep_clean(app: Flask) -> None:
    last_sweep = time.monotonic()
    while True:
        time.sleep(FORGET_EVERY)
        with app.app_context():
            _try(app.extensions["zzd.published"].flush)
            if time.monotonic() - last_sweep >= SWEEP_EVERY:
                last_sweep = time.monotonic()
                _try(outbox.sweep)


def _try(step: Any) -> None:
    try:
        step()
    except Exception as error:
        log.warning("outbox not swept", step=step.__qualname__, exc_info=error)
