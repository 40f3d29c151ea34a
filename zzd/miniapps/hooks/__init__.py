"""Events out: webhooks by the Standard Webhooks specification, and the same events on request.

An event that any app wants is one row more of the transaction that causes it (zzd.realtime.kept).
The worker puts these rows in order, spreads them to the webhooks that want them and whose apps may
see them, and tells each in the order of its subject. docs/webhooks.md is what developers read.
"""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.metrics import add_late
from zzd.miniapps.hooks import deliveries, dispatch, polling, routes, spreading, webhooks
from zzd.realtime import add_timer, kept

SPREAD_EVERY = 0.25
DISPATCH_EVERY = 0.25
FORGET_EVERY = 600.0


def register(app: Flask, api: Api) -> None:
    """Add the routes, what is kept for webhooks and readers, and the timers."""
    api.register_blueprint(routes.blueprint)
    dispatch.register(app)
    for find in (webhooks.wanted_types, polling.wanted_types):
        kept.add_wanted(app, find)
    add_timer(app, SPREAD_EVERY, spreading.spread_due)
    add_timer(app, DISPATCH_EVERY, dispatch.dispatch_due)
    add_late(app, "webhooks", dispatch.oldest_due())
    add_timer(app, FORGET_EVERY, deliveries.forget_old)
