"""Calls in over HTTP: an app's storage, events with its own token, and the log for its developer."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    created,
    decode_cursor,
    no_content,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.messaging import speaking
from zzd.messaging.schemas import MessageSchema
from zzd.miniapps.calls import log, storage
from zzd.miniapps.calls.policy import check_acts_for_itself, installation_of
from zzd.miniapps.calls.schemas import (
    AppCallSchema,
    AppMessageSchema,
    CallQuerySchema,
    EntryBodySchema,
    EntryQuerySchema,
    EntrySchema,
    EntryVersionSchema,
)
from zzd.miniapps.hooks import polling
from zzd.miniapps.hooks.policy import access_developed_app
from zzd.miniapps.hooks.schemas import (
    AcknowledgedSchema,
    AckSchema,
    EventQuerySchema,
    EventsSchema,
)

blueprint = Blueprint(
    "app_calls", "What apps keep and hear with their tokens, and the log of calls"
)

KEY = "/app/storage/<storage_key:key>"


@blueprint.route("/app/storage", methods=["GET"])
@allow(Caller.APP)
@blueprint.arguments(EntryQuerySchema, location="query")
@blueprint.response(200, page_schema(EntrySchema))
def list_app_storage(query: dict[str, Any]) -> dict[str, Any]:
    """What the app keeps for this installation, by key"""
    position = decode_cursor(query["cursor"], str)
    with reading() as session:
        found = storage.list_entries(
            session,
            installation_of(principal()),
            prefix=query["prefix"],
            after_key=position[0] if position else None,
            limit=query["limit"],
        )
        listed = page(found, query["limit"], lambda entry: [entry.key])
        return {**listed, "items": [storage.describe(entry) for entry in listed["items"]]}


@blueprint.route(KEY, methods=["GET"])
@allow(Caller.APP)
@blueprint.response(200, EntrySchema)
def get_app_storage(key: str) -> dict[str, Any]:
    """One value"""
    with reading() as session:
        return storage.read_entry(session, installation_of(principal()), key)


@blueprint.route(KEY, methods=["PUT"])
@allow(Caller.APP)
@blueprint.arguments(EntryBodySchema)
@blueprint.response(200, EntrySchema)
@blueprint.alt_response(409, description="entry_changed, storage_full")
def put_app_storage(body: dict[str, Any], key: str) -> Any:
    """Keep a value, if it is still at the version that was seen"""
    with transaction() as session:
        entry, fresh = storage.write_entry(session, installation_of(principal()), key, **body)
    return entry, 201 if fresh else 200, created(f"/app/storage/{key}")


@blueprint.route(KEY, methods=["DELETE"])
@allow(Caller.APP)
@blueprint.arguments(EntryVersionSchema, location="query")
@blueprint.response(204)
@blueprint.alt_response(409, description="entry_changed")
def delete_app_storage(query: dict[str, Any], key: str) -> Response:
    """Delete a value, if it is still at the version that was seen"""
    with transaction() as session:
        storage.delete_entry(session, installation_of(principal()), key, version=query["version"])
    return no_content()


@blueprint.route("/app/conversations/<id:conversation_id>/messages", methods=["POST"])
@allow(Caller.APP, scope="messages.send")
@blueprint.arguments(AppMessageSchema)
@blueprint.response(201, MessageSchema)
@blueprint.alt_response(200, schema=MessageSchema, description="A repeat: the same message")
def say_as_app(body: dict[str, Any], conversation_id: int) -> Any:
    """Say something under the app's own name, in an org group within its part

    With the app's own token, not one for an official.
    """
    check_acts_for_itself(principal())
    with transaction() as session:
        message, fresh = speaking.say(session, principal(), conversation_id, **_said(body))
    return message, 201 if fresh else 200


def _said(body: dict[str, Any]) -> dict[str, Any]:
    """With files it is a message of that kind."""
    files = [{"id": id_, "voice": None} for id_ in body.pop("files")]
    return {**body, "kind": "file", "content": {"files": files}} if files else body


@blueprint.route("/app/events", methods=["GET"])
@allow(Caller.APP)
@blueprint.arguments(EventQuerySchema, location="query")
@blueprint.response(200, EventsSchema)
@blueprint.alt_response(409, description="too_many_cursors")
@blueprint.alt_response(410, description="events_expired")
def poll_app_events(query: dict[str, Any]) -> dict[str, Any]:
    """Events that this installation may see, after what this cursor acknowledged

    With the app's own token, not one for an official.
    """
    app_id, installation_id = check_acts_for_itself(principal())
    return polling.poll(
        app_id,
        name=_name(installation_id, query["cursor"]),
        limit=query["limit"],
        wait=query["wait"],
        installation_id=installation_id,
    )


@blueprint.route("/app/events/ack", methods=["POST"])
@allow(Caller.APP)
@blueprint.arguments(AckSchema)
@blueprint.response(200, AcknowledgedSchema)
def acknowledge_app_events(body: dict[str, Any]) -> dict[str, Any]:
    """What came up to there is dealt with"""
    app_id, installation_id = check_acts_for_itself(principal())
    with transaction() as session:
        name = _name(installation_id, body["cursor"])
        return polling.acknowledge(session, app_id, name=name, upto=body["ack"])


def _name(installation_id: int, cursor: str) -> str:
    """Cursors of several installations are several."""
    return f"{installation_id}/{cursor}"


@blueprint.route("/miniapps/<id:miniapp_id>/calls", methods=["GET"])
@allow(Caller.ACCOUNT, roles=["app_developer"])
@blueprint.arguments(CallQuerySchema, location="query")
@blueprint.response(200, page_schema(AppCallSchema))
def list_app_calls(query: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Calls with the tokens of an app of mine, the newest first; kept for 14 days"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        access_developed_app(session, principal(), miniapp_id)
        found = log.list_calls(
            session,
            miniapp_id,
            failed=query["failed"],
            before_id=position[0] if position else None,
            limit=query["limit"],
        )
        return page(found, query["limit"], lambda call: [call.id])
