"""Who is calling: accounts, sessions and grants → Principal."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Flask
from sqlalchemy.orm import Session

from zzd.api import Api, authenticate_with
from zzd.identity.sessions import authenticate, recognise_socket
from zzd.principal import Principal
from zzd.realtime import rooms
from zzd.realtime.sockets import Sockets

__all__ = ["recognise_socket", "register"]


def register(app: Flask, api: Api, sockets: Sockets) -> None:
    """Add the package's routes, socket events and commands."""
    authenticate_with(app, authenticate)
    sockets.add_rooms(_rooms_of)


def _rooms_of(session: Session, principal: Principal) -> Iterable[str]:
    """An official's own room and those of the units they have posts in."""
    if principal.official_id is not None:
        yield rooms.official(principal.official_id)
    for post in principal.posts:
        yield rooms.unit(post.unit_id)
