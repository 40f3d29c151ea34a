"""When to ask which connection for a sign of life: one wheel for all of them."""

from __future__ import annotations

import random
from collections import defaultdict
from typing import Protocol


class Pinged(Protocol):
    """``due``: the second of the wheel it stands at. ``asked``: a ping is out that has
    no answer yet; ``heard_at``: when the last answer came."""

    due: int
    asked: bool
    heard_at: float

    def ping(self) -> None: ...

    def gone(self) -> None:
        """It did not answer in time."""


class PingWheel:
    """Each connection stands at one second of the wheel, and is looked at when that comes: one
    that owes an answer is gone, any other is asked ``interval`` seconds after its last answer.
    """

    def __init__(self, interval: float, timeout: float) -> None:
        self._interval = interval
        self._timeout = timeout
        self._standing: defaultdict[int, set[Pinged]] = defaultdict(set)

    def __len__(self) -> int:
        return sum(map(len, self._standing.values()))

    def add(self, connection: Pinged, now: float) -> None:
        """Its first ping comes early by chance, so that those who came at once are spread."""
        connection.asked = False
        connection.heard_at = now - self._interval * random.uniform(0, 0.6)  # noqa: S311
        self._stand(connection, connection.heard_at + self._interval)

    def remove(self, connection: Pinged) -> None:
        standing = self._standing.get(connection.due)
        if standing is not None:
            standing.discard(connection)

    def turn(self, now: float) -> None:
        """Look at all whose second has come. Times are seconds of one monotonic clock."""
        for second in sorted(second for second in self._standing if second <= now):
            for connection in self._standing.pop(second):
                self._look_at(connection, now)

    def _look_at(self, connection: Pinged, now: float) -> None:
        if connection.asked:
            connection.gone()
        elif now < connection.heard_at + self._interval - 1:
            self._stand(connection, connection.heard_at + self._interval)
        else:
            connection.asked = True
            self._stand(connection, now + self._timeout)
            connection.ping()

    def _stand(self, connection: Pinged, at: float) -> None:
        connection.due = int(at) + 1
        self._standing[connection.due].add(connection)
