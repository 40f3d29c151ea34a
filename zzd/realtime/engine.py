"""The Engine.IO server under gevent: HTTP in front, channels behind, one wheel of pings."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn
from urllib.parse import parse_qs

import gevent
import orjson
import structlog
from engineio import Server
from engineio.packet import OPEN, Packet
from engineio.payload import Payload

from zzd.realtime import frames
from zzd.realtime.channel import BadPacket, Channel
from zzd.realtime.pings import PingWheel
from zzd.realtime.wire import HandshakeError, Wire, shake_hands, write_to_all

log = structlog.get_logger()

# A connection that by then is in no namespace is closed: nobody has shown who that is.
SECONDS_TO_CONNECT = 45.0
STOPPING = "the server stops: connect again"

# What clients know of (engine.io-protocol, "Errors").
UNKNOWN_TRANSPORT, UNKNOWN_SESSION, BAD_METHOD, BAD_REQUEST, FORBIDDEN, UNKNOWN_VERSION = range(6)
MESSAGES = (
    "Transport unknown",
    "Session ID unknown",
    "Bad handshake method",
    "Bad request",
    "Forbidden",
    "Unsupported protocol version",
)


class Refused(Exception):
    """The request is answered with this instead."""

    def __init__(self, code: int, status: str = "400 Bad Request", detail: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.body = orjson.dumps({"code": code, "message": detail or MESSAGES[code]})


class EngineServer(Server):
    """``backlog_limit`` bytes may wait for one client; ``in_use`` tells whether the application
    has accepted the connection with this sid."""

    def __init__(self, *, backlog_limit: int, **options: Any) -> None:
        super().__init__(monitor_clients=False, **options)
        self.backlog_limit = backlog_limit
        self.in_use: Callable[[str], bool] = lambda _sid: True
        self.sockets: dict[str, Channel] = {}
        self._wheel = PingWheel(self.ping_interval, self.ping_timeout)
        self._turning: Any = None

    # Sending

    def send_to_all(self, sids: Iterable[str], message: str | bytes) -> None:
        """Send one message to each of these, framed once. Never waits."""
        packet = Packet(4, message)
        write_to_all(self._wires(sids, packet), frames.encode_message(packet.encode()))

    def _wires(self, sids: Iterable[str], packet: Packet) -> Iterator[Wire]:
        """Their wires; to those who have none the packet is sent as it is."""
        sockets = self.sockets
        for sid in sids:
            channel = sockets.get(sid)
            if channel is None:
                continue
            if channel.wire is not None:
                yield channel.wire
            else:
                channel.send(packet)

    # What a channel asks

    def take(self, channel: Channel, data: str) -> None:
        """Have a message handled, and wait until it is. Raises BadPacket.

        In a greenlet of its own: it needs a deep stack for a moment (a database, templates),
        whose memory the greenlet that reads would keep for as long as the connection lives.
        """
        handling = gevent.spawn(self._handle, channel.sid, data)
        if (refusal := handling.get()) is not None:
            raise refusal

    def _handle(self, sid: str, data: str) -> BadPacket | None:
        try:
            self.handlers["message"](sid, data)
        except BadPacket as refusal:
            return refusal
        return None

    def tell_closed(self, sid: str, reason: str) -> None:
        self._trigger_event("disconnect", sid, reason, run_async=False)

    def forget(self, channel: Channel) -> None:
        self.sockets.pop(channel.sid, None)
        self._wheel.remove(channel)

    def is_wanted(self, channel: Channel) -> bool:
        return time.monotonic() < channel.since + SECONDS_TO_CONNECT or self.in_use(channel.sid)

    # Requests

    def handle_request(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """Answer one request, with what the protocol has for errors: never a 5xx."""
        status, headers = "200 OK", [("Content-Type", "text/plain; charset=UTF-8")]
        try:
            body = self._answer(environ)
        except Refused as refusal:
            status, headers = refusal.status, [("Content-Type", "application/json")]
            body = refusal.body
        headers += [("Content-Length", str(len(body))), ("Cache-Control", "no-store")]
        start_response(status, headers + self._cors_headers(environ))
        return [body]

    def _answer(self, environ: dict[str, Any]) -> bytes:
        self._check_origin(environ)
        method = environ["REQUEST_METHOD"]
        if method == "OPTIONS":
            return b""
        query = parse_qs(environ.get("QUERY_STRING", ""))
        transport = query.get("transport", [""])[0]
        if transport not in self.transports or "j" in query:
            raise Refused(UNKNOWN_TRANSPORT)
        if method not in ("GET", "POST"):
            raise Refused(BAD_METHOD)
        if "sid" not in query:
            if query.get("EIO") != ["4"]:
                raise Refused(UNKNOWN_VERSION)
            return self._open(environ, transport)
        # It may be of another process, or gone: the client begins anew.
        channel = self.sockets.get(query["sid"][0])
        if channel is None or not channel.connected:
            raise Refused(UNKNOWN_SESSION)
        if method == "POST":
            return self._receive(channel, environ)
        if transport == "websocket":
            return self._switch(channel, environ)
        return self._poll(channel)

    def _check_origin(self, environ: dict[str, Any]) -> None:
        """Browsers send it with every handshake, and ask no leave for a WebSocket's."""
        origin, allowed = environ.get("HTTP_ORIGIN"), self._cors_allowed_origins(environ)
        if origin and allowed is not None and origin not in allowed:
            raise Refused(FORBIDDEN, detail="Not an accepted origin")

    def _open(self, environ: dict[str, Any], transport: str) -> bytes:
        """A new connection. One over a WebSocket is spoken to here until it ends."""
        if environ["REQUEST_METHOD"] != "GET":
            raise Refused(BAD_METHOD)
        answer = _shaken(environ) if transport == "websocket" else b""
        channel = Channel(self, self.generate_id())
        self.sockets[channel.sid] = channel
        self._wheel.add(channel, time.monotonic())
        if self._turning is None:
            self._turning = gevent.spawn(self._turn)
        polling = not answer
        opening = {
            "sid": channel.sid,
            "upgrades": ["websocket"] if polling else [],
            "pingInterval": int(self.ping_interval * 1000),
            "pingTimeout": int(self.ping_timeout * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        channel.send(Packet(OPEN, opening))
        self._trigger_event("connect", channel.sid, environ, run_async=False)
        if not polling:
            self._speak(channel, environ, answer)
        channel.connected = True
        return self._poll(channel)

    def _switch(self, channel: Channel, environ: dict[str, Any]) -> NoReturn:
        if channel.upgraded or channel.upgrading:
            raise Refused(BAD_REQUEST)
        self._speak(channel, environ, _shaken(environ))

    def _speak(self, channel: Channel, environ: dict[str, Any], answer: bytes) -> NoReturn:
        sock = environ["gunicorn.socket"]
        sock.sendall(answer)
        wire = Wire(sock, limit=self.max_http_buffer_size, bound=self.backlog_limit)
        channel.run(wire)
        # gunicorn's way to end a connection that was taken over.
        raise StopIteration

    def _poll(self, channel: Channel) -> bytes:
        if channel.upgraded:
            raise Refused(BAD_REQUEST)
        packets = channel.poll(self.ping_interval + self.ping_timeout)
        if not packets:
            # Two polls at once, or a whole ping went by: something is wrong at the other end.
            channel.close(reason=self.reason.TRANSPORT_ERROR)
            raise Refused(BAD_REQUEST)
        encoded: bytes = Payload(packets=packets).encode().encode()
        return encoded

    def _receive(self, channel: Channel, environ: dict[str, Any]) -> bytes:
        if channel.upgraded:
            raise Refused(BAD_REQUEST)
        body = environ["wsgi.input"].read(self.max_http_buffer_size + 1)
        if len(body) > self.max_http_buffer_size:
            detail = f"A request has at most {self.max_http_buffer_size} bytes"
            raise Refused(BAD_REQUEST, "413 Content Too Large", detail)
        try:
            channel.receive_body(body)
        except BadPacket as error:
            channel.close(reason="parse error")
            raise Refused(BAD_REQUEST, detail=f"Bad request: {error}") from None
        return b"ok"

    # The passage of time

    def _turn(self) -> None:
        while True:
            gevent.sleep(1)
            try:
                self._wheel.turn(time.monotonic())
            except Exception as error:
                log.error("the wheel of pings", exc_info=error)

    def drain(self, seconds: float) -> None:
        """Close every connection, spread over this time in no order, so that the clients do not
        all come back at once to the processes that stay."""
        channels = list(self.sockets.values())
        random.shuffle(channels)
        begin = time.monotonic()
        for number, channel in enumerate(channels):
            gevent.sleep(max(0, begin + seconds * number / len(channels) - time.monotonic()))
            channel.close(code=frames.GOING_AWAY, text=STOPPING)
        # Those who came meanwhile, over connections that were already open.
        for channel in list(self.sockets.values()):
            channel.close(code=frames.GOING_AWAY, text=STOPPING)


def _shaken(environ: dict[str, Any]) -> bytes:
    if "gunicorn.socket" not in environ:
        raise Refused(UNKNOWN_TRANSPORT)
    try:
        return shake_hands(environ)
    except HandshakeError as error:
        raise Refused(BAD_REQUEST, detail=f"Bad request: {error}") from None
