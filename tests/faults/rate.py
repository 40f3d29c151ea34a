"""Messages at a constant rate, whatever becomes of the servers, and screens that never give up."""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import requests
from socketio.exceptions import SocketIOError

from tests.device import Device
from tests.servers import Person

AT_ONCE = 24
# So many messages, then another one.
A_CONNECTION = 40
ANSWER_WITHIN = 10.0
AGAIN_AFTER = 0.3


class Load:
    """Sends ``rate`` messages a second in an open loop, turn by turn to the conversations, each
    again under its own ``client_id`` until it is acknowledged. ``swallowed``: the part of the
    acknowledgements that are lost on the way; those too are sent again."""

    def __init__(
        self,
        urls: Sequence[str],
        senders: Sequence[Person],
        conversations: Sequence[str],
        *,
        rate: float,
        swallowed: float,
    ) -> None:
        self._ends = [(urlsplit(url).hostname, urlsplit(url).port) for url in urls]
        self._tokens = [person.token for person in senders]
        self._conversations = conversations
        self._rate, self._swallowed = rate, swallowed
        self._chance = random.Random(4)
        # client_id → (conversation, seq), and when it was acknowledged.
        self.acknowledged: dict[str, tuple[str, int]] = {}
        self.at: dict[str, float] = {}
        self.twice: list[str] = []
        self.refused: list[str] = []
        self.offered = self.repeats = 0
        self.seconds = 0.0
        self._first: dict[str, int] = {}
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()

    def stop(self, within: float) -> None:
        """Offer no more, and wait until all is acknowledged."""
        self._stopped.set()
        self._thread.join(within)
        assert self.refused == []
        missing = self.offered - len(self.acknowledged)
        assert not missing, f"{missing} of {self.offered} not acknowledged in {within} s"

    async def _run(self) -> None:
        self._waiting: asyncio.Queue[int] = asyncio.Queue()
        self._progress = asyncio.Event()
        workers = [asyncio.create_task(self._work(number)) for number in range(AT_ONCE)]
        started = time.monotonic()
        while not self._stopped.is_set():
            while self.offered < (time.monotonic() - started) * self._rate:
                self._waiting.put_nowait(self.offered)
                self.offered += 1
            await asyncio.sleep(0.005)
        self.seconds = time.monotonic() - started
        while len(self.acknowledged) < self.offered and not self.refused:
            self._progress.clear()
            await self._progress.wait()
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self, number: int) -> None:
        turn = number
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self._ends[turn % 2])
                try:
                    for _ in range(A_CONNECTION):
                        await self._send_next(reader, writer)
                finally:
                    writer.close()
                # As a balancer would: to the own server, if that is there again.
                turn = number
            except (OSError, EOFError, TimeoutError, ValueError):
                turn += 1
                await asyncio.sleep(AGAIN_AFTER)

    async def _send_next(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = await self._waiting.get()
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                writer.write(self._request(number))
                status, body = await _answer(reader)
        except BaseException:
            self._again(number)
            raise
        if status == 503:
            self._again(number)
            raise EOFError
        if status not in (200, 201):
            self.refused.append(f"{status} {body[:200]!r}")
            self._progress.set()
            return
        self._hear(number, json.loads(body)["seq"])

    def _hear(self, number: int, seq: int) -> None:
        key = f"m{number}"
        if self._first.setdefault(key, seq) != seq:
            self.twice.append(key)
        if self._chance.random() < self._swallowed:
            self._again(number)
            return
        self.acknowledged[key] = (self._conversation(number), seq)
        self.at[key] = time.monotonic()
        self._progress.set()

    def _again(self, number: int) -> None:
        self.repeats += 1
        self._waiting.put_nowait(number)

    def _conversation(self, number: int) -> str:
        return self._conversations[number % len(self._conversations)]

    def _request(self, number: int) -> bytes:
        body = json.dumps({"text": f"m{number}", "client_id": f"m{number}"})
        token = self._tokens[number % len(self._tokens)]
        return (
            f"POST /api/v1/conversations/{self._conversation(number)}/messages HTTP/1.1\r\n"
            f"Host: localhost\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    size = next(int(line.split(":")[1]) for line in head if line.lower().startswith("content-len"))
    return int(head[0].split()[1]), await reader.readexactly(size)


class Screen:
    """A device that, whenever it is cut off or answered badly, comes back to the other server."""

    def __init__(self, urls: Sequence[str], person: Person) -> None:
        self._urls = urls
        self.device = Device(person)
        self.came_back = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)

    def missing(self, expected: dict[str, set[int]]) -> int:
        kept = self.device.kept
        return sum(
            len(seqs - kept[each].texts.keys()) if each in kept else len(seqs)
            for each, seqs in expected.items()
        )

    def _follow(self) -> None:
        person = self.device.person
        while not self._stopped.is_set():
            try:
                if not person.is_listening:
                    person.url = self._urls[self.came_back % len(self._urls)]
                    self.came_back += 1
                    self.device.come_back()
                self.device.look()
                time.sleep(0.02)
            except (requests.RequestException, SocketIOError, AssertionError):
                person.hang_up()
                time.sleep(AGAIN_AFTER)
