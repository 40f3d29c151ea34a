"""Directives (指令): events, orders down the tree, and answers that add up on the way back."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import func, select

from zzd.api import Api, Caller
from zzd.db import reading
from zzd.messaging.sync import add_section
from zzd.metrics import add_late
from zzd.principal import Principal
from zzd.realtime import add_beat, add_timer, rooms
from zzd.realtime.sockets import Sockets
from zzd.tasks import (
    events,
    gathered,
    inbox,
    policy,
    routes_assignments,
    routes_directives,
    routes_events,
    staffing,
    together,
)
from zzd.tasks.areas import routes as routes_areas
from zzd.tasks.cap import routes as routes_cap
from zzd.tasks.drafts import carrying as drafts_carrying
from zzd.tasks.drafts import routes as routes_drafts
from zzd.tasks.escalation import routes as routes_escalation
from zzd.tasks.escalation import steps
from zzd.tasks.exports import routes as routes_exports
from zzd.tasks.ledger import folding
from zzd.tasks.lifecycle import routes as routes_lifecycle
from zzd.tasks.models import Assignment
from zzd.tasks.picture import routes as routes_picture
from zzd.tasks.plans import routes as routes_plans
from zzd.tasks.reporting import photos
from zzd.tasks.reporting import routes as routes_reports
from zzd.tasks.review import routes as routes_review
from zzd.tasks.schemas_assignments import WatchSchema

# Seconds between looks for large directives whose units are due to be counted.
COUNTING_EVERY = 5.0
# Between looks for steps that are due: they come at most this much late, and what they take.
STEPS_EVERY = 0.5
# Between foldings of the ledger's lines: a sum reads those of so long a time one by one.
FOLDING_EVERY = 1.0


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events, commands and timer."""
    for routes in (routes_events, routes_drafts, routes_directives, routes_assignments):
        api.register_blueprint(routes.blueprint)
    for routes in (routes_plans, routes_areas, routes_cap, routes_reports):
        api.register_blueprint(routes.blueprint)
    for routes in (routes_lifecycle, routes_picture, routes_exports, routes_review):
        api.register_blueprint(routes.blueprint)
    api.register_blueprint(routes_escalation.blueprint)
    drafts_carrying.register()
    photos.register()
    add_section("assignments", inbox.count_waiting)
    add_timer(app, COUNTING_EVERY, staffing.count_due)
    add_timer(app, STEPS_EVERY, steps.take_due)
    add_late(app, "steps of directives", select(func.min(Assignment.next_step_at)))
    add_timer(app, FOLDING_EVERY, folding.fold)
    together.register(app)
    app.extensions[gathered.GATHERED] = gathered.Gathered()
    add_beat(app, gathered.EVERY, lambda: gathered.flush(events.publish_sums))

    @sockets.event("watch", Caller.OFFICIAL, WatchSchema)
    def watch(principal: Principal, data: dict[str, Any]) -> None:
        """Be told when the sums at a unit change. The right is that of the roll-up."""
        with reading() as session:
            policy.access_rollup(session, principal, **data, action="directive.watch")
        sockets.watch(rooms.rollup(**data))

    @sockets.event("unwatch", Caller.OFFICIAL, WatchSchema)
    def unwatch(_principal: Principal, data: dict[str, Any]) -> None:
        sockets.unwatch(rooms.rollup(**data))
