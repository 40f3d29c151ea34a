"""Messages to one group without pause, and what its members see of them."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.servers import Person, wait_until


@dataclass
class Sender:
    """Sends a message every ``interval`` seconds, each again under its own ``client_id`` until it
    is acknowledged, and keeps what was: seq → when."""

    person: Person
    path: str
    interval: float
    acknowledged: dict[int, float] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._send_all)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._thread.join(60)

    def _send_all(self) -> None:
        number = 0
        while not self._stopped.is_set():
            number += 1
            body = {"text": f"第{number}条", "client_id": f"{self.person.id}-{number}"}
            while not self._send(body):
                time.sleep(0.5)
            time.sleep(self.interval)

    def _send(self, body: dict[str, Any]) -> bool:
        with suppress(requests.RequestException):
            answer = self.person.http.post(
                f"{self.person.url}/api/v1{self.path}/messages", json=body, timeout=20
            )
            if answer.status_code in (200, 201):
                self.acknowledged[answer.json()["seq"]] = time.monotonic()
                return True
            self.refused.append(f"{answer.status_code} {answer.text[:200]}")
        return False


class Screen:
    """What a client that drops repeats by their event's id has seen: seq → when first."""

    def __init__(self, person: Person) -> None:
        self._person = person
        self._ids: set[str] = set()
        self.seen: dict[int, float] = {}
        self.twice: list[int] = []
        self.told_to_resync = 0

    def look(self) -> None:
        for at, event in self._person.timed():
            self.told_to_resync += event["type"] == "rooms.resync"
            if event["type"] != "message.created" or event["id"] in self._ids:
                continue
            self._ids.add(event["id"])
            seq = event["data"]["seq"]
            if seq in self.seen:
                self.twice.append(seq)
            self.seen.setdefault(seq, at)

    def wait_for(self, seqs: set[int], within: float) -> None:
        def all_seen() -> bool:
            self.look()
            return seqs <= self.seen.keys()

        with suppress(AssertionError):
            wait_until(all_seen, within, "all are seen")
        missing = sorted(seqs - self.seen.keys())
        assert not missing, f"{len(missing)} of {len(seqs)} were not pushed: {missing[:20]}"
