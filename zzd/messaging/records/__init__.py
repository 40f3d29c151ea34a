"""Records: how long messages are kept, what must stay, and conversations taken out.

docs/records.md has the rules; who may what is in zzd.messaging.records.policy.
"""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.messaging.records import exports, making, routes_exports, routes_keeping, sweeping
from zzd.realtime import add_timer

# Seconds.
SWEEP_EVERY = 5.0
MAKE_EVERY = 1.0
EXPIRE_EVERY = 60.0


def register(app: Flask, api: Api) -> None:
    """Add the routes and the timers."""
    api.register_blueprint(routes_keeping.blueprint)
    api.register_blueprint(routes_exports.blueprint)
    add_timer(app, SWEEP_EVERY, sweeping.sweep)
    add_timer(app, MAKE_EVERY, making.make_due)
    add_timer(app, EXPIRE_EVERY, exports.expire_due)
