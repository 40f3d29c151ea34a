"""Scheduled messages over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import Blueprint, Caller, allow, created, no_content, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging.scheduled import messages
from zzd.messaging.scheduled.schemas import (
    ScheduledChangeSchema,
    ScheduledQuerySchema,
    ScheduledRequestSchema,
    ScheduledSchema,
)

blueprint = Blueprint("scheduled", "Messages to be sent later")


@blueprint.route("/conversations/<id:conversation_id>/scheduled", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ScheduledRequestSchema)
@blueprint.response(201, ScheduledSchema)
@blueprint.alt_response(
    200, schema=ScheduledSchema, description="A repeat: the first, as it is now"
)
@blueprint.alt_response(403, description="not_permitted: announcements are for their issuers")
@blueprint.alt_response(409, description="idempotency_conflict, too_many_scheduled")
def schedule_message(body: dict[str, Any], conversation_id: int) -> Any:
    """Have a message sent later

    In the post I act in now, at most five seconds after its time. My rights are looked at again
    then; should it fail, it is kept with the reason and can be sent again.
    """
    with transaction() as session:
        made, fresh = messages.schedule_message(session, principal(), conversation_id, body)
    return made, 201 if fresh else 200, created(f"/scheduled/{made['id']}")


@blueprint.route("/conversations/<id:conversation_id>/scheduled", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ScheduledQuerySchema, location="query")
@blueprint.response(200, page_schema(ScheduledSchema))
def list_scheduled_here(query: dict[str, Any], conversation_id: int) -> Any:
    """My scheduled messages in a conversation, by their times"""
    with reading() as session:
        return messages.list_scheduled(session, principal(), conversation_id, **query)


@blueprint.route("/scheduled", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ScheduledQuerySchema, location="query")
@blueprint.response(200, page_schema(ScheduledSchema))
def list_scheduled(query: dict[str, Any]) -> Any:
    """All my scheduled messages, by their times"""
    with reading() as session:
        return messages.list_scheduled(session, principal(), None, **query)


@blueprint.route("/scheduled/<id:scheduled_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, ScheduledSchema)
def get_scheduled(scheduled_id: int) -> Any:
    """One of my scheduled messages"""
    with reading() as session:
        found = messages.access_scheduled(session, principal(), scheduled_id, "scheduled.read")
        return messages.describe(found)


@blueprint.route("/scheduled/<id:scheduled_id>", methods=["PATCH"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ScheduledChangeSchema)
@blueprint.response(200, ScheduledSchema)
@blueprint.alt_response(409, description="scheduled_settled, too_many_scheduled")
def change_scheduled(body: dict[str, Any], scheduled_id: int) -> Any:
    """Change its words or its time; one that failed waits again"""
    with transaction() as session:
        return messages.change_scheduled(session, principal(), scheduled_id, body)


@blueprint.route("/scheduled/<id:scheduled_id>/sending", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, ScheduledSchema)
@blueprint.alt_response(409, description="scheduled_settled, too_many_scheduled")
def send_scheduled_now(scheduled_id: int) -> Any:
    """Send it now instead of at its time, or again after it failed"""
    with transaction() as session:
        return messages.send_now(session, principal(), scheduled_id)


@blueprint.route("/scheduled/<id:scheduled_id>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
@blueprint.alt_response(409, description="scheduled_settled: it was sent")
def cancel_scheduled(scheduled_id: int) -> Response:
    """Do not send it"""
    with transaction() as session:
        messages.cancel_scheduled(session, principal(), scheduled_id)
    return no_content()
