"""A socket of a test: what it hears, and what its client would know from that."""

from __future__ import annotations

from typing import Any

from flask import Flask, g
from flask_socketio import SocketIOTestClient

from tests.client import ApiClient


class Listener:
    """Connects as the client's account and keeps the events it was pushed."""

    def __init__(self, app: Flask, client: ApiClient) -> None:
        self._socket: SocketIOTestClient = app.extensions["zzd.sockets"].io.test_client(
            app, auth={"token": client.token}
        )
        self.events: list[dict[str, Any]] = []

    @property
    def connected(self) -> bool:
        return bool(self._socket.is_connected())

    @property
    def sid(self) -> str:
        sid: str = self._socket.socketio.server.manager.sid_from_eio_sid(self._socket.eio_sid, "/")
        return sid

    def send(self, event: str, data: Any) -> Any:
        """Send an event; returns the acknowledgement."""
        g.pop("principal", None)
        return self._socket.emit(event, data, callback=True)

    def hear(self, type_: str | None = None) -> list[Any]:
        """The data of what came since the last call, of one type or all of them."""
        came = [
            packet["args"][0]
            for packet in self._socket.queue
            if packet["name"] == packet["args"][0]["type"]
        ]
        self._socket.queue.clear()
        self.events += came
        return [event["data"] for event in came if type_ in (None, event["type"])]

    def types(self) -> list[str]:
        """The types of what came since the last call."""
        start = len(self.events)
        self.hear()
        return [event["type"] for event in self.events[start:]]

    def close(self) -> None:
        if self.connected:
            self._socket.disconnect()
