"""A WebSocket client that may misbehave, byte by byte; and Socket.IO over it."""

from __future__ import annotations

import json
import os
import socket
import struct
from typing import Any, Self

from zzd.realtime import frames

SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


def masked(opcode: int, payload: bytes, *, first: int | None = None) -> bytes:
    """A frame as clients write it; ``first`` replaces its first byte."""
    whole = frames.encode(opcode, payload)
    start = len(whole) - len(payload)
    head = bytearray(whole[:start])
    head[1] |= 0x80
    if first is not None:
        head[0] = first
    mask = os.urandom(4)
    return bytes(head) + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


class RawSocket:
    """Connected and upgraded, which ``head`` is the answer to. ``receive_buffer``: how much the
    kernel takes for us unread; ``headers``: more of them, each with its line's end."""

    def __init__(
        self,
        port: int,
        path: str = SOCKET_IO,
        *,
        receive_buffer: int = 0,
        timeout: float = 10,
        headers: str = "",
    ) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self._held = b""
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            "Connection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{headers}\r\n".encode()
        )
        while b"\r\n\r\n" not in self._held:
            self._read_more()
        head, _, self._held = self._held.partition(b"\r\n\r\n")
        self.head = head.decode()
        assert head.startswith(b"HTTP/1.1 101"), head
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.socket.close()

    def send(self, text: str) -> None:
        self.socket.sendall(masked(frames.TEXT, text.encode()))

    def frame(self) -> tuple[int, bytes] | None:
        """The next frame; None when the server has closed."""
        try:
            head = self._take(2)
            size = head[1]
            if size == 126:
                size = int.from_bytes(self._take(2), "big")
            elif size == 127:
                size = int.from_bytes(self._take(8), "big")
            return head[0] & 0x0F, self._take(size)
        except (EOFError, ConnectionError):
            return None

    def text(self) -> str:
        """The next message. Fails if the server closes instead."""
        frame = self.frame()
        assert frame is not None, "the server closed without a word"
        assert frame[0] == frames.TEXT, frame
        return frame[1].decode()

    def closed_with(self) -> tuple[int, str] | None:
        """Read on until the server closes; its code and reason, None if it gave none."""
        said = None
        while (frame := self.frame()) is not None:
            if frame[0] == frames.CLOSE:
                said = (struct.unpack("!H", frame[1][:2])[0], frame[1][2:].decode())
        return said

    def join(self, token: str) -> dict[str, Any]:
        """Connect to the namespace as the owner of the token; what the server answers."""
        opening = json.loads(self.text()[1:])
        self.send("40" + json.dumps({"token": token}))
        answer = self.message()
        assert answer.startswith("40"), answer
        return {**opening, **json.loads(answer[2:])}

    def message(self) -> str:
        """The next message that is no ping; those before it are answered."""
        while (text := self.text()) == "2":
            self.send("3")
        return text

    def event(self) -> dict[str, Any]:
        """The next event; pings before it are answered."""
        text = self.message()
        assert text.startswith("42"), text
        event: dict[str, Any] = json.loads(text[2:])[1]
        return event

    def _take(self, size: int) -> bytes:
        while len(self._held) < size:
            self._read_more()
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    def _read_more(self) -> None:
        more = self.socket.recv(65_536)
        if not more:
            raise EOFError
        self._held += more
