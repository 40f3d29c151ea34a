"""What processes ask of each other: to move sockets between rooms, or to cut them.

``outbox.tell_processes(session, name, data)`` sends one; ``data`` are the handler's arguments.
Every process acts on it for its own sockets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from flask import Flask

from zzd.principal import PostRef
from zzd.realtime.connections import Connection

if TYPE_CHECKING:
    from zzd.realtime.sockets import Sockets


ALSO = "zzd.control"


def also(app: Flask, name: str, act: Callable[..., None]) -> None:
    """Have every process call this, with the event's data, before it acts on its sockets."""
    app.extensions.setdefault(ALSO, {}).setdefault(name, []).append(act)


def _tell_others(sockets: Sockets, name: str, **data: Any) -> None:
    for act in sockets.app.extensions.get(ALSO, {}).get(name, ()):
        act(**data)


def join(
    sockets: Sockets,
    *,
    room: str,
    unit_path: str,
    levels: int,
    line: str | None,
    role: str | None,
) -> None:
    """An audience came into use: those it matches enter its room, without a query each."""

    def matches(post: PostRef) -> bool:
        return (
            post.unit_path.startswith(unit_path)
            and bool(levels & 1 << post.level)
            and line in (None, post.line)
            and role in (None, post.role)
        )

    for connection in sockets.connections:
        if any(matches(post) for post in connection.principal.posts):
            sockets.enter(connection, room)


def enter(sockets: Sockets, *, room: str, official_ids: Iterable[int]) -> None:
    """These officials became entitled to a room."""
    for connection in sockets.connections.of(official_ids):
        sockets.enter(connection, room)


def leave(sockets: Sockets, *, room: str, official_ids: Iterable[int]) -> None:
    """These officials lost a room; what is published after this does not reach them."""
    for connection in sockets.connections.of(official_ids):
        sockets.leave(connection, room)


def renew(
    sockets: Sockets,
    *,
    official_ids: Iterable[int] = (),
    unit_path: str | None = None,
    account_id: int | None = None,
    session_id: int | None = None,
) -> None:
    """Posts, grants or memberships changed, or the post a session acts in: look again who
    these are and where they belong."""
    _tell_others(
        sockets,
        "renew",
        official_ids=official_ids,
        unit_path=unit_path,
        account_id=account_id,
        session_id=session_id,
    )
    sockets.changes += 1
    wanted = set(sockets.connections.of(official_ids or ()))
    if account_id is not None or session_id is not None:
        wanted.update(
            connection
            for connection in sockets.connections
            if connection.principal.account_id == account_id
            or (session_id is not None and connection.principal.session_id == session_id)
        )
    if unit_path is not None:
        wanted.update(
            connection
            for connection in sockets.connections
            if any(post.unit_path.startswith(unit_path) for post in connection.principal.posts)
        )
    sockets.for_each(wanted, sockets.look_again)


def session_revoked(sockets: Sockets, *, session_ids: Iterable[int]) -> None:
    """Sessions ended: their sockets are told and cut."""
    _tell_others(sockets, "session_revoked", session_ids=session_ids)
    sockets.changes += 1
    ended = set(session_ids)

    def cut(connection: Connection) -> None:
        session_id = connection.principal.session_id
        sockets.tell(connection, "session.revoked", {"session_id": str(session_id)})
        sockets.disconnect(connection)

    concerned = [
        connection for connection in sockets.connections if connection.principal.session_id in ended
    ]
    sockets.for_each(concerned, cut)


# What lets somebody into a room that ``data["room"]`` names.
OPENING = {"control.join", "control.enter"}

HANDLERS: Mapping[str, Callable[..., Any]] = {
    f"control.{handler.__name__}": handler
    for handler in (join, enter, leave, renew, session_revoked)
}
