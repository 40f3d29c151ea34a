"""What the organisation tells clients; processes are told apart from that, to move sockets."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy.orm import Session

from zzd.realtime import outbox, rooms

UNIT_CHANGED = "unit.changed"
POSTS_CHANGED = "posts.changed"


def publish_unit_change(
    session: Session, unit_id: int, change: str, rev: int, *, concerned: Iterable[int]
) -> None:
    """A unit was created, renamed, moved, merged or abolished: those with a post in one of the
    ``concerned`` units look again."""
    outbox.publish(
        session,
        UNIT_CHANGED,
        {"unit_id": str(unit_id), "change": change, "rev": rev},
        rooms=[rooms.unit(id_) for id_ in dict.fromkeys(concerned)],
    )


def publish_post_change(session: Session, *official_ids: int) -> None:
    """Officials' posts are other ones: their sockets move, their clients look again."""
    outbox.tell_processes(session, "renew", {"official_ids": list(official_ids)})
    for official_id in official_ids:
        outbox.publish(
            session,
            POSTS_CHANGED,
            {"official_id": str(official_id)},
            rooms=[rooms.official(official_id)],
        )
