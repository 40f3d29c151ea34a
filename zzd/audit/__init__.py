"""Who did what, and who was refused what: append-only, and it shows if it was touched."""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.audit import commands, routes
from zzd.realtime.sockets import Sockets


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events and commands."""
    api.register_blueprint(routes.blueprint)
    app.extensions.setdefault("zzd.commands", []).append(commands.audit)
