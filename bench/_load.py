"""Many light clients in one asyncio process: HTTP on kept connections, and sockets that listen.

Written against bytes, so that a core carries some ten thousand frames a second: a client library
would be what is measured. Latencies are counted from the time at which a request was due, not from
when it got out: a server that stalls is charged for all who wait (open loop).
"""

from __future__ import annotations

import asyncio
import base64
import os
import resource
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import orjson

HANDSHAKE_WITHIN = 60.0


class Http(asyncio.Protocol):
    """One kept connection; one request at a time."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._waiting: asyncio.Future[tuple[int, bytes, bytes]] | None = None

    async def request(
        self, method: str, path: str, *, token: str = "", body: Any = None, headers: str = ""
    ) -> tuple[int, bytes, bytes]:
        """The status, the headers and the body as they came."""
        loop = asyncio.get_running_loop()
        if self._transport is None or self._transport.is_closing():
            await loop.create_connection(lambda: self, "127.0.0.1", self.port)
        packed = b"" if body is None else orjson.dumps(body)
        authorization = f"Authorization: Bearer {token}\r\n" if token else ""
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n{authorization}{headers}"
            f"Content-Type: application/json\r\nContent-Length: {len(packed)}\r\n\r\n"
        )
        self._waiting = loop.create_future()
        assert self._transport
        self._transport.write(head.encode() + packed)
        return await self._waiting

    def close(self) -> None:
        if self._transport:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(body) >= length and self._waiting and not self._waiting.done():
            self._buffer = b""
            self._waiting.set_result((int(head[9:12]), head, body))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._waiting and not self._waiting.done():
            self._waiting.set_exception(ConnectionError(str(exc or "closed by the server")))
        self._transport = None


class Socket(asyncio.Protocol):
    """A socket.io client over WebSocket that hears events: ``hear`` gets each as its bytes."""

    def __init__(self, port: int, token: str, hear: Callable[[bytes], None]) -> None:
        self.port = port
        self.token = token
        self.hear = hear
        self.joined: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._buffer = b""
        self._upgraded = False
        self.lost = False
        self._transport: asyncio.Transport | None = None

    async def connect(self) -> None:
        """Returns once the server let the client in. Raises ConnectionError."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, "127.0.0.1", self.port)
        await asyncio.wait_for(self.joined, HANDSHAKE_WITHIN)

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, separator, self._buffer = self._buffer.partition(b"\r\n\r\n")
            if not separator:
                self._buffer = head
                return
            if b" 101 " not in head.partition(b"\r\n")[0]:
                self._fail(head[:200].decode(errors="replace"))
                return
            self._upgraded = True
        for packet in self._packets():
            self._take(packet)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._fail(str(exc or "closed by the server"))

    def _fail(self, reason: str) -> None:
        if not self.joined.done():
            self.joined.set_exception(ConnectionError(reason))

    def _packets(self) -> Iterable[bytes]:
        """The whole frames in the buffer. Servers do not mask theirs."""
        buffer, at = self._buffer, 0
        while len(buffer) - at >= 2:
            short = buffer[at + 1]
            start = at + (4 if short == 126 else 10 if short == 127 else 2)
            length = int.from_bytes(buffer[at + 2 : start]) if short >= 126 else short
            # Of a header that is cut short the length is too small, but so is the buffer.
            if len(buffer) < start or len(buffer) < start + length:
                break
            yield buffer[start : start + length]
            at = start + length
        self._buffer = buffer[at:]

    def _take(self, packet: bytes) -> None:
        if packet[:2] == b"42":
            self.hear(packet)
        elif packet[:1] == b"0":
            self._send(b'40{"token":"%s"}' % self.token.encode())
        elif packet[:1] == b"2":
            self._send(b"3")
        elif packet[:2] == b"40" and not self.joined.done():
            self.joined.set_result(None)
        elif packet[:2] == b"44":
            self._fail(packet.decode(errors="replace"))

    def _send(self, text: bytes) -> None:
        """A short text frame, masked with zeros as a client may."""
        assert self._transport
        self._transport.write(bytes((0x81, 0x80 | len(text))) + bytes(4) + text)


async def at_rate(
    rate: float, seconds: float, act: Callable[[int, float], Awaitable[None]]
) -> list[float]:
    """Begin ``act(number, due)`` at a constant rate, whether or not earlier ones have ended.

    Returns how late each was begun, in seconds: our own lateness, not the server's.
    """
    late: list[float] = []
    tasks: set[asyncio.Task[None]] = set()
    start = time.perf_counter() + 0.05
    for number in range(round(rate * seconds)):
        due = start + number / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        late.append(max(time.perf_counter() - due, 0.0))
        task = asyncio.ensure_future(act(number, due))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return late


def percentile(values: Sequence[float], percent: float) -> float:
    """By nearest rank, in milliseconds; without any values it is endless."""
    ordered = sorted(values)
    if not ordered:
        return float("inf")
    return ordered[min(int(len(ordered) * percent / 100), len(ordered) - 1)] * 1000


def cpu_seconds() -> float:
    """What this process has used: a generator near 100 % measures itself."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def allow_descriptors(count: int) -> int:
    """Raise the limit of open files towards ``count``; returns the one that holds now."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(wanted, _soft), hard))
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]
