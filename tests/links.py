"""The way between a client and a server, on which tests lose, repeat and mix up what is pushed."""

from __future__ import annotations

import socket
import threading
from collections import deque
from contextlib import suppress

EVENT = b"42"


class Link:
    """A port of its own that leads to a server. Of the events that are pushed through it, the
    next ones suffer ``faults``, one each: "drop", "twice", or "hold" (it comes after the next).
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.faults: deque[str] = deque()
        self._held: list[bytes] = []
        self._client: socket.socket | None = None
        self._ends: list[socket.socket] = []
        self._writing = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def is_clear(self) -> bool:
        """Whether what is pushed now comes, once, and at its time."""
        return not self.faults and not self._held

    def clear(self) -> None:
        """No more faults; what is held comes now."""
        self.faults.clear()
        with self._writing:
            self._release()

    def cut(self) -> None:
        """The connection ends without a word, and what is held is lost."""
        self.faults.clear()
        with self._writing:
            self._held.clear()
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.port))
                except OSError:
                    client.close()
                    continue
                self._client = client
                self._ends = [client, server]
                for target, pair in (
                    (self._pass_on, (client, server)),
                    (self._push, (server, client)),
                ):
                    self._threads.append(threading.Thread(target=target, args=pair, daemon=True))
                    self._threads[-1].start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        _end(source, target)

    def _push(self, server: socket.socket, client: socket.socket) -> None:
        """The answer to the handshake as it is, and then frame by frame."""
        with suppress(OSError, EOFError), server.makefile("rb") as pushed:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += _exactly(pushed, 1)
            client.sendall(head)
            while True:
                start = _exactly(pushed, 2)
                more = _exactly(pushed, {126: 2, 127: 8}.get(start[1], 0))
                size = int.from_bytes(more, "big") if more else start[1]
                payload = _exactly(pushed, size)
                with self._writing:
                    self._pass_frame(client, start + more + payload, payload)
        _end(server, client)

    def _pass_frame(self, client: socket.socket, frame: bytes, payload: bytes) -> None:
        fault = self.faults.popleft() if payload.startswith(EVENT) and self.faults else ""
        if fault == "drop":
            return
        if fault == "hold":
            self._held.append(frame)
            return
        client.sendall(frame * 2 if fault == "twice" else frame)
        if payload.startswith(EVENT):
            self._release()

    def _release(self) -> None:
        held, self._held = self._held, []
        if self._client and held:
            with suppress(OSError):
                self._client.sendall(b"".join(reversed(held)))


def _exactly(pushed: object, size: int) -> bytes:
    data: bytes = pushed.read(size)  # type: ignore[attr-defined]
    if len(data) < size:
        raise EOFError
    return data


def _end(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
