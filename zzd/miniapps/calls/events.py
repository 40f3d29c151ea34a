"""What calls in push."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.miniapps.calls.models import Todo
from zzd.miniapps.calls.schemas import TodoSchema
from zzd.realtime import outbox, rooms

TODO_UPDATED = "todo.updated"


def todo_updated(session: Session, shown: dict[str, Any], todo: Todo) -> None:
    """To the official's devices, and to the installation that asked, if its app wants to hear of
    it. The data is the to-do as the app's list has it."""
    data = {"todo": TodoSchema().dump(shown), "todo_id": str(todo.id)}
    to = [rooms.official(todo.official_id), rooms.installation(todo.sender_id)]
    outbox.publish(session, TODO_UPDATED, data, rooms=to)
