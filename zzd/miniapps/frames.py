"""Which origins the web client may show in a frame, for its Content-Security-Policy."""

from __future__ import annotations

import time

import structlog
from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from zzd.db import reading
from zzd.miniapps.models import MiniApp, MiniAppVersion
from zzd.miniapps.policy import is_live

log = structlog.get_logger()

KEEP_SECONDS = 5.0
MOST_LOOPBACK_APPS = 50


class FrameOrigins:
    """What a page's ``frame-src`` lists; asked of the database every five seconds at most.

    Any https origin: hundreds of apps by name would make a header too long for proxies, and a
    frame gets nothing from the client but what the bridge gives the app it opened. Plain http
    only for published apps, whose manifests allow it on loopback hosts alone.
    """

    def __init__(self) -> None:
        self._kept: tuple[str, ...] = ()
        self._until = 0.0

    def __call__(self) -> tuple[str, ...]:
        if time.monotonic() >= self._until:
            try:
                self._kept = _loopback_origins()
            except SQLAlchemyError as error:
                # The page itself needs no database, and must load to say that it is offline.
                log.warning("frame origins not renewed", exc_info=error)
            self._until = time.monotonic() + KEEP_SECONDS
        return ("https:", *self._kept)

    def forget(self) -> None:
        self._until = 0.0


def forget() -> None:
    """Ask again at once: an app was published or suspended in this process."""
    current_app.extensions["zzd.frame_origins"].forget()


def _loopback_origins() -> tuple[str, ...]:
    origin = MiniAppVersion.entry_origin
    query = (
        select(origin)
        .join(MiniApp, is_live())
        .where(origin.startswith("http://"))
        .distinct()
        .order_by(origin)
        .limit(MOST_LOOPBACK_APPS)
    )
    with reading() as session:
        return tuple(session.scalars(query))
