"""Bots over HTTP: those who manage a group, and the programs themselves."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from zzd.api import Blueprint, Caller, allow, created, no_content, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging.bots import bots, saying
from zzd.messaging.bots.rules import LARGEST_BODY
from zzd.messaging.bots.schemas import (
    BotChangeSchema,
    BotKeysSchema,
    BotMessageRequestSchema,
    BotMessageSchema,
    BotRequestSchema,
    BotSchema,
    SecretRequestSchema,
)

blueprint = Blueprint("bots", "Bots: programs that say something in a group")

BOTS = "/conversations/<id:conversation_id>/bots"
SIGNED = [
    {
        "in": "header",
        "name": name,
        "required": True,
        "schema": {"type": "string"},
        "description": description,
    }
    for name, description in (
        (saying.ID, "Yours, 1 to 64 characters; the same again sends nothing again"),
        (saying.TIMESTAMP, "Seconds since 1970, at most five minutes from now"),
        (saying.SIGNATURE, "v1, and the HMAC-SHA256 of id.timestamp.body in base64"),
    )
]


@blueprint.route(BOTS, methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, page_schema(BotSchema))
@blueprint.alt_response(409, description="not_a_group")
def list_bots(conversation_id: int) -> Any:
    """The bots of a group, for everybody in it"""
    with reading() as session:
        return bots.list_bots(session, principal(), conversation_id)


@blueprint.route(BOTS, methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BotRequestSchema)
@blueprint.response(201, BotKeysSchema)
@blueprint.alt_response(200, schema=BotKeysSchema, description="It was added before")
@blueprint.alt_response(409, description="too_many_bots, not_a_group, idempotency_conflict")
def add_bot(body: dict[str, Any], conversation_id: int) -> Any:
    """Add a bot to a group

    For its owner and admins. The address and the secret are answered here and never again.
    """
    with transaction() as session:
        made, fresh = bots.add_bot(session, principal(), conversation_id, **body)
    location = f"/conversations/{conversation_id}/bots"
    return made, 201 if fresh else 200, created(location)


@blueprint.route(f"{BOTS}/<id:bot_id>", methods=["PATCH"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BotChangeSchema)
@blueprint.response(200, BotSchema)
def change_bot(body: dict[str, Any], conversation_id: int, bot_id: int) -> Any:
    """Rename a bot, describe it, switch it off or on"""
    with transaction() as session:
        return bots.change_bot(session, principal(), conversation_id, bot_id, body)


@blueprint.route(f"{BOTS}/<id:bot_id>/secret", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(SecretRequestSchema)
@blueprint.response(200, BotKeysSchema)
@blueprint.alt_response(409, description="conflict: somebody else replaced it")
def rotate_secret(body: dict[str, Any], conversation_id: int, bot_id: int) -> Any:
    """Give a bot another secret; the one before is taken for 24 hours more"""
    with transaction() as session:
        return bots.rotate_secret(session, principal(), conversation_id, bot_id, **body)


@blueprint.route(f"{BOTS}/<id:bot_id>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def remove_bot(conversation_id: int, bot_id: int) -> Response:
    """Remove a bot for good"""
    with transaction() as session:
        bots.remove_bot(session, principal(), conversation_id, bot_id)
    return no_content()


@blueprint.route("/hooks/<string:token>", methods=["POST"])
@allow(Caller.ANYONE)
@blueprint.doc(
    parameters=SIGNED,
    security=[],
    requestBody={
        "required": True,
        "content": {"application/json": {"schema": BotMessageRequestSchema}},
    },
)
@blueprint.response(201, BotMessageSchema)
@blueprint.alt_response(200, schema=BotMessageSchema, description="It was sent before")
@blueprint.alt_response(401, description="bad_signature, stale_timestamp")
@blueprint.alt_response(403, description="bot_switched_off")
@blueprint.alt_response(409, description="idempotency_conflict")
@blueprint.alt_response(410, description="bot_gone")
@blueprint.alt_response(429, description="too_many_requests, with Retry-After")
def say_as_bot(token: str) -> Any:
    """Say something in a group, as the bot with this address

    For programs, without a session: the request is signed as Standard Webhooks are.
    """
    request.max_content_length = LARGEST_BODY
    signed = request.get_data()
    with reading(plainly=True) as session:
        bot, key = saying.recognise(session, token, request.headers, signed)
    body = blueprint.ARGUMENTS_PARSER.parse(BotMessageRequestSchema(), request, location="json")
    said, fresh = saying.say(bot, key, body)
    return said, 201 if fresh else 200
