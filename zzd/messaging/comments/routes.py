"""Comments over HTTP, and watching them."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import (
    Blueprint,
    Caller,
    PageQuerySchema,
    allow,
    created,
    no_content,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.messaging.comments import commenting
from zzd.messaging.comments.schemas import (
    CommentRequestSchema,
    CommentSchema,
    CommentWatchSchema,
)
from zzd.principal import Principal
from zzd.realtime import rooms
from zzd.realtime.sockets import Sockets

blueprint = Blueprint("comments", "What readers say under announcements")

COMMENTS = "/conversations/<id:conversation_id>/messages/<id:seq>/comments"


@blueprint.route(COMMENTS, methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(CommentSchema))
@blueprint.alt_response(409, description="not_an_announcement")
def list_comments(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Comments under an announcement, the newest first"""
    with reading() as session:
        return commenting.page_comments(session, principal(), conversation_id, seq, **query)


@blueprint.route(COMMENTS, methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(CommentRequestSchema)
@blueprint.response(201, CommentSchema)
@blueprint.alt_response(200, schema=CommentSchema, description="A repeat: the first result")
@blueprint.alt_response(
    409,
    description="comments_off, not_an_announcement, message_recalled, message_removed, "
    "idempotency_conflict",
)
def write_comment(body: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Say something under an announcement

    For everybody who may read it, while its channel takes comments.
    """
    with transaction() as session:
        written, fresh = commenting.write_comment(
            session, principal(), conversation_id, seq, **body
        )
    location = f"/conversations/{conversation_id}/messages/{seq}/comments"
    return written, 201 if fresh else 200, created(location)


@blueprint.route(f"{COMMENTS}/<id:no>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
@blueprint.alt_response(409, description="not_an_announcement")
def remove_comment(conversation_id: int, seq: int, no: int) -> Response:
    """Remove a comment: one's own, or any for who manages the channel

    Its place stays, with who removed it.
    """
    with transaction() as session:
        commenting.remove_comment(session, principal(), conversation_id, seq, no)
    return no_content()


def register_events(sockets: Sockets) -> None:
    """Who has the comments on their screen hears of each."""

    @sockets.event("comments.watch", Caller.OFFICIAL, CommentWatchSchema)
    def watch(caller: Principal, data: dict[str, Any]) -> dict[str, Any]:
        with reading() as session:
            commenting.check_may_watch(session, caller, **data)
        sockets.watch(rooms.comments(**data))
        return {"ok": True}

    @sockets.event("comments.unwatch", Caller.OFFICIAL, CommentWatchSchema)
    def unwatch(_caller: Principal, data: dict[str, Any]) -> dict[str, Any]:
        sockets.unwatch(rooms.comments(**data))
        return {"ok": True}
