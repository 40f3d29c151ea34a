"""DING: an urgent message to any part of the organisation, which each recipient confirms.

One row however many it addresses, and a row for whoever answers: who has not is the audience
minus the receipts. docs/dings.md has its states, its rights and the shape of the gateways.
"""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import func, select

from zzd.api import Api
from zzd.messaging.dings import calls, channels, routes, steps, views
from zzd.messaging.dings.models import Ding, DingCall
from zzd.messaging.sync import add_section
from zzd.metrics import add_late
from zzd.realtime import add_timer

EVERY = 1.0
# Batches under way at once, in each process and for each channel: one that waits for a slow
# gateway holds up neither the other channel nor what is shown in the application.
SENDERS = 4


def register(app: Flask, api: Api) -> None:
    """Add the routes, the section of sync, the channels and the timers."""
    api.register_blueprint(routes.blueprint)
    add_section("dings", views.count_waiting)
    channels.register(app, app.extensions["zzd.settings"])
    for step in (steps.fire_due, steps.tell_progress, calls.spread_due):
        add_timer(app, EVERY, step)
    for channel in app.extensions[channels.CHANNELS]:
        for _ in range(SENDERS):
            add_timer(app, EVERY, _caller(channel))
    add_late(app, "repeats of dings", select(func.min(Ding.next_at)))
    # Those of a gateway that was taken away are made by nobody.
    called = DingCall.channel.in_(list(app.extensions[channels.CHANNELS]))
    add_late(app, "calls to telephones", select(func.min(DingCall.due_at)).where(called))


def _caller(channel: str) -> Callable[[], None]:
    def make_calls() -> None:
        calls.call_due(channel)

    return make_calls
