"""News of sums that changed, gathered for a moment: one event for hundreds of answers.

Each answer changes the sums at its unit and at five above it. Told one by one, a province's screen
would be told a thousand times a second to fetch what it shows once. So a process that serves keeps
the units whose sums changed after a commit and tells of all of them twice a second. It is a hint to
fetch, and carries no numbers: what a killed process kept is made good by the next answer, and by
screens that fetch now and then by themselves.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable

from flask import current_app
from sqlalchemy.orm import Session

from zzd.db import after_commit, transaction
from zzd.realtime import beats

EVERY = 0.5
# Units in one event: each is a room that it goes to.
AT_ONCE = 500
GATHERED = "zzd.gathered_sums"
Publish = Callable[[Session, int, list[int]], None]


class Gathered:
    """Units whose sums changed, by directive."""

    def __init__(self) -> None:
        self._units: dict[int, dict[int, None]] = defaultdict(dict)
        self._changing = threading.Lock()

    def add(self, directive_id: int, unit_ids: Iterable[int]) -> None:
        with self._changing:
            self._units[directive_id].update(dict.fromkeys(unit_ids))

    def take(self) -> dict[int, list[int]]:
        with self._changing:
            taken, self._units = self._units, defaultdict(dict)
        return {directive_id: list(units) for directive_id, units in taken.items()}


def tell(session: Session, directive_id: int, unit_ids: list[int], publish: Publish) -> None:
    """Have it told that the sums at these units changed, once the transaction has committed."""
    if not beats(current_app):
        publish(session, directive_id, unit_ids)
        return
    gathered: Gathered = current_app.extensions[GATHERED]
    after_commit(session, lambda: gathered.add(directive_id, unit_ids))


def flush(publish: Publish) -> None:
    """Publish what was gathered, each unit of a directive once. What fails is gathered again."""
    gathered: Gathered = current_app.extensions[GATHERED]
    taken = gathered.take()
    if not taken:
        return
    try:
        with transaction() as session:
            for directive_id, units in taken.items():
                for start in range(0, len(units), AT_ONCE):
                    publish(session, directive_id, units[start : start + AT_ONCE])
    except Exception:
        for directive_id, units in taken.items():
            gathered.add(directive_id, units)
        raise
