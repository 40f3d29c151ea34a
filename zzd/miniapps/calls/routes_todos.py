"""To-dos over HTTP: apps ask, officials see theirs and are done with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    created,
    decode_cursor,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.miniapps.calls import todos
from zzd.miniapps.calls.schemas import (
    MyTodoSchema,
    TodoChangesSchema,
    TodoCountsSchema,
    TodoQuerySchema,
    TodoRequestSchema,
    TodoSchema,
)

blueprint = Blueprint("todos", "To-dos: what apps ask of officials")


@blueprint.route("/app/todos", methods=["POST"])
@allow(Caller.APP, scope=todos.SCOPE)
@blueprint.arguments(TodoRequestSchema)
@blueprint.response(201, TodoSchema)
@blueprint.alt_response(200, schema=TodoSchema, description="A repeat: the same to-do")
def add_app_todo(body: dict[str, Any]) -> Any:
    """Ask something of an official in the app's part"""
    with transaction() as session:
        todo, fresh = todos.add_todo(session, principal(), **body)
    return todo, 201 if fresh else 200, created(f"/app/todos/{todo['id']}")


@blueprint.route("/app/todos", methods=["GET"])
@allow(Caller.APP, scope=todos.SCOPE)
@blueprint.arguments(TodoQuerySchema, location="query")
@blueprint.response(200, page_schema(TodoSchema))
def list_app_todos(query: dict[str, Any]) -> dict[str, Any]:
    """What the app asked by this installation, the newest first"""
    return _page(todos.list_own, query)


@blueprint.route("/app/todos/<id:todo_id>", methods=["GET"])
@allow(Caller.APP, scope=todos.SCOPE)
@blueprint.response(200, TodoSchema)
def get_app_todo(todo_id: int) -> dict[str, Any]:
    """One to-do of this installation"""
    with reading() as session:
        return todos.read_own(session, principal(), todo_id)


@blueprint.route("/app/todos/<id:todo_id>", methods=["PATCH"])
@allow(Caller.APP, scope=todos.SCOPE)
@blueprint.arguments(TodoChangesSchema)
@blueprint.response(200, TodoSchema)
@blueprint.alt_response(409, description="todo_settled")
def change_app_todo(body: dict[str, Any], todo_id: int) -> dict[str, Any]:
    """Change it, say that it is done, or withdraw it"""
    with transaction() as session:
        return todos.change_todo(session, principal(), todo_id, body)


@blueprint.route("/todos", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(TodoQuerySchema, location="query")
@blueprint.response(200, page_schema(MyTodoSchema))
def list_my_todos(query: dict[str, Any]) -> dict[str, Any]:
    """What apps ask of me, the newest first"""
    return _page(todos.list_mine, query)


@blueprint.route("/todos/counts", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, TodoCountsSchema)
def count_my_todos() -> dict[str, Any]:
    """How many are open and late, in all and by app: the badges of the workbench"""
    with reading() as session:
        return todos.count_mine(session, principal())


@blueprint.route("/todos/<id:todo_id>/done", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, TodoSchema)
@blueprint.alt_response(409, description="todo_settled")
def finish_my_todo(todo_id: int) -> dict[str, Any]:
    """I have done it"""
    with transaction() as session:
        return todos.finish_todo(session, principal(), todo_id)


def _page(list_todos: Callable[..., list[dict[str, Any]]], query: dict[str, Any]) -> dict[str, Any]:
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        found = list_todos(
            session,
            principal(),
            state=query["state"],
            before_id=position[0] if position else None,
            limit=query["limit"],
        )
    return page(found, query["limit"], lambda todo: [todo["id"]])
