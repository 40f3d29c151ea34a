"""Who is connected to this process, and in which rooms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from zzd.principal import Principal

EVENTS_PER_SECOND = 20.0
BURST = 60.0


@dataclass(slots=True, eq=False)
class Connection:
    """A socket. ``rooms`` are its official's by right; ``watched`` ones were asked for.

    While its rooms are being read from the database (``renewing``), whoever else changes them
    marks the reading ``stale``, and it is done again.
    """

    sid: str
    principal: Principal
    rooms: set[str] = field(default_factory=set)
    watched: set[str] = field(default_factory=set)
    renewing: bool = False
    stale: bool = False
    # What the client may still send at once: a bucket that fills again as time passes.
    allowance: float = BURST
    counted_at: float = 0.0

    def may_send(self, now: float) -> bool:
        """Whether one more event of the client is taken at ``now`` (seconds, monotonic)."""
        filled = self.allowance + (now - self.counted_at) * EVENTS_PER_SECOND
        self.allowance, self.counted_at = min(BURST, filled), now
        if self.allowance < 1:
            return False
        self.allowance -= 1
        return True


class Connections:
    def __init__(self) -> None:
        self._by_sid: dict[str, Connection] = {}
        self._by_official: defaultdict[int | None, set[str]] = defaultdict(set)

    def __len__(self) -> int:
        return len(self._by_sid)

    def __iter__(self) -> Iterator[Connection]:
        """Those of this moment; they may come and go while one iterates."""
        return iter(list(self._by_sid.values()))

    def get(self, sid: str) -> Connection | None:
        return self._by_sid.get(sid)

    def officials(self) -> set[int]:
        """Whose sockets these are."""
        return {official_id for official_id in self._by_official if official_id is not None}

    def of(self, official_ids: Iterable[int]) -> list[Connection]:
        return [
            self._by_sid[sid]
            for official_id in official_ids
            for sid in tuple(self._by_official.get(official_id, ()))
        ]

    def add(self, connection: Connection) -> None:
        self._by_sid[connection.sid] = connection
        self._by_official[connection.principal.official_id].add(connection.sid)

    def remove(self, sid: str) -> None:
        if (gone := self._by_sid.pop(sid, None)) is None:
            return
        official_id = gone.principal.official_id
        self._by_official[official_id].discard(sid)
        if not self._by_official[official_id]:
            del self._by_official[official_id]
