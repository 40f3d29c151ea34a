"""The socket server: who is connected, which rooms they are in, what they may send.

Sockets only push. Feature packages say which rooms an official belongs in (``add_rooms``) and
which events clients may send (``event``); both are checked like any HTTP route.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from flask_socketio import ConnectionRefusedError as Refused
from flask_socketio import SocketIO
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from zzd.api import Access, Caller
from zzd.audit.log import record_denial
from zzd.db import reading
from zzd.errors import AuthenticationRequired, Invalid, Problem, from_exception
from zzd.principal import PostRef, Principal
from zzd.realtime.outbox import Event
from zzd.settings import Settings

log = structlog.get_logger()

RoomsOf = Callable[[Session, Principal], Iterable[str]]
Recognise = Callable[[Any], Principal | None]


@dataclass(slots=True)
class Connection:
    principal: Principal
    # Rooms by right, renewed when posts or memberships change; watched ones are asked for.
    rooms: set[str] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)


class Sockets:
    """This process's sockets."""

    def __init__(self, app: Flask, settings: Settings, recognise: Recognise) -> None:
        self.app = app
        self.recognise = recognise
        self.connections: dict[str, Connection] = {}
        self.providers: list[RoomsOf] = []
        self.declared: dict[str, Access] = {"connect": Access(Caller.ACCOUNT)}
        self.io = SocketIO(
            app,
            async_mode=None,
            # Handlers of one client run in the order of its packets.
            async_handlers=False,
            cors_allowed_origins=list(settings.allowed_origins),
            max_http_buffer_size=settings.socket_packet_limit,
            manage_session=False,
            ping_interval=20,
            ping_timeout=20,
        )
        self.io.on_event("connect", self._connect)
        self.io.on_event("disconnect", self._disconnect)

    def add_rooms(self, rooms_of: RoomsOf) -> None:
        self.providers.append(rooms_of)

    def event(
        self, name: str, caller: Caller, schema: type[Schema]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register what happens when a client sends ``name``.

        The handler gets the principal and the loaded data; its result is the acknowledgement,
        ``{"ok": true}`` if it returns none. A Problem is answered as the same object as HTTP's.
        """
        access = Access(caller)
        self.declared[name] = access

        def register(handler: Callable[..., Any]) -> Callable[..., Any]:
            @wraps(handler)
            def answer(data: Any = None, *_rest: Any) -> Any:
                principal = None
                try:
                    connection = self.connections.get(_sid())
                    # The session may have ended since the socket connected.
                    principal = access.admit(
                        self.recognise(_auth_of_connect()) if connection else None
                    )
                    g.principal = principal
                    try:
                        loaded = schema().load(data if isinstance(data, dict) else {})
                    except ValidationError as error:
                        raise Invalid(str(error.messages)) from error
                    return handler(principal, loaded) or {"ok": True}
                except Exception as error:
                    problem = from_exception(error)
                    record_denial(problem, by=principal)
                    return problem.as_dict()

            self.io.on_event(name, answer)
            return handler

        return register

    def watch(self, room: str) -> None:
        """Let the calling socket into a room it asked for; the caller has checked the right."""
        self.connections[_sid()].watched.add(room)
        self._enter(_sid(), room)

    def unwatch(self, room: str) -> None:
        connection = self.connections[_sid()]
        connection.watched.discard(room)
        if room not in connection.rooms:
            self._leave(_sid(), room)

    def deliver(self, event: Event) -> None:
        """Push an event to this process's sockets, or act on it if it is a control event."""
        with self.app.app_context():
            if event.type.startswith("control."):
                getattr(self, "_on_" + event.type.removeprefix("control."))(**event.data)
                return
            payload = event.payload()
            for room in event.rooms:
                self.io.emit(event.type, payload, to=room)

    def resync(self) -> None:
        """Tell every client to pull what it may have missed."""
        self.io.emit("rooms.resync", {"type": "rooms.resync", "data": {}})

    # Connecting

    def _connect(self, auth: Any = None) -> None:
        try:
            principal = self.declared["connect"].admit(self.recognise(auth))
            if principal is None:
                raise AuthenticationRequired
        except Problem as problem:
            raise Refused(problem.as_dict()) from problem
        request.environ["zzd.auth"] = auth
        connection = Connection(principal)
        self.connections[_sid()] = connection
        self._renew(_sid(), connection)

    def _disconnect(self, *_reason: Any) -> None:
        self.connections.pop(_sid(), None)

    def _renew(self, sid: str, connection: Connection) -> None:
        with reading() as session:
            rooms = {
                room
                for rooms_of in self.providers
                for room in rooms_of(session, connection.principal)
            }
        for room in rooms - connection.rooms:
            self._enter(sid, room)
        for room in connection.rooms - rooms - connection.watched:
            self._leave(sid, room)
        connection.rooms = rooms

    def _enter(self, sid: str, room: str) -> None:
        self.io.server.enter_room(sid, room, namespace="/")

    def _leave(self, sid: str, room: str) -> None:
        self.io.server.leave_room(sid, room, namespace="/")

    # Control events: what other processes ask of this one's sockets

    def _on_join(
        self, room: str, unit_path: str, levels: int, line: str | None, role: str | None
    ) -> None:
        """An audience came into use: those it matches join its room, without a query each."""

        def matches(post: PostRef) -> bool:
            return (
                post.unit_path.startswith(unit_path)
                and bool(levels & 1 << post.level)
                and line in (None, post.line)
                and role in (None, post.role)
            )

        for sid, connection in list(self.connections.items()):
            if any(matches(post) for post in connection.principal.posts):
                connection.rooms.add(room)
                self._enter(sid, room)

    def _on_renew(
        self, official_ids: list[int] | None = None, unit_path: str | None = None
    ) -> None:
        """Posts or memberships changed: look again who these are and where they belong."""
        officials = set(official_ids or ())
        for sid, connection in list(self.connections.items()):
            mine = connection.principal
            if mine.official_id in officials or (
                unit_path is not None
                and any(post.unit_path.startswith(unit_path) for post in mine.posts)
            ):
                renewed = self._recognise_again(sid)
                if renewed is None:
                    self.io.server.disconnect(sid, namespace="/")
                    continue
                connection.principal = renewed
                self._drop_watched(sid, connection)
                self._renew(sid, connection)

    def _on_session_revoked(
        self, session_ids: list[int] | None = None, account_id: int | None = None
    ) -> None:
        for sid, connection in list(self.connections.items()):
            mine = connection.principal
            if mine.session_id in (session_ids or ()) or mine.account_id == account_id:
                payload = {
                    "type": "session.revoked",
                    "data": {"session_id": str(mine.session_id)},
                }
                self.io.emit("session.revoked", payload, to=sid)
                self.io.server.disconnect(sid, namespace="/")

    def _drop_watched(self, sid: str, connection: Connection) -> None:
        """A watched room was a right of the old posts: the client asks again after a resync."""
        for room in connection.watched:
            self._leave(sid, room)
        if connection.watched:
            connection.watched.clear()
            self.io.emit("rooms.resync", {"type": "rooms.resync", "data": {}}, to=sid)

    def _recognise_again(self, sid: str) -> Principal | None:
        environ = self.io.server.get_environ(sid, namespace="/")
        if environ is None:
            return None
        with self.app.request_context(environ):
            return self.recognise(environ.get("zzd.auth"))


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


def _auth_of_connect() -> Any:
    return request.environ.get("zzd.auth")


def sockets() -> Sockets:
    found: Sockets = current_app.extensions["zzd.sockets"]
    return found
