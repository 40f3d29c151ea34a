"""Commands over HTTP: officials ask, apps answer."""

from __future__ import annotations

from typing import Any

from flask import current_app

from zzd.api import Blueprint, Caller, allow, created, page_schema, principal
from zzd.db import reading, transaction
from zzd.miniapps.calls.policy import check_acts_for_itself
from zzd.miniapps.commanding import answering, invoking, offering
from zzd.miniapps.commanding.schemas import (
    AnsweredCommandSchema,
    CommandAnswerSchema,
    CommandCallSchema,
    CommandRequestSchema,
    CommandSchema,
)

blueprint = Blueprint("commands", "What people ask of apps by name, where they write")

COMMANDS = "/conversations/<id:conversation_id>/commands"


@blueprint.route(COMMANDS, methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, page_schema(CommandSchema))
def list_commands(conversation_id: int) -> Any:
    """What I can ask of my apps in a conversation"""
    with reading() as session:
        found = offering.list_commands(session, principal(), conversation_id)
    return {"items": found, "next": None}


@blueprint.route(COMMANDS, methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(CommandRequestSchema)
@blueprint.response(201, CommandCallSchema)
@blueprint.alt_response(200, schema=CommandCallSchema, description="A repeat: the same one")
@blueprint.alt_response(409, description="command_not_here, commands_waiting")
def invoke_command(body: dict[str, Any], conversation_id: int) -> Any:
    """Ask something of an app

    Nobody else sees it. The event `command.updated` says what the app answered, or that it did not.
    """
    key = current_app.config["SECRET_KEY"]
    with transaction() as session:
        call, fresh = invoking.invoke(session, principal(), conversation_id, key=key, **body)
    return call, 201 if fresh else 200, created(f"/command-calls/{call['id']}")


@blueprint.route("/command-calls/<id:call_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, CommandCallSchema)
def get_command_call(call_id: int) -> Any:
    """What became of my asking"""
    with reading() as session:
        return invoking.read_own(session, principal(), call_id)


@blueprint.route("/app/commands/<id:call_id>/answer", methods=["POST"])
@allow(Caller.APP, scope=offering.SCOPE)
@blueprint.arguments(CommandAnswerSchema)
@blueprint.response(200, AnsweredCommandSchema)
@blueprint.alt_response(409, description="command_settled, card_key_taken")
def answer_app_command(body: dict[str, Any], call_id: int) -> Any:
    """Answer a command, within 30 seconds: to whoever asked alone, or with a message or a card

    With the app's own token. The same answer again changes nothing.
    """
    check_acts_for_itself(principal())
    with transaction() as session:
        return answering.answer_command(session, principal(), call_id, body)
