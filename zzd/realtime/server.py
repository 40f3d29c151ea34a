"""Flask-SocketIO over our own engine: what is replaced of it, and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from engineio import packet as eio_packet
from flask import Flask
from flask_socketio import SocketIO
from gevent import monkey
from socketio import Server
from socketio.packet import CONNECT_ERROR

from zzd.realtime.channel import BadPacket
from zzd.realtime.engine import EngineServer

log = structlog.get_logger()

PATH = "/socket.io/"
# Events with binary attachments; no client of ours has any.
BINARY_KINDS = ("5", "6")


class SocketServer(Server):
    """python-socketio over EngineServer where gevent runs, over its own engine elsewhere."""

    def __init__(self, *, backlog_limit: int, **options: Any) -> None:
        self.is_direct = bool(monkey.is_module_patched("socket"))
        if self.is_direct:
            options["backlog_limit"] = backlog_limit
        super().__init__(
            # Unpatched processes are commands and tests, where greenlets would never run.
            async_mode="gevent" if self.is_direct else "threading",
            # Handlers of one client run in the order of its packets.
            async_handlers=False,
            **options,
        )
        if self.is_direct:
            self.eio.in_use = self.manager.is_in_use

    def send_to_all(self, eio_sids: Iterable[str], packet: str | bytes) -> None:
        """Send one encoded packet to each of these."""
        if self.is_direct:
            self.eio.send_to_all(eio_sids, packet)
            return
        wrapped = eio_packet.Packet(eio_packet.MESSAGE, packet)
        for eio_sid in eio_sids:
            self._send_eio_packet(eio_sid, wrapped)

    def drain(self, seconds: float) -> None:
        if self.is_direct:
            self.eio.drain(seconds)

    def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        """Whom python-socketio refuses it tells a text; clients read an object's message."""
        known = (namespace or "/") in self.handlers
        if known and not self.manager.is_in_use(eio_sid):
            super()._handle_connect(eio_sid, namespace, data)
            return
        reason = {"message": "Already connected" if known else "Invalid namespace"}
        self._send_packet(
            eio_sid, self.packet_class(CONNECT_ERROR, data=reason, namespace=namespace)
        )

    def _engineio_server_class(self) -> type:
        chosen: type = EngineServer if self.is_direct else super()._engineio_server_class()
        return chosen

    def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        """A packet that cannot be understood ends the connection, as with node's server."""
        if not self.is_direct:
            super()._handle_eio_message(eio_sid, data)
            return
        if data.startswith(BINARY_KINDS):
            raise BadPacket("binary packets are not taken")
        try:
            super()._handle_eio_message(eio_sid, data)
        except Exception as error:
            log.info("packet not understood", sid=eio_sid, error=repr(error))
            raise BadPacket("packet not understood") from None


class FlaskSockets(SocketIO):
    """Makes the server above instead of python-socketio's, and opens the door to it itself."""

    def init_app(self, app: Flask, **options: Any) -> None:
        app.extensions["socketio"] = self
        self.manage_session = False
        self.server = SocketServer(**options)
        self.async_mode = self.server.async_mode
        self.server_options = options
        app.wsgi_app = Door(app, self.server)  # type: ignore[method-assign]


class Door:
    """The WSGI application in front of Flask's. python-socketio's would copy the environment
    and make a class for each request; a connection would carry both for its life."""

    def __init__(self, app: Flask, server: SocketServer) -> None:
        self._app = app
        self._wsgi_app: Callable[..., Any] = app.wsgi_app
        self._server = server

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        if environ["PATH_INFO"].startswith(PATH):
            environ["flask.app"] = self._app
            return self._server.handle_request(environ, start_response)
        return self._wsgi_app(environ, start_response)
