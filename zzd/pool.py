"""Database connections are given out in the order in which they were asked for.

SQLAlchemy's queue wakes whoever waits, and whoever comes by before they run takes what they were
woken for. In a storm of reconnecting clients some were passed over for 45 seconds so, and refused.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TypeVar

from sqlalchemy.pool import QueuePool
from sqlalchemy.util.queue import Empty, Full, QueueCommon

Item = TypeVar("Item")


class _Turn(threading.Event):
    """Somebody who waits; ``given`` holds what they waited for, once it is theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[object] = []


class InTurn(QueueCommon[Item]):
    """What comes back while somebody waits is handed to whoever has waited longest."""

    def __init__(self, maxsize: int = 0, use_lifo: bool = False) -> None:
        self.maxsize = maxsize
        self.use_lifo = use_lifo
        self._items: deque[Item] = deque()
        self._waiting: deque[_Turn] = deque()
        # Reentrant: the garbage collector may return a connection in the middle of this.
        self._lock = threading.RLock()

    def qsize(self) -> int:
        return len(self._items)

    def empty(self) -> bool:
        return not self._items

    def full(self) -> bool:
        return 0 < self.maxsize <= len(self._items)

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        """Never waits, which the pool does not ask for. Raises Full."""
        with self._lock:
            if self._waiting:
                turn = self._waiting.popleft()
                turn.given.append(item)
                turn.set()
            elif self.full():
                raise Full
            else:
                self._items.append(item)

    def put_nowait(self, item: Item) -> None:
        self.put(item, False)

    def get(self, block: bool = True, timeout: float | None = None) -> Item:
        """Raises Empty, at once or after ``timeout`` seconds."""
        with self._lock:
            if self._items:
                return self._items.pop() if self.use_lifo else self._items.popleft()
            if not block:
                raise Empty
            turn = _Turn()
            self._waiting.append(turn)
        try:
            turn.wait(timeout)
        except BaseException:
            self._give_up(turn)
            for item in turn.given:
                self.put(item)  # type: ignore[arg-type]
            raise
        self._give_up(turn)
        if not turn.given:
            raise Empty
        return turn.given[0]  # type: ignore[return-value]

    def get_nowait(self) -> Item:
        return self.get(False)

    def _give_up(self, turn: _Turn) -> None:
        """From now on nothing is given to it."""
        with self._lock:
            if turn in self._waiting:
                self._waiting.remove(turn)


class FairPool(QueuePool):
    _queue_class = InTurn  # type: ignore[assignment]
