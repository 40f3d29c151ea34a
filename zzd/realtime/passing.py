"""Events that are worth nothing later: pushed to rooms at once, written down nowhere."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

import structlog
from flask import current_app

from zzd import clock
from zzd.realtime.outbox import Event

log = structlog.get_logger()


def push(type_: str, data: dict[str, Any], *, rooms: Iterable[str]) -> None:
    """Push an event to every process's sockets in these rooms. One that is lost stays lost."""
    event = Event(uuid.uuid4().hex, type_, clock.now(), tuple(rooms), data)
    try:
        current_app.extensions["zzd.fanout"].publish([event])
    except Exception as error:
        log.info("a passing event was lost", type=type_, error=repr(error))
