"""Conversations and the people in them over HTTP."""

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
from zzd.messaging import conversations, members, policy, views
from zzd.messaging.groups import life
from zzd.messaging.schemas import (
    ConversationChangeSchema,
    ConversationQuerySchema,
    ConversationRequestSchema,
    ConversationSchema,
    MemberSchema,
    MembersRequestSchema,
    RoleRequestSchema,
)

blueprint = Blueprint("conversations", "Conversations: direct, groups, org groups, announcements")


@blueprint.route("/conversations", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ConversationQuerySchema, location="query")
@blueprint.response(200, page_schema(ConversationSchema))
def list_conversations(query: dict[str, Any]) -> Any:
    """My conversations, the newest activity first

    Or only those that I keep on top of my list.
    """
    with reading() as session:
        return conversations.list_conversations(session, principal(), **query)


@blueprint.route("/conversations", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ConversationRequestSchema)
@blueprint.response(201, ConversationSchema)
@blueprint.alt_response(200, schema=ConversationSchema, description="There is one already")
@blueprint.alt_response(403, description="not_permitted: no grant covers the audience")
@blueprint.alt_response(409, description="idempotency_conflict")
def create_conversation(body: dict[str, Any]) -> Any:
    """Start a conversation

    Direct with one official (there is one for each pair, for ever), a group of named members, an
    org group of everybody in an audience, or announcements to an audience. Who belongs to the
    last two follows from the tree by itself.
    """
    with transaction() as session:
        made, fresh = conversations.start_conversation(session, principal(), body)
    return made, 201 if fresh else 200, created(f"/conversations/{made['id']}")


@blueprint.route("/conversations/<id:conversation_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, ConversationSchema)
def get_conversation(conversation_id: int) -> Any:
    """One of my conversations"""
    with reading() as session:
        policy.access_conversation(session, principal(), conversation_id)
        return views.describe_conversation(session, principal(), conversation_id)


@blueprint.route("/conversations/<id:conversation_id>", methods=["PATCH"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ConversationChangeSchema)
@blueprint.response(200, ConversationSchema)
def rename_conversation(body: dict[str, Any], conversation_id: int) -> Any:
    """Rename a group, greet newcomers, open it to those who ask

    For its owner and admins; where an audience decides, for those who may address it. What is
    not given stays as it is.
    """
    with transaction() as session:
        life.change_conversation(session, principal(), conversation_id, **body)
        return views.describe_conversation(session, principal(), conversation_id)


@blueprint.route("/conversations/<id:conversation_id>/members", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(MemberSchema))
def list_members(query: dict[str, Any], conversation_id: int) -> Any:
    """Who belongs to a conversation now"""
    with reading() as session:
        return members.page_members(session, principal(), conversation_id, **query)


@blueprint.route("/conversations/<id:conversation_id>/members", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(MembersRequestSchema)
@blueprint.response(200, ConversationSchema)
@blueprint.alt_response(409, description="not_a_group")
def add_members(body: dict[str, Any], conversation_id: int) -> Any:
    """Add people to a group

    They see what is said from now on. At most 1,000 people are in a group; for more there are
    org groups. Whoever is in it already stays as they are.
    """
    with transaction() as session:
        members.add_members(session, principal(), conversation_id, body["official_ids"])
        session.flush()
        return views.describe_conversation(session, principal(), conversation_id)


@blueprint.route("/conversations/<id:conversation_id>/members/<id:official_id>", methods=["PATCH"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RoleRequestSchema)
@blueprint.response(200, ConversationSchema)
@blueprint.alt_response(409, description="owner_must_hand_over, not_a_group")
def change_member_role(body: dict[str, Any], conversation_id: int, official_id: int) -> Any:
    """Give a member another role

    For the owner, who becomes an admin by making somebody else the owner.
    """
    with transaction() as session:
        members.change_role(session, principal(), conversation_id, official_id, body["role"])
        session.flush()
        return views.describe_conversation(session, principal(), conversation_id)


@blueprint.route("/conversations/<id:conversation_id>/members/<id:official_id>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def remove_member(conversation_id: int, official_id: int) -> Response:
    """Put somebody out of a group"""
    with transaction() as session:
        members.remove_member(session, principal(), conversation_id, official_id)
    return no_content()


@blueprint.route("/conversations/<id:conversation_id>/members/me", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
@blueprint.alt_response(409, description="owner_must_hand_over, not_a_group")
def leave_conversation(conversation_id: int) -> Response:
    """Leave a group

    Its owner makes somebody else the owner first, unless nobody else is left.
    """
    with transaction() as session:
        members.leave_group(session, principal(), conversation_id)
    return no_content()
