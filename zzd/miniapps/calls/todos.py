"""To-dos (待办): an app asks something of an official, until the official or the app settles it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

from sqlalchemy import case, delete, func, select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import find_repeat, fingerprint, transaction
from zzd.errors import Invalid, NotFound
from zzd.miniapps.calls import events
from zzd.miniapps.calls.models import Todo
from zzd.miniapps.calls.problems import TodoSettled
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.installations.reach import Live, find_live, live_installation
from zzd.miniapps.manifest_rules import origin_of
from zzd.orgtree import audiences
from zzd.orgtree.models import Official
from zzd.orgtree.reach import as_audience
from zzd.principal import Principal

SCOPE = "todos.write"
OPEN, DONE, WITHDRAWN = "open", "done", "withdrawn"
STATES = (OPEN, DONE, WITHDRAWN)
BY_APP, BY_OFFICIAL = "app", "official"
KEPT_FOR = timedelta(days=180)
LONGEST_LINK = 500
FORGOTTEN_AT_ONCE = 5000


def add_todo(
    session: Session,
    by: Principal,
    *,
    official_id: int | None,
    title: str,
    link: str | None,
    due_at: datetime | None,
    client_id: str | None,
) -> tuple[dict[str, Any], bool]:
    """Ask something of an official whom the app may know of; without an ``official_id`` of the one
    it acts for. Also whether it is a fresh one.

    ``link`` is a page of the app. Raises Invalid, IdempotencyConflict.
    """
    installation_id = _installation(by)
    client_id = client_id or uuid4().hex
    body = fingerprint([official_id, title, link, due_at])
    repeated = find_repeat(
        session, Todo, sender_id=installation_id, client_id=client_id, body_fingerprint=body
    )
    if repeated is not None:
        return describe(repeated), False
    wanted = official_id or by.official_id
    if wanted is None or not _may_ask(session, by, wanted):
        raise Invalid.at("/official_id", "There is no such official in the app's part")
    now = clock.now()
    todo = Todo(
        sender_id=installation_id,
        client_id=client_id,
        fingerprint=body,
        miniapp_id=by.app_id or 0,
        official_id=wanted,
        title=title,
        link=_page_of_app(session, by, link),
        due_at=due_at,
        state=OPEN,
        created_at=now,
        changed_at=now,
    )
    session.add(todo)
    session.flush()
    events.todo_updated(session, describe(todo), todo)
    return describe(todo), True


def change_todo(
    session: Session, by: Principal, todo_id: int, changes: dict[str, Any]
) -> dict[str, Any]:
    """``title``, ``link``, ``due_at`` of an open one, or ``state`` to settle it, done or withdrawn;
    the same state again changes nothing. Raises NotFound, Invalid, TodoSettled."""
    todo = _own(session, by, todo_id, lock=True)
    if changes.get("state") == todo.state and len(changes) == 1:
        return describe(todo)
    if todo.state != OPEN:
        raise TodoSettled
    if "link" in changes:
        changes["link"] = _page_of_app(session, by, changes["link"])
    state = changes.pop("state", OPEN)
    for name, value in changes.items():
        setattr(todo, name, value)
    if state != OPEN:
        _settle(todo, state, BY_APP)
    todo.changed_at = clock.now()
    events.todo_updated(session, describe(todo), todo)
    return describe(todo)


def finish_todo(session: Session, by: Principal, todo_id: int) -> dict[str, Any]:
    """An official has done theirs; once more changes nothing. Raises NotFound, TodoSettled."""
    todo = session.get(Todo, todo_id, with_for_update=True)
    if todo is None or todo.official_id != by.official_id:
        raise NotFound
    if todo.state == WITHDRAWN:
        raise TodoSettled
    if todo.state == OPEN:
        _settle(todo, DONE, BY_OFFICIAL)
        events.todo_updated(session, describe(todo), todo)
    return describe(todo)


def _settle(todo: Todo, state: str, by: str) -> None:
    todo.state, todo.settled_by = state, by
    todo.settled_at = todo.changed_at = clock.now()


def read_own(session: Session, by: Principal, todo_id: int) -> dict[str, Any]:
    """A to-do of this installation. Raises NotFound."""
    return describe(_own(session, by, todo_id))


def list_own(
    session: Session, by: Principal, *, state: str | None, before_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` to-dos of this installation, the newest first."""
    query = select(Todo).where(Todo.sender_id == _installation(by))
    return [describe(todo) for todo in _page(session, query, state, before_id, limit)]


def list_mine(
    session: Session, by: Principal, *, state: str | None, before_id: int | None, limit: int
) -> list[dict[str, Any]]:
    """Up to ``limit + 1`` to-dos of an official, the newest first, with their apps: of apps that
    are live where they were installed."""
    query = select(Todo).where(Todo.official_id == by.official_id)
    found = _page(session, query, state, before_id, limit)
    lives = _lives(session, {todo.sender_id for todo in found})
    return [
        {**describe(todo), "app": _app(lives[todo.sender_id])}
        if todo.sender_id in lives
        else {**describe(todo), "app": None}
        for todo in found
    ]


def _page(
    session: Session, query: Any, state: str | None, before_id: int | None, limit: int
) -> Sequence[Todo]:
    if state is not None:
        query = query.where(Todo.state == state)
    if before_id is not None:
        query = query.where(Todo.id < before_id)
    found: Sequence[Todo] = session.scalars(query.order_by(Todo.id.desc()).limit(limit + 1)).all()
    return found


def count_mine(session: Session, by: Principal) -> dict[str, Any]:
    """How many are open and how many of these are late, in all and by app: the badges of the
    workbench. One statement, over the open ones alone."""
    late = func.coalesce(func.sum(case((Todo.due_at < clock.now(), 1), else_=0)), 0)
    rows = session.execute(
        select(Todo.miniapp_id, func.count().label("open"), late.label("late"))
        .where(Todo.official_id == by.official_id, Todo.state == OPEN)
        .group_by(Todo.miniapp_id)
        .order_by(Todo.miniapp_id)
    ).all()
    return {
        "open": sum(row.open for row in rows),
        "late": sum(row.late for row in rows),
        "apps": [{"miniapp_id": r.miniapp_id, "open": r.open, "late": r.late} for r in rows],
    }


def describe(todo: Todo) -> dict[str, Any]:
    return {
        "id": todo.id,
        "miniapp_id": todo.miniapp_id,
        "official_id": todo.official_id,
        "title": todo.title,
        "link": todo.link,
        "due_at": todo.due_at,
        "state": todo.state,
        "settled_by": todo.settled_by,
        "settled_at": todo.settled_at,
        "created_at": todo.created_at,
        "changed_at": todo.changed_at,
    }


def _lives(session: Session, ids: set[int]) -> dict[int, Live]:
    if not ids:
        return {}
    return {live.installation.id: live for live in find_live(session, Installation.id.in_(ids))}


def _app(live: Live) -> dict[str, Any]:
    return {"id": live.app.id, "app_id": live.app.app_id, "name": live.version.manifest["name"]}


def _own(session: Session, by: Principal, todo_id: int, *, lock: bool = False) -> Todo:
    todo = session.get(Todo, todo_id, with_for_update=lock or None)
    if todo is None or todo.sender_id != _installation(by):
        raise NotFound
    return todo


def _installation(by: Principal) -> int:
    if by.installation_id is None:
        raise RuntimeError("only apps ask things of officials")
    return by.installation_id


def _may_ask(session: Session, by: Principal, official_id: int) -> bool:
    if by.reach is None:
        return False
    inside = select(Official.id).where(
        Official.id == official_id,
        Official.status == "active",
        audiences.holds_post(as_audience(by.reach), Official.id),
    )
    return session.scalar(inside) is not None


def _page_of_app(session: Session, by: Principal, link: str | None) -> str | None:
    """The whole address of a page on the app's own origin, which alone its frame shows."""
    if link is None:
        return None
    live = live_installation(session, _installation(by))
    entry = live.version.manifest["entry_url"] if live else ""
    try:
        address = urljoin(entry, link)
        parts = urlsplit(address)
        # Browsers take a backslash for a slash, and what stands before @ for a name.
        plain = "\\" not in address and "@" not in parts.netloc and len(address) <= LONGEST_LINK
        inside = plain and bool(parts.hostname) and origin_of(address) == origin_of(entry)
    except (ValueError, KeyError):
        inside = False
    if not inside or not link.isascii() or not link.isprintable():
        raise Invalid.at("/link", f"Must be an address on {origin_of(entry)}, or a path there")
    return address


def forget_old() -> None:
    """Delete what was settled long ago."""
    before = clock.now() - KEPT_FOR
    while True:
        with transaction() as session:
            old = select(Todo.id).where(Todo.settled_at < before).limit(FORGOTTEN_AT_ONCE)
            result: Any = session.execute(delete(Todo).where(Todo.id.in_(old)))
        if result.rowcount < FORGOTTEN_AT_ONCE:
            return
