"""Mini-apps: registered, reviewed, published, and opened from the workbench."""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.identity.authentication import add_token_reader
from zzd.messaging.cards.senders import register_senders
from zzd.miniapps import (
    allowances,
    calls,
    commanding,
    commands,
    hooks,
    routes,
    routes_life,
    routes_opening,
)
from zzd.miniapps.callbacks import CardSenders
from zzd.miniapps.desk import routes as desk
from zzd.miniapps.desk import tiles
from zzd.miniapps.installations import routes as installing
from zzd.miniapps.oidc import forgetting, limits, tokens
from zzd.miniapps.oidc import routes as oidc
from zzd.realtime import add_timer
from zzd.realtime.sockets import Sockets


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes and commands, its tokens as callers."""
    settings = app.extensions["zzd.settings"]
    allowances.register(app, settings)
    limits.register(app, settings)
    tiles.register(app)
    add_token_reader(app, tokens.PREFIX, tokens.read_token)
    register_senders(app, CardSenders(app.config["SECRET_KEY"]))
    for blueprint in (
        routes.blueprint,
        routes_life.blueprint,
        installing.blueprint,
        routes_opening.blueprint,
        oidc.blueprint,
        desk.blueprint,
    ):
        api.register_blueprint(blueprint)
    add_timer(app, forgetting.EVERY, forgetting.forget_old)
    hooks.register(app, api)
    calls.register(app, api)
    commanding.register(app, api)
    app.extensions.setdefault("zzd.commands", []).append(commands.miniapps)
