"""Real servers for tests: gunicorn processes on free ports, real clients that talk to them."""

from __future__ import annotations

import os
import queue
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import requests
import socketio

from tests.databases import redis_prefix

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 90
GRACEFUL_SECONDS = 1
PORTS = range(20_000, 32_000)


def free_port(in_a_row: int = 1) -> int:
    """The first of so many that are free. They lie below those that systems hand out to whoever
    connects or wants just any: until its server is there, nobody takes one by chance."""
    while True:
        first = random.SystemRandom().choice(PORTS)
        with suppress(OSError), ExitStack() as held:
            for port in range(first, first + in_a_row):
                held.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first


class ServerProcess:
    """One gunicorn with one gevent worker, as in production; ``health`` is what it answers ready."""

    def __init__(
        self,
        environment: dict[str, str],
        log: Path,
        *,
        port: int,
        application: str = "wsgi:app",
        health: str = "/readyz",
    ) -> None:
        self.port = port
        self.application = application
        self.health = health
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {**os.environ, **environment}
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def workers(self) -> list[int]:
        """The process ids of its gunicorn's workers."""
        assert self._process is not None
        pid = self._process.pid
        return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "gunicorn", "-k", "gevent", "-w", "1"),
                    *("--bind", f"127.0.0.1:{self.port}"),
                    *("--graceful-timeout", str(GRACEFUL_SECONDS)),
                    *("--no-control-socket", self.application),
                ],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._is_ready, START_WITHIN, f"the server starts (see {self.log})")

    @property
    def worker(self) -> int:
        """The process id of the gunicorn worker, whose memory it is."""
        assert self._process
        pid = self._process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As the power cut does: no handler runs."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, how)
            self._process.wait(timeout=20)

    def _is_ready(self) -> bool:
        try:
            return requests.get(f"{self.url}{self.health}", timeout=2).status_code == 200
        except requests.RequestException:
            return False


@contextmanager
def running_servers(
    count: int, *, database_url: str, redis_url: str | None, folder: Path, **settings: str
) -> Iterator[list[ServerProcess]]:
    """``count`` web processes over one database, each on a port of its own."""
    ports = [free_port() for _ in range(count)]
    environment = {
        "ZZD_DATABASE_URL": database_url,
        "ZZD_REDIS_URL": redis_url or "",
        "ZZD_REDIS_PREFIX": redis_prefix(),
        "ZZD_SECRET_KEY": "a key for tests, forty characters long..",
        "ZZD_ALLOWED_ORIGINS": ",".join(f"http://127.0.0.1:{port}" for port in ports),
        "ZZD_PUBLIC_URL": f"http://127.0.0.1:{ports[0]}",
        "ZZD_GRACEFUL_SECONDS": str(GRACEFUL_SECONDS),
        "ZZD_FILES": str(folder / "files"),
        **settings,
    }
    servers = [
        ServerProcess(environment, folder / f"server-{port}.log", port=port) for port in ports
    ]
    try:
        for server in servers:
            server.start()
        yield servers
    finally:
        for server in servers:
            server.stop()


class Person:
    """Somebody signed in to one of the servers, with a socket if ``listen`` was called."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self.url = url
        self.http = requests.Session()
        answer = self.post("/sessions", {"username": username, "password": password})
        self.token: str = answer["token"]
        self.name: str = answer["official"]["name"]
        self.id: str = answer["official"]["id"]
        self.unit: dict[str, Any] = answer["post"]["unit"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        self._events: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()
        self._socket: socketio.Client | None = None

    def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        return self._call("GET", path, status, params=query)

    def post(self, path: str, body: Any = None, *, status: int = 201) -> Any:
        return self._call("POST", path, status, json=body or {})

    def put(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        return self._call("PUT", path, status, json=body or {})

    def _call(self, method: str, path: str, status: int, **kwargs: Any) -> Any:
        response = self.http.request(method, f"{self.url}/api/v1{path}", timeout=20, **kwargs)
        assert response.status_code == status, (
            f"{method} {path}: {response.status_code} {response.text}"
        )
        return response.json() if response.content else None

    def listen(self, through: str | None = None) -> None:
        """Open a WebSocket, in place of the one before, and keep every event that is pushed.
        ``through``: the address to connect to, if not the server's."""
        self.hang_up()
        self._socket = socketio.Client(
            reconnection=False, websocket_extra_options={"origin": self.url}
        )
        self._socket.on("*", self._hear)
        try:
            self._socket.connect(
                through or self.url,
                auth={"token": self.token},
                transports=["websocket"],
                wait_timeout=20,
            )
        finally:
            self._web_socket = self._socket.eio.ws

    @property
    def is_listening(self) -> bool:
        return self._socket is not None and self._socket.connected

    def send_event(self, name: str, data: dict[str, Any]) -> Any:
        assert self._socket is not None
        return self._socket.call(name, data, timeout=10)

    def wait_for(
        self, type_: str, within: float, that: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The first event of this kind not yet taken, at most ``within`` seconds from now."""
        deadline = time.monotonic() + within
        while True:
            try:
                _, event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no {type_} within {within} s") from None
            if event["type"] == type_ and that(event["data"]):
                return event

    def heard(self) -> list[dict[str, Any]]:
        """What was pushed and not yet taken."""
        return [event for _, event in self.timed()]

    def timed(self) -> list[tuple[float, dict[str, Any]]]:
        """The same, each with when it came by ``time.monotonic``."""
        events = []
        while not self._events.empty():
            events.append(self._events.get())
        return events

    def hang_up(self) -> None:
        if self._socket:
            self._socket.disconnect()
            # Where the server was first, the library forgets to close its end.
            if self._web_socket:
                self._web_socket.shutdown()
            self._socket = None

    def close(self) -> None:
        self.hang_up()
        self.http.close()

    def _hear(self, _name: str, event: dict[str, Any]) -> None:
        self._events.put((time.monotonic(), event))


def wait_until(condition: Callable[[], bool], within: float, what: str) -> None:
    deadline = time.monotonic() + within
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.1)
