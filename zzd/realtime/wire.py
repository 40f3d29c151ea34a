"""A WebSocket connection under gevent: written to directly, read by one greenlet.

``write`` never waits. What the kernel does not take is kept, up to a bound, and goes out when
there is room again, by the event loop itself: there is no greenlet that writes. A peer that lets
the bound fill up is closed with TRY_AGAIN_LATER.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import gevent

from zzd.realtime import frames

READ, WRITE = 1, 2
READ_SIZE = 64 * 1024
# So many reads in a row that did not have to wait, then the others have their turn.
READS_IN_A_ROW = 8
# How long a peer has for what is still to be written to it, and to answer our close frame.
SECONDS_TO_CLOSE = 5.0
BUFFERS_AT_ONCE = 64
TOO_SLOW = "too slow: connect again and catch up"

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class HandshakeError(Exception):
    """The request is no WebSocket handshake that this server takes."""


class _Woken(Exception):
    """Raised in the greenlet that waits to read."""


def shake_hands(environ: Mapping[str, Any]) -> bytes:
    """The answer to a handshake. Raises HandshakeError."""
    if environ["REQUEST_METHOD"] != "GET" or environ["SERVER_PROTOCOL"] == "HTTP/1.0":
        raise HandshakeError("a WebSocket begins with a GET of HTTP/1.1")
    connection = environ.get("HTTP_CONNECTION", "").lower().split(",")
    if "upgrade" not in (word.strip() for word in connection):
        raise HandshakeError("the connection is not to be upgraded")
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13":
        raise HandshakeError("only version 13 is spoken")
    key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
    try:
        valid = len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        valid = False
    if not valid:
        raise HandshakeError("the key is not 16 bytes")
    # What the protocol asks for; no secret hangs on it.
    sha1 = hashlib.sha1(key.encode() + _GUID, usedforsecurity=False)
    digest = base64.b64encode(sha1.digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {digest}\r\n\r\n"
    ).encode()


class Wire:
    """``idle``: open, and nothing waits to be written, so a frame may go straight to ``fd``."""

    __slots__ = (
        "_backlog",
        "_bound",
        "_closing",
        "_readable",
        "_reader",
        "_reads",
        "_size",
        "_sock",
        "_started",
        "_writable",
        "close_reason",
        "fd",
        "idle",
    )

    def __init__(self, sock: socket.socket, *, limit: int, bound: int) -> None:
        """``limit``: of a message that is read; ``bound``: of what waits to be written; bytes."""
        # The kernel keeps as much again (Linux: twice this); left alone it would be megabytes.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, bound // 4)
        self.fd = sock.fileno()
        self.idle = True
        self.close_reason: tuple[int, str] | None = None
        self._sock = sock
        self._bound = bound
        self._reader = frames.FrameReader(limit)
        self._readable: Any = gevent.get_hub().loop.io(self.fd, READ)
        self._writable: Any = None
        self._backlog: deque[bytes | memoryview] = deque()
        self._size = 0
        # Whether the first of the backlog is the rest of a frame that has begun.
        self._started = False
        self._closing = False
        self._reads = 0

    # Writing

    def write(self, frame: bytes) -> None:
        """Send or keep a frame. Never waits, never raises; what is closing takes no more."""
        if not self.idle:
            self._keep(frame)
            return
        try:
            sent = os.write(self.fd, frame)
        except BlockingIOError:
            sent = 0
        except OSError:
            self.stop(frames.GOING_AWAY, "")
            return
        if sent != len(frame):
            self.keep_rest(frame, sent)

    def keep_rest(self, frame: bytes, sent: int) -> None:
        """Of a frame written directly, the kernel took only ``sent`` bytes."""
        self._started = sent > 0
        self._keep(memoryview(frame)[sent:] if sent else frame)

    def stop(self, code: int, reason: str) -> None:
        """Begin to close; the reading greenlet wakes up and does it. Only the first counts."""
        if self._closing:
            return
        self._closing = True
        self.idle = False
        self.close_reason = (code, reason)
        gevent.get_hub().cancel_wait(self._readable, _Woken())

    def _keep(self, rest: bytes | memoryview) -> None:
        if self._closing:
            return
        self.idle = False
        self._backlog.append(rest)
        self._size += len(rest)
        if self._size > self._bound:
            # Its place is worth more than what is in it: the client pulls that when it is back.
            begun = [self._backlog[0]] if self._started else []
            self._backlog = deque(begun)
            self.stop(frames.TRY_AGAIN_LATER, TOO_SLOW)
        elif self._writable is None:
            self._writable = gevent.get_hub().loop.io(self.fd, WRITE)
            self._writable.start(self._drain)

    def _drain(self) -> None:
        """Runs in the event loop, so it must not wait."""
        try:
            self._write_some()
        except BlockingIOError:
            return
        except OSError:
            self._stop_draining()
            self.stop(frames.GOING_AWAY, "")
            return
        if not self._backlog:
            self._stop_draining()
            self.idle = not self._closing

    def _write_some(self) -> None:
        backlog = self._backlog
        first = [backlog[i] for i in range(min(len(backlog), BUFFERS_AT_ONCE))]
        sent = os.writev(self.fd, first)
        self._size -= sent
        while sent:
            size = len(backlog[0])
            if sent < size:
                backlog[0] = memoryview(backlog[0])[sent:]
                self._started = True
                return
            backlog.popleft()
            self._started = False
            sent -= size

    def _stop_draining(self) -> None:
        if self._writable is not None:
            self._writable.stop()
            self._writable.close()
            self._writable = None

    # Reading

    def messages(self) -> Iterator[str | bytes]:
        """What the peer says, until either end closes. Pings are answered on the way."""
        try:
            while data := self._read():
                for opcode, payload in self._reader.feed(data):
                    if opcode == frames.PING:
                        self.write(frames.encode(frames.PONG, payload))  # type: ignore[arg-type]
                    elif opcode == frames.CLOSE:
                        self.stop(frames.close_code(payload), "")  # type: ignore[arg-type]
                        return
                    elif opcode != frames.PONG:
                        yield payload
                        if self._closing:
                            return
        except frames.FrameError as error:
            self.stop(error.code, error.reason)

    def _read(self) -> bytes:
        """What came; nothing when the peer has gone or the connection is being closed."""
        while not self._closing:
            self._reads += 1
            if self._reads % READS_IN_A_ROW == 0:
                gevent.sleep(0)
            try:
                return os.read(self.fd, READ_SIZE)
            except BlockingIOError:
                self._reads = 0
                with suppress(_Woken):
                    gevent.get_hub().wait(self._readable)
            except OSError:
                break
        return b""

    # Closing

    def finish(self) -> None:
        """Send what must still go out and our close frame, and wait for the peer's; for the
        reading greenlet, as its last step. Afterwards nobody touches ``fd``."""
        self.stop(frames.NORMAL, "")
        self._stop_draining()
        code, reason = self.close_reason or (frames.NORMAL, "")
        self._backlog.append(frames.encode_close(code, reason))
        waiter: Any = gevent.get_hub().loop.io(self.fd, WRITE)
        try:
            with gevent.Timeout(SECONDS_TO_CLOSE, False), suppress(OSError):
                while self._backlog:
                    try:
                        self._write_some()
                    except BlockingIOError:
                        gevent.get_hub().wait(waiter)
                self._sock.shutdown(socket.SHUT_WR)
                # Closing with something unread would take back what the peer has not read yet.
                while self._discard():
                    pass
        finally:
            waiter.close()
            self._readable.close()
            self._backlog.clear()
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)

    def _discard(self) -> bool:
        while True:
            try:
                return bool(os.read(self.fd, READ_SIZE))
            except BlockingIOError:
                with suppress(_Woken):
                    gevent.get_hub().wait(self._readable)


def write_to_all(wires: Iterable[Wire], frame: bytes) -> None:
    """Send one frame to each. The way of nearly all that is ever sent, hence written out."""
    write, size = os.write, len(frame)
    for wire in wires:
        if wire.idle:
            try:
                sent = write(wire.fd, frame)
            except OSError:
                wire.write(frame)
                continue
            if sent != size:
                wire.keep_rest(frame, sent)
        else:
            wire.write(frame)
