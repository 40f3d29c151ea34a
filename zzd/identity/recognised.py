"""Whom this process recognised a moment ago, so that not every request asks the database again.

A principal is kept for ``KEPT`` seconds at most and never past the end of its session. Whatever
ends or changes what it says drops it earlier: in the process that commits the change at once, in
the others when they hear the control event that tells sockets the same (see zzd.realtime.control).
Should that event be lost, the time limit still holds. Sockets are always recognised afresh.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import after_commit
from zzd.principal import Principal

# Seconds; an ended session stops everywhere within five.
KEPT = 3.0
MOST = 20_000
RECOGNISED = "zzd.recognised"


@dataclass(frozen=True, slots=True)
class Entry:
    principal: Principal
    session_ends: datetime
    until: float


class Recognised:
    """By digest of the session's token, the oldest first."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        # Raised by whatever drops entries: what was read before it must not be kept after it.
        self.changes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, token_digest: str) -> Principal | None:
        entry = self._entries.get(token_digest)
        if entry is None or time.monotonic() >= entry.until or clock.now() >= entry.session_ends:
            return None
        return entry.principal

    def keep(
        self, token_digest: str, principal: Principal, session_ends: datetime, *, read_at: int
    ) -> None:
        """``read_at``: what ``changes`` was before the principal was read."""
        if read_at != self.changes:
            return
        now = time.monotonic()
        self._entries.pop(token_digest, None)
        self._entries[token_digest] = Entry(principal, session_ends, now + KEPT)
        while self._entries and (
            len(self._entries) > MOST or next(iter(self._entries.values())).until <= now
        ):
            self._entries.popitem(last=False)

    def forget(self, concerns: Callable[[Principal], bool]) -> None:
        self.changes += 1
        for token_digest in [
            key for key, entry in self._entries.items() if concerns(entry.principal)
        ]:
            del self._entries[token_digest]

    def forget_sessions(self, *, session_ids: Iterable[int]) -> None:
        """Heard: these sessions ended."""
        ended = set(session_ids)
        self.forget(lambda principal: principal.session_id in ended)

    def forget_renewed(
        self,
        *,
        official_ids: Iterable[int] = (),
        unit_path: str | None = None,
        account_id: int | None = None,
        session_id: int | None = None,
    ) -> None:
        """Heard: what these may do, or where they belong, changed."""
        officials = set(official_ids or ())

        def concerns(principal: Principal) -> bool:
            return (
                principal.official_id in officials
                or (account_id is not None and principal.account_id == account_id)
                or (session_id is not None and principal.session_id == session_id)
                or (
                    unit_path is not None
                    and any(post.unit_path.startswith(unit_path) for post in principal.posts)
                )
            )

        self.forget(concerns)


def recognised() -> Recognised:
    found: Recognised = current_app.extensions[RECOGNISED]
    return found


def forget_account(session: Session, account_id: int) -> None:
    """Have this process forget an account's sessions with the commit: who changes something of
    their own sees it in their next request, whatever the way of the control event."""
    known = recognised()
    after_commit(
        session, lambda: known.forget(lambda principal: principal.account_id == account_id)
    )
