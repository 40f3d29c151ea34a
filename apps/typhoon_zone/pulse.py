"""Tells the open streams that something changed, whichever process changed it."""

from __future__ import annotations

import threading
import time

from apps.typhoon_zone.database import Database

# How often the file is asked, for what other processes wrote. Our own writes are told at once.
LOOK_EVERY = 0.5


class Pulse:
    """One look at the file serves all streams of this process, however many there are."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._condition = threading.Condition()
        self._latest = database.latest()
        self._looked_at = 0.0

    def tell(self) -> None:
        """Something was written here: wake who waits."""
        self._note(self.database.latest())

    def wait(self, after: int, seconds: float) -> int:
        """The number of the last change, as soon as it is past ``after`` or the time is up."""
        deadline = time.monotonic() + seconds
        while True:
            self._look()
            with self._condition:
                left = deadline - time.monotonic()
                if self._latest > after or left <= 0:
                    return self._latest
                self._condition.wait(min(LOOK_EVERY, left))

    def _look(self) -> None:
        with self._condition:
            if time.monotonic() - self._looked_at < LOOK_EVERY:
                return
            self._looked_at = time.monotonic()
        self._note(self.database.latest())

    def _note(self, latest: int) -> None:
        with self._condition:
            if latest > self._latest:
                self._latest = latest
                self._condition.notify_all()
