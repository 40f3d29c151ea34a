"""The life of groups over HTTP."""

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
from zzd.messaging.groups import board, joining, life
from zzd.messaging.groups.schemas import (
    DecisionSchema,
    GroupCardSchema,
    JoinAskSchema,
    JoinRequestSchema,
    JoinRequestsQuerySchema,
    LifeSchema,
    NoticeAnswerSchema,
    NoticeRequestSchema,
    NoticeSchema,
)

blueprint = Blueprint("groups", "Groups: notices, joining, dissolving")

CONVERSATION = "/conversations/<id:conversation_id>"


@blueprint.route(f"{CONVERSATION}/notice", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, NoticeAnswerSchema)
def get_notice(conversation_id: int) -> Any:
    """What is put up for everybody in a conversation"""
    with reading() as session:
        return board.get_notice(session, principal(), conversation_id)


@blueprint.route(f"{CONVERSATION}/notice", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(NoticeRequestSchema)
@blueprint.response(200, NoticeAnswerSchema)
@blueprint.alt_response(409, description="not_a_group")
def put_notice(body: dict[str, Any], conversation_id: int) -> Any:
    """Put up a notice, or take it away

    For who manages the conversation.
    """
    with transaction() as session:
        return board.put_notice(session, principal(), conversation_id, body["text"])


@blueprint.route(f"{CONVERSATION}/notice/versions", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(NoticeSchema))
def list_notices(query: dict[str, Any], conversation_id: int) -> Any:
    """All notices there ever were, the newest first; an empty one took the notice away"""
    with reading() as session:
        return board.page_notices(session, principal(), conversation_id, **query)


@blueprint.route(f"{CONVERSATION}/life", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, LifeSchema)
@blueprint.alt_response(409, description="not_a_group")
def get_life(conversation_id: int) -> Any:
    """How a group takes people in"""
    with reading() as session:
        return life.describe_life(session, principal(), conversation_id)


@blueprint.route(CONVERSATION, methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
@blueprint.alt_response(409, description="not_a_group")
def dissolve_group(conversation_id: int) -> Response:
    """Dissolve a group

    For its owner. Nobody is in it any more; what was said is kept.
    """
    with transaction() as session:
        life.dissolve_group(session, principal(), conversation_id)
    return no_content()


@blueprint.route("/groups/<string:code>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, GroupCardSchema)
def get_group(code: str) -> Any:
    """The group with this code, for somebody who may want to join it"""
    with reading() as session:
        return joining.show_group(session, principal(), code)


@blueprint.route("/groups/<string:code>/requests", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(JoinAskSchema)
@blueprint.response(201, JoinRequestSchema)
@blueprint.alt_response(200, schema=JoinRequestSchema, description="There is an open one already")
@blueprint.alt_response(409, description="already_member")
def ask_to_join(body: dict[str, Any], code: str) -> Any:
    """Ask to join a group"""
    with transaction() as session:
        asked, fresh = joining.ask_to_join(session, principal(), code, body["text"])
    location = f"/conversations/{asked['conversation_id']}/join-requests"
    return asked, 201 if fresh else 200, created(location)


@blueprint.route(f"{CONVERSATION}/join-requests", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(JoinRequestsQuerySchema, location="query")
@blueprint.response(200, page_schema(JoinRequestSchema))
def list_join_requests(query: dict[str, Any], conversation_id: int) -> Any:
    """Who asks to join a group, for its owner and admins"""
    with reading() as session:
        return joining.page_requests(session, principal(), conversation_id, **query)


@blueprint.route(f"{CONVERSATION}/join-requests/<id:request_id>/decision", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DecisionSchema)
@blueprint.response(200, JoinRequestSchema)
@blueprint.alt_response(409, description="request_decided, not_a_group")
def decide_join_request(body: dict[str, Any], conversation_id: int, request_id: int) -> Any:
    """Take somebody in who asked, or not"""
    with transaction() as session:
        return joining.decide_request(
            session, principal(), conversation_id, request_id, approve=body["approve"]
        )
