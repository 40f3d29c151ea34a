"""How one keeps conversations for oneself, over HTTP."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading, transaction
from zzd.messaging.marks import notifications, own
from zzd.messaging.marks.schemas import (
    DraftAnswerSchema,
    DraftRequestSchema,
    NotificationsSchema,
    OwnChangeSchema,
)
from zzd.messaging.schemas import ConversationSchema
from zzd.messaging.views import describe_conversation

blueprint = Blueprint("own", "One's own conversations: on top, muted, drafts, quiet hours")


@blueprint.route("/conversations/<id:conversation_id>/my", methods=["PATCH"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(OwnChangeSchema)
@blueprint.response(200, ConversationSchema)
def change_own(body: dict[str, Any], conversation_id: int) -> Any:
    """Keep a conversation on top of my list, mute it, or mark it unread

    What is not given stays as it is. Only this call takes the mark away again.
    """
    with transaction() as session:
        own.keep_conversation(session, principal(), conversation_id, **body)
        return describe_conversation(session, principal(), conversation_id)


@blueprint.route("/conversations/<id:conversation_id>/draft", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DraftRequestSchema)
@blueprint.response(200, DraftAnswerSchema)
def put_draft(body: dict[str, Any], conversation_id: int) -> Any:
    """Keep what I began to write, for my other devices

    An empty text takes the draft away; sending a message does not.
    """
    with transaction() as session:
        return own.put_draft(session, principal(), conversation_id, **body)


@blueprint.route("/me/notifications", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, NotificationsSchema)
def get_notifications() -> Any:
    """How I want to be disturbed, and whether I do now"""
    with reading() as session:
        return notifications.get_settings(session, principal())


@blueprint.route("/me/notifications", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(NotificationsSchema)
@blueprint.response(200, NotificationsSchema)
def put_notifications(body: dict[str, Any]) -> Any:
    """Say how I want to be disturbed"""
    with transaction() as session:
        return notifications.put_settings(session, principal(), body)
