"""The socket server: who is connected, which rooms they are in, what they may send.

Sockets only push. Feature packages say which rooms an official belongs in (``add_rooms``) and
which events clients may send (``event``); both are checked like any HTTP route.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Any

import structlog
from flask import Flask, current_app, g, request
from flask_socketio import ConnectionRefusedError as Refused
from marshmallow import Schema, ValidationError
from sqlalchemy.orm import Session

from zzd import clock
from zzd.api import Access, Caller
from zzd.audit.log import record_denial
from zzd.db import reading
from zzd.errors import AuthenticationRequired, Invalid, TooManyRequests, from_exception
from zzd.principal import Principal
from zzd.realtime import control
from zzd.realtime.connections import Connection, Connections
from zzd.realtime.manager import RoomManager
from zzd.realtime.outbox import Event
from zzd.realtime.packets import Utf8Json, encode
from zzd.realtime.server import FlaskSockets
from zzd.settings import Settings

log = structlog.get_logger()

RoomsOf = Callable[[Session, Principal], Iterable[str]]
Settle = Callable[[Iterable[str], float, Callable[[], None]], None]
Recognise = Callable[[Any], Principal | None]

# Whoever comes in waits so long at most for the rooms to be heard here, in seconds.
SETTLE_WITHIN = 2.0
# More than this are looked at again in the background, so that events do not wait for them.
AT_ONCE = 20


class Sockets:
    """This process's sockets."""

    def __init__(self, app: Flask, settings: Settings, recognise: Recognise) -> None:
        self.app = app
        self.recognise = recognise
        self.connections = Connections()
        # How often somebody's rights were changed: a connect that overlaps one looks again.
        self.changes = 0
        self.providers: list[RoomsOf] = []
        # Other processes' events may have to be asked for first (see FanOut.settle).
        self.settle_rooms: Settle = lambda _rooms, _within, _late: None
        self.declared: dict[str, Access] = {"connect": Access(Caller.ACCOUNT)}
        self.manager = RoomManager()
        self.io = FlaskSockets(
            app,
            client_manager=self.manager,
            backlog_limit=settings.socket_backlog_limit,
            cors_allowed_origins=list(settings.allowed_origins),
            max_http_buffer_size=settings.socket_packet_limit,
            json=Utf8Json,
            ping_interval=settings.ping_seconds,
            ping_timeout=settings.ping_seconds,
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
                    # One client's packets come in one go: the others have their turn between.
                    self.io.sleep(0)
                    if connection and not connection.may_send(time.monotonic()):
                        raise TooManyRequests
                    # The session may have ended since the socket connected.
                    principal = self.recognise(_auth_of_connect()) if connection else None
                    access.admit(principal, f"socket.{name}")
                    g.principal = principal
                    return handler(principal, _load(schema, data)) or {"ok": True}
                except Exception as error:
                    problem = from_exception(error)
                    record_denial(problem, by=principal)
                    return problem.as_dict()

            self.io.on_event(name, answer)
            return handler

        return register

    def watch(self, room: str) -> None:
        """Let the calling socket into a room it asked for; the caller has checked the right."""
        if (connection := self.connections.get(_sid())) is not None:
            connection.watched.add(room)
            self._enter(connection, room)
            self._settle(connection, [room], SETTLE_WITHIN)

    def unwatch(self, room: str) -> None:
        if (connection := self.connections.get(_sid())) is not None:
            connection.watched.discard(room)
            if room not in connection.rooms:
                self._leave(connection, room)

    def watched(self) -> frozenset[str]:
        """The rooms that the calling socket asked for and is in."""
        connection = self.connections.get(_sid())
        return frozenset(connection.watched) if connection else frozenset()

    # Pushing

    def deliver(self, event: Event) -> None:
        """Push an event to this process's sockets, or act on it if it is a control event.

        A socket in several of the rooms gets it once.
        """
        with self.app.app_context():
            if handler := control.HANDLERS.get(event.type):
                handler(self, **event.data)
            elif event.rooms:
                self.manager.push(event.rooms, encode(event.type, event.payload()))

    def tell(self, connection: Connection, type_: str, data: dict[str, Any]) -> None:
        """Push to one socket what concerns nobody else."""
        payload = Event(uuid.uuid4().hex, type_, clock.now(), (), data).payload()
        self.manager.push([connection.sid], encode(type_, payload))

    def resync(self) -> None:
        """Events may have passed unheard, control events too: look again who everybody is and
        where they belong, then have each client pull what it missed."""

        def again(connection: Connection) -> None:
            self._belongs_elsewhere(connection)
            self.tell(connection, "rooms.resync", {})

        self.changes += 1
        self.for_each(list(self.connections), again, wait=True)

    def for_each(
        self,
        connections: Collection[Connection],
        act: Callable[[Connection], None],
        *,
        wait: bool = False,
    ) -> None:
        """Do this for each, in the background if they are many. Whoever it fails for is cut: a
        client that reconnects is checked again, one that stays would not be."""

        def all_of_them() -> None:
            with self.app.app_context():
                for connection in connections:
                    try:
                        act(connection)
                    except Exception as error:
                        log.error("socket cut", sid=connection.sid, exc_info=error)
                        self.disconnect(connection)

        if wait or len(connections) <= AT_ONCE:
            all_of_them()
        else:
            self.io.start_background_task(all_of_them)

    # Connecting

    def _connect(self, auth: Any = None) -> None:
        if self._merely_sent():
            return
        request.environ["zzd.auth"] = auth
        g.principal = None
        try:
            self._admit(auth)
        except Exception as error:
            self.connections.remove(_sid())
            problem = from_exception(error)
            record_denial(problem, by=g.principal)
            raise Refused(problem.code, problem.as_dict()) from error

    def _admit(self, auth: Any) -> None:
        while True:
            changes = self.changes
            principal = g.principal = self.recognise(auth)
            self.declared["connect"].admit(principal, "socket.connect")
            if principal is None:
                raise AuthenticationRequired
            self.connections.remove(_sid())
            self.connections.add(connection := Connection(_sid(), principal))
            self.renew(connection)
            # Before the client, who then pulls what it missed, is told that it is connected.
            self._settle(connection, connection.rooms, SETTLE_WITHIN)
            # What was revoked since the recognition found no connection to cut.
            if changes == self.changes:
                return

    def _disconnect(self, *_reason: Any) -> None:
        if not self._merely_sent():
            self.connections.remove(_sid())

    def _merely_sent(self) -> bool:
        """Whether this is a client's event that is only called "connect" or "disconnect". One
        that got itself forgotten would stay in its rooms, and no revocation would find it."""
        return bool(self.io.server.manager.is_connected(_sid(), "/"))

    def disconnect(self, connection: Connection) -> None:
        self.connections.remove(connection.sid)
        self.io.server.disconnect(connection.sid, namespace="/")

    # Rooms

    def renew(self, connection: Connection) -> bool:
        """Have the socket in the rooms that its official belongs in now, no more and no fewer;
        whether these are other ones."""
        if connection.renewing:
            connection.stale = True
            return False
        connection.renewing = True
        try:
            while True:
                connection.stale = False
                rooms = self._rooms_of(connection.principal)
                if not connection.stale:
                    break
        finally:
            connection.renewing = False
        for room in rooms - connection.rooms:
            self._enter(connection, room)
        for room in connection.rooms - rooms - connection.watched:
            self._leave(connection, room)
        changed = rooms != connection.rooms
        connection.rooms = rooms
        return changed

    def look_again(self, connection: Connection) -> None:
        """Rights changed: whoever belongs elsewhere now is told to pull, and to ask who they are."""
        if self._belongs_elsewhere(connection):
            self.tell(connection, "rooms.resync", {"rights": True})

    def _belongs_elsewhere(self, connection: Connection) -> bool:
        """Who is this now, and where do they belong? Whoever is nobody any more, or must turn on a
        second factor first, is cut. True also where a room was watched, which was a right of the old
        posts."""
        renewed = self._recognise_again(connection)
        if renewed is None or renewed.lacks_second_factor:
            self.disconnect(connection)
            return False
        connection.principal = renewed
        dropped = self._drop_watched(connection)
        changed = self.renew(connection)
        self._settle(connection, connection.rooms, 0)
        return changed or dropped

    def enter(self, connection: Connection, room: str) -> None:
        """A room that became the official's by right."""
        connection.stale = True
        connection.rooms.add(room)
        self._enter(connection, room)

    def leave(self, connection: Connection, room: str) -> None:
        connection.stale = True
        connection.rooms.discard(room)
        connection.watched.discard(room)
        self._leave(connection, room)

    def _rooms_of(self, principal: Principal) -> set[str]:
        with reading(plainly=True) as session:
            return {room for rooms_of in self.providers for room in rooms_of(session, principal)}

    def _enter(self, connection: Connection, room: str) -> None:
        if self.connections.get(connection.sid) is connection:
            self.io.server.enter_room(connection.sid, room, namespace="/")

    def _settle(self, connection: Connection, rooms: Iterable[str], within: float) -> None:
        """Wait until events in these rooms are heard; have the client pull what it missed if
        that takes longer."""
        self.settle_rooms(rooms, within, lambda: self.tell(connection, "rooms.resync", {}))

    def _leave(self, connection: Connection, room: str) -> None:
        self.io.server.leave_room(connection.sid, room, namespace="/")

    def _drop_watched(self, connection: Connection) -> bool:
        """Whether there was any."""
        for room in connection.watched - connection.rooms:
            self._leave(connection, room)
        watched = bool(connection.watched)
        connection.watched.clear()
        return watched

    def _recognise_again(self, connection: Connection) -> Principal | None:
        environ = self.io.server.get_environ(connection.sid, namespace="/")
        if environ is None:
            return None
        with self.app.request_context(environ):
            return self.recognise(environ.get("zzd.auth"))


def _load(schema: type[Schema], data: Any) -> Any:
    try:
        return schema().load(data if isinstance(data, dict) else {})
    except ValidationError as error:
        raise Invalid.of(error.messages) from error


def _sid() -> str:
    sid: str = request.sid  # type: ignore[attr-defined]
    return sid


def _auth_of_connect() -> Any:
    return request.environ.get("zzd.auth")


def sockets() -> Sockets:
    found: Sockets = current_app.extensions["zzd.sockets"]
    return found
