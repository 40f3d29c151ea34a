"""Cards over HTTP: apps send and replace them, officials press their buttons."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, PageQuerySchema, allow, created, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging.cards import actions, cards
from zzd.messaging.cards.rules import SCOPE
from zzd.messaging.cards.schemas import (
    CardActionSchema,
    CardContentSchema,
    CardRequestSchema,
    CardSchema,
    PressSchema,
)

blueprint = Blueprint("cards", "Cards of mini-apps and their buttons")


@blueprint.route("/conversations/<id:conversation_id>/cards", methods=["POST"])
@allow(Caller.APP, scope=SCOPE)
@blueprint.arguments(CardRequestSchema)
@blueprint.response(201, CardSchema)
@blueprint.alt_response(200, schema=CardSchema, description="A repeat: the same card")
@blueprint.alt_response(409, description="card_key_taken, idempotency_conflict")
def send_card(body: dict[str, Any], conversation_id: int) -> Any:
    """Send a card as an app, in the name of its official

    Where the official may write. A card with a `key` is replaced under that key.
    """
    key, client_id = body.pop("key"), body.pop("client_id")
    with transaction() as session:
        card, fresh = cards.send_card(
            session, principal(), conversation_id, content=body, key=key, client_id=client_id
        )
    location = f"/conversations/{conversation_id}/cards/{key}" if key else ""
    return card, 201 if fresh else 200, created(location) if location else {}


@blueprint.route("/conversations/<id:conversation_id>/cards/<string:key>", methods=["GET"])
@allow(Caller.APP, scope=SCOPE)
@blueprint.response(200, CardSchema)
def get_card(conversation_id: int, key: str) -> Any:
    """A card that this app sent"""
    with reading() as session:
        return cards.read_card(session, principal(), conversation_id, key)


@blueprint.route("/conversations/<id:conversation_id>/cards/<string:key>", methods=["PUT"])
@allow(Caller.APP, scope=SCOPE)
@blueprint.arguments(CardContentSchema)
@blueprint.response(200, CardSchema)
@blueprint.alt_response(409, description="message_recalled")
def replace_card(body: dict[str, Any], conversation_id: int, key: str) -> Any:
    """Replace what a card of this app shows, where it stands

    Everybody sees it at once. The same content again changes nothing.
    """
    with transaction() as session:
        return cards.replace_card(session, principal(), conversation_id, key, body)


@blueprint.route("/conversations/<id:conversation_id>/messages/<id:seq>/actions", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PressSchema)
@blueprint.response(201, CardActionSchema)
@blueprint.alt_response(200, schema=CardActionSchema, description="A repeat: the same action")
@blueprint.alt_response(409, description="button_gone, card_not_live, press_waiting")
def press_card_button(body: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Press a button of a card

    The app is told at once; the event `card_action.updated` says what came of it.
    """
    with transaction() as session:
        action, fresh = actions.press_button(session, principal(), conversation_id, seq, **body)
    return action, 201 if fresh else 200, created(f"/conversations/{conversation_id}/card-actions")


@blueprint.route("/conversations/<id:conversation_id>/card-actions", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(CardActionSchema))
def list_my_card_actions(query: dict[str, Any], conversation_id: int) -> Any:
    """Buttons that I pressed in a conversation, the last first"""
    with reading() as session:
        return actions.page_actions(session, principal(), conversation_id, **query)
