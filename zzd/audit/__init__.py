"""audit."""

from __future__ import annotations

from flask import Flask

from zzd.api import Api
from zzd.realtime.sockets import Sockets


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events and commands."""
