"""Who comes while something is being done for others waits, and is done together with the rest.

The first to come for a key leads: it acts at once, for itself. Whoever comes meanwhile stands in
line, and when the leader is through, the first in line leads all who stand there by then. So
nobody waits for company, and the busier it is the more is done at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class _Place(Generic[Item, Answer]):
    """Somebody's place in the line."""

    __slots__ = ("answer", "error", "item", "leads", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.turn = threading.Event()
        self.leads = False
        self.answer: Answer | None = None
        self.error: BaseException | None = None


class Gathering(Generic[Item, Answer]):
    """``act`` gets up to ``most`` items of one key in the order in which they came, and returns an
    answer for each; what it raises, each of them is told. For a key it never runs twice at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        # Keys that somebody leads, with who stands in line behind.
        self._lines: dict[Hashable, list[_Place[Item, Answer]]] = {}
        self._lock = threading.Lock()

    def join(
        self, key: Hashable, item: Item, act: Callable[[list[Item]], Sequence[Answer]]
    ) -> Answer:
        """The answer to ``item``. Raises what ``act`` raised."""
        mine: _Place[Item, Answer] = _Place(item)
        with self._lock:
            line = self._lines.get(key)
            if line is None:
                self._lines[key] = []
                mine.leads = True
            else:
                line.append(mine)
        if not mine.leads:
            try:
                mine.turn.wait()
            except BaseException:
                self._step_out(key, mine)
                raise
        if mine.leads:
            self._lead(key, mine, act)
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _lead(
        self,
        key: Hashable,
        mine: _Place[Item, Answer],
        act: Callable[[list[Item]], Sequence[Answer]],
    ) -> None:
        with self._lock:
            line = self._lines[key]
            company = [mine, *line[: self._most - 1]]
            del line[: self._most - 1]
        try:
            answers = act([each.item for each in company])
            for each, answer in zip(company, answers, strict=True):
                each.answer = answer
        except BaseException as error:
            for each in company:
                each.error = error
        finally:
            self._pass_on(key)
            for each in company[1:]:
                each.turn.set()

    def _pass_on(self, key: Hashable) -> None:
        with self._lock:
            line = self._lines[key]
            if not line:
                del self._lines[key]
                return
            successor = line.pop(0)
            successor.leads = True
        successor.turn.set()

    def _step_out(self, key: Hashable, mine: _Place[Item, Answer]) -> None:
        """Its wait was cut short: it must not be found in line, nor keep the lead."""
        with self._lock:
            line = self._lines.get(key, [])
            if mine in line:
                line.remove(mine)
        if mine.leads:
            self._pass_on(key)
