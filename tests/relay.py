"""A way to Redis that tests can obstruct."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit


class Relay:
    """Passes bytes on between its own port and a Redis, unless it is held or cut."""

    def __init__(self, redis_url: str) -> None:
        self._to = urlsplit(redis_url)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = self._to._replace(
            netloc=f"{self._to.netloc.rpartition('@')[0]}@127.0.0.1:{self._server.getsockname()[1]}".lstrip(
                "@"
            )
        ).geturl()
        self._open = threading.Event()
        self._open.set()
        self._ends: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def hold(self) -> None:
        """Connections stay, and nothing passes: Redis hangs."""
        self._open.clear()

    def release(self) -> None:
        self._open.set()

    def cut(self) -> None:
        """Every connection ends; others may be made."""
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()
        self.release()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._server.accept()
                there = socket.create_connection((self._to.hostname, self._to.port or 6379))
                self._ends += [here, there]
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with source, suppress(OSError):
            while data := source.recv(65536):
                self._open.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)
