"""Scheduled sending: a message that goes out at its time, as its sender would send it then."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import func, select

from zzd.api import Api
from zzd.messaging.scheduled import routes, sending
from zzd.messaging.scheduled.models import ScheduledMessage
from zzd.messaging.scheduled.sending import forget_words
from zzd.metrics import add_late
from zzd.realtime import add_timer

__all__ = ["forget_words", "register"]

EVERY = 1.0


def register(app: Flask, api: Api) -> None:
    """Add the routes and the timer."""
    api.register_blueprint(routes.blueprint)
    add_timer(app, EVERY, sending.send_due)
    add_late(app, "scheduled messages", select(func.min(ScheduledMessage.due_at)))
