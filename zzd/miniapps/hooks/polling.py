"""The same events for those who ask: by long poll, with a cursor that is kept.

A cursor has a name, so that two programs of one app each read everything. What was read is shown
again until it is acknowledged.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import lock_name, reading, transaction
from zzd.errors import Invalid
from zzd.miniapps.hooks import sight
from zzd.miniapps.hooks.envelope import envelope
from zzd.miniapps.hooks.models import EventCursor
from zzd.miniapps.hooks.problems import EventsExpired, TooManyCursors
from zzd.miniapps.hooks.rules import EVENTS_KEPT_FOR, MOST_CURSORS
from zzd.realtime import kept

# Seconds between two looks at the log while somebody waits.
LOOK_EVERY = 0.25
READ_AT_ONCE = 500
# A cursor that nobody used for so long keeps no events for its app.
COUNTS_FOR = timedelta(days=30)


def poll(
    miniapp_id: int,
    *,
    name: str,
    limit: int,
    wait: float,
    installation_id: int | None = None,
) -> dict[str, Any]:
    """Up to ``limit`` events after the cursor, and what to acknowledge once they are dealt with;
    waits up to ``wait`` seconds for the first. A new cursor begins with what happens from now on.

    ``installation_id`` is that of an app's own token, which sees what that installation may.
    Raises EventsExpired, TooManyCursors.
    """
    position = _open(miniapp_id, name)
    until = time.monotonic() + wait
    read = position
    while True:
        items, read = _look(miniapp_id, read, limit, installation_id)
        if items or time.monotonic() >= until:
            return {"items": items, "ack": str(read), "acknowledged": str(position)}
        time.sleep(LOOK_EVERY)


def _open(miniapp_id: int, name: str) -> int:
    """Where the cursor stands; made at its first use."""
    now = clock.now()
    with reading() as session:
        cursor = _find(session, miniapp_id, name)
        types = _types(session, miniapp_id)
        current = (
            cursor is not None
            and cursor.types == types
            and now - cursor.used_at < timedelta(minutes=1)
        )
        if cursor is not None and current:
            _check_kept(session, cursor.position)
            return cursor.position
    with transaction() as session:
        lock_name(session, f"event cursor:{miniapp_id}:{name}")
        cursor = _find(session, miniapp_id, name)
        if cursor is None:
            _check_room(session, miniapp_id, name)
            cursor = EventCursor(
                miniapp_id=miniapp_id,
                name=name,
                types=types,
                position=kept.last_position(session),
                used_at=now,
            )
            session.add(cursor)
        cursor.types, cursor.used_at = types, now
        kept.wanted_changed(session)
        _check_kept(session, cursor.position)
        return cursor.position


def _find(session: Session, miniapp_id: int, name: str) -> EventCursor | None:
    query = select(EventCursor).filter_by(miniapp_id=miniapp_id, name=name)
    return session.scalars(query).one_or_none()


def _check_room(session: Session, miniapp_id: int, name: str) -> None:
    """Raises TooManyCursors: each keeps events, until nobody used it for long. Those of an
    installation, whose names begin with its id, are counted alone."""
    lock_name(session, f"event cursors:{miniapp_id}")
    installation, slash, _ = name.rpartition("/")
    beside = EventCursor.name.startswith(f"{installation}/", autoescape=True)
    count = select(func.count()).where(
        EventCursor.miniapp_id == miniapp_id,
        beside if slash else ~EventCursor.name.contains("/"),
    )
    if (session.scalar(count) or 0) >= MOST_CURSORS:
        raise TooManyCursors


def _types(session: Session, miniapp_id: int) -> list[str]:
    seers = sight.find_seers(session, [miniapp_id]).get(miniapp_id, [])
    return sorted({type_ for seer in seers for type_ in seer.types})


def _check_kept(session: Session, position: int) -> None:
    since = clock.now() - EVENTS_KEPT_FOR
    if position + 1 < (first := kept.first_position(session, since=since)):
        raise EventsExpired(
            f"Acknowledge {first - 1} to go on from the oldest that is kept", oldest=str(first - 1)
        )


def _look(
    miniapp_id: int, position: int, limit: int, installation_id: int | None
) -> tuple[list[dict[str, Any]], int]:
    """What the app may see of what follows, and up to where was looked."""
    source = current_app.extensions["zzd.settings"].public_url
    items: list[dict[str, Any]] = []
    with reading() as session:
        while len(items) < limit:
            events = kept.after(session, position, limit=READ_AT_ONCE)
            if not events:
                break
            seers = _seers(session, miniapp_id, installation_id)
            scene = sight.look_at(session, events)
            for event in events:
                if len(items) == limit:
                    break
                position = event.position or position
                if (seen := sight.show(event, seers, scene)) is not None:
                    said = envelope(
                        event,
                        source=source,
                        position=position,
                        installation_id=seen.installation_id,
                    )
                    items.append({**said, "data": seen.data})
    return items, position


def _seers(session: Session, miniapp_id: int, installation_id: int | None) -> Sequence[sight.Seer]:
    seers = sight.find_seers(session, [miniapp_id]).get(miniapp_id, [])
    return [s for s in seers if installation_id in (None, s.installation_id)]


def acknowledge(session: Session, miniapp_id: int, *, name: str, upto: int) -> dict[str, Any]:
    """What came up to there is not shown to this cursor again; it never goes back by that.

    Raises Invalid for a cursor or a position that there is not.
    """
    lock_name(session, f"event cursor:{miniapp_id}:{name}")
    cursor = _find(session, miniapp_id, name)
    if cursor is None:
        raise Invalid.at("/cursor", "There is no such cursor: poll first")
    if upto > kept.last_position(session):
        raise Invalid.at("/ack", "Nothing has come so far: send what a poll told you")
    cursor.position, cursor.used_at = max(cursor.position, upto), clock.now()
    return {"acknowledged": str(cursor.position)}


def wanted_types(session: Session) -> set[str]:
    """Of which kinds events are kept for those who ask."""
    since = clock.now() - COUNTS_FOR
    lists = session.scalars(select(EventCursor.types).where(EventCursor.used_at > since))
    return {type_ for types in lists for type_ in types}
