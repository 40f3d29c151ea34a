"""Who is calling: accounts, sessions and grants → Principal."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from sqlalchemy.orm import Session

from zzd.api import Api, authenticate_with
from zzd.gathering import Gathering
from zzd.identity import commands, routes_accounts, routes_grants, routes_sessions
from zzd.identity.authentication import authenticate, recognise_socket
from zzd.identity.principals import READ_TOGETHER, TOGETHER_AT_ONCE, principal_of_token
from zzd.identity.recognised import RECOGNISED, Recognised
from zzd.identity.second_factor import routes as routes_second_factor
from zzd.identity.sessions import end_expired_sessions
from zzd.principal import Principal
from zzd.realtime import add_timer, before_serving, control, rooms
from zzd.realtime.sockets import Sockets

# Seconds. Requests and socket events check the time themselves; this is for silent sockets.
END_EXPIRED_EVERY = 30.0

__all__ = ["recognise_socket", "register"]


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events and commands."""
    authenticate_with(app, authenticate)
    known = app.extensions[RECOGNISED] = Recognised()
    app.extensions[READ_TOGETHER] = Gathering[str, "Principal | None"](TOGETHER_AT_ONCE)
    control.also(app, "session_revoked", known.forget_sessions)
    control.also(app, "renew", known.forget_renewed)
    for routes in (routes_sessions, routes_accounts, routes_grants, routes_second_factor):
        api.register_blueprint(routes.blueprint)
    app.extensions.setdefault("zzd.commands", []).append(commands.accounts)
    sockets.add_rooms(_rooms_of)
    add_timer(app, END_EXPIRED_EVERY, end_expired_sessions)
    # Nobody's: what recognises callers is made once.
    before_serving(app, lambda: principal_of_token(""))


def _rooms_of(session: Session, principal: Principal) -> Iterable[str]:
    """An official's own room and those of the units they have posts in."""
    if principal.official_id is not None:
        yield rooms.official(principal.official_id)
    for post in principal.posts:
        yield rooms.unit(post.unit_id)
