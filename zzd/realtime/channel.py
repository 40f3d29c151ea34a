"""One Engine.IO connection under gevent, over long polling or a WebSocket."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gevent
from engineio.packet import CLOSE, MESSAGE, NOOP, PING, PONG, Packet
from gevent.event import Event

from zzd.realtime import frames
from zzd.realtime.wire import Wire

if TYPE_CHECKING:
    from zzd.realtime.engine import EngineServer

SECONDS_TO_UPGRADE = 10.0
PACKETS_IN_A_BODY = 16
SEPARATOR = "\x1e"
# What a packet that waits costs besides its text, bytes.
PACKET_COST = 200


class BadPacket(Exception):
    """The client sent what the protocol does not know."""


class Channel:
    """What engineio.Server asks of a socket, without its queue and its greenlets.

    ``wire`` is the WebSocket once everything goes over it; before that packets wait in
    ``_waiting`` for the client's next poll.
    """

    __slots__ = (
        "_poll",
        "_size",
        "_waiting",
        "asked",
        "closed",
        "connected",
        "due",
        "heard_at",
        "server",
        "session",
        "sid",
        "since",
        "upgrading",
        "wire",
    )

    def __init__(self, server: EngineServer, sid: str) -> None:
        self.server = server
        self.sid = sid
        self.session: Any = None
        self.wire: Wire | None = None
        self.connected = False
        self.upgrading = False
        self.closed = False
        self.since = self.heard_at = time.monotonic()
        self.asked = False
        self.due = 0
        self._waiting: deque[Packet] | None = None
        self._size = 0
        self._poll: Event | None = None

    @property
    def upgraded(self) -> bool:
        return self.wire is not None

    # Sending

    def send(self, packet: Packet) -> None:
        """Never waits. What a client does not fetch is bounded, as what it does not read is."""
        if self.closed:
            return
        if self.wire is not None:
            self.wire.write(frames.encode_message(packet.encode()))
            return
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(packet)
        self._size += len(packet.encode()) + PACKET_COST
        if self._size > self.server.backlog_limit:
            self.close(reason=self.server.reason.TRANSPORT_ERROR)
        if self._poll is not None:
            self._poll.set()

    def close(
        self,
        wait: bool = False,
        abort: bool = False,
        reason: str | None = None,
        code: int = frames.NORMAL,
        text: str = "",
    ) -> None:
        """End it for the application now; the client is told, ``abort`` or not, if it listens.

        Nobody waits here, whatever ``wait`` says: it would be for a client.
        """
        if self.closed:
            return
        self.closed = True
        self.server.forget(self)
        self.server.tell_closed(self.sid, reason or self.server.reason.SERVER_DISCONNECT)
        if self.wire is not None:
            self.wire.stop(code, text)
        self._waiting = deque([Packet(CLOSE)])
        if self._poll is not None:
            self._poll.set()

    # Pings

    def ping(self) -> None:
        if not self.server.is_wanted(self):
            self.close(reason=self.server.reason.SERVER_DISCONNECT)
        else:
            self.send(Packet(PING))

    def gone(self) -> None:
        reason = self.server.reason.PING_TIMEOUT
        self.close(reason=reason, code=frames.POLICY, text=reason)

    # Receiving

    def receive(self, message: str | bytes) -> None:
        """Act on one packet of the client. Raises BadPacket."""
        if isinstance(message, bytes):
            raise BadPacket("binary packets are not taken")
        kind, data = message[:1], message[1:]
        if kind == str(MESSAGE):
            self.server.take(self, data)
        elif kind == str(PONG):
            self.asked = False
            self.heard_at = time.monotonic()
        elif kind == str(CLOSE):
            self.close(reason=self.server.reason.CLIENT_DISCONNECT)
        elif kind != str(NOOP):
            raise BadPacket("unknown kind of packet")

    def receive_body(self, body: bytes) -> None:
        """Act on the packets of a polling client's POST, at most 16. Raises BadPacket."""
        try:
            packets = body.decode().split(SEPARATOR)
        except UnicodeDecodeError:
            raise BadPacket("packets are UTF-8") from None
        if len(packets) > PACKETS_IN_A_BODY:
            raise BadPacket("too many packets at once")
        for packet in packets:
            if not self.closed:
                self.receive(packet)

    def poll(self, seconds: float) -> list[Packet] | None:
        """What waits for a polling client, else what comes within that time; None if a poll is
        already waiting, which is not allowed to a client."""
        if self._poll is not None:
            return None
        if self.upgrading or self.wire is not None:
            return [Packet(NOOP)]
        if not self._waiting:
            self._poll = Event()
            try:
                self._poll.wait(seconds)
            finally:
                self._poll = None
        if (self.upgrading or self.wire is not None) and not self._waiting:
            return [Packet(NOOP)]
        return self._take_waiting()

    def _take_waiting(self) -> list[Packet]:
        taken, self._waiting, self._size = list(self._waiting or ()), None, 0
        return taken

    # WebSocket

    def run(self, wire: Wire) -> None:
        """Speak over a WebSocket until it ends; in the greenlet of its request."""
        messages = wire.messages()
        if self.connected and not self._upgrade(wire, messages):
            wire.finish()
            return
        self.connected = True
        self.wire = wire
        for packet in self._take_waiting():
            self.send(packet)
        try:
            for message in messages:
                self.receive(message)
            self.close(reason=self.server.reason.TRANSPORT_CLOSE)
        except BadPacket as error:
            code = frames.UNSUPPORTED if isinstance(message, bytes) else frames.POLICY
            self.close(reason="parse error", code=code, text=str(error))
        finally:
            self.close(reason=self.server.reason.TRANSPORT_ERROR)
            wire.finish()

    def _upgrade(self, wire: Wire, messages: Iterator[str | bytes]) -> bool:
        """Whether a polling client moved over. Until it has, packets wait; the poll it has out
        is answered, so that none is lost with it."""
        if self.upgrading or self.upgraded:
            return False
        self.upgrading = True
        try:
            with gevent.Timeout(SECONDS_TO_UPGRADE, False):
                if next(messages, None) != f"{PING}probe":
                    return False
                wire.write(frames.encode_message(f"{PONG}probe"))
                if self._poll is not None:
                    self._poll.set()
                return next(messages, None) == "5" and not self.closed
            return False
        finally:
            self.upgrading = False
