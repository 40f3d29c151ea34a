"""The organisation: units, lines, posts, officials, and the audiences that address them."""

from __future__ import annotations

from collections import OrderedDict

from flask import Flask

from zzd.api import Api
from zzd.orgtree import (
    remembered,
    routes_audiences,
    routes_officials,
    routes_transfer,
    routes_units,
)
from zzd.orgtree.units import COUNTS
from zzd.realtime.sockets import Sockets


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events and commands."""
    app.extensions[COUNTS] = OrderedDict()
    remembered.register(app)
    for routes in (routes_units, routes_officials, routes_audiences, routes_transfer):
        api.register_blueprint(routes.blueprint)
