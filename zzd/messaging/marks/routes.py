"""Reactions, pins and favourites over HTTP."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import (
    Blueprint,
    Caller,
    PageQuerySchema,
    allow,
    no_content,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.messaging.marks import favourites, pins, reactions
from zzd.messaging.marks.schemas import (
    FavouriteSchema,
    PinSchema,
    ReactionQuerySchema,
    ReactionsSchema,
    ReactorSchema,
)

blueprint = Blueprint("marks", "Reactions, pins and favourites")

MESSAGE = "/conversations/<id:conversation_id>/messages/<id:seq>"
PIN = "/conversations/<id:conversation_id>/pins/<id:seq>"
Pins = page_schema(PinSchema)


@blueprint.route(f"{MESSAGE}/reactions/<string:key>", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, ReactionsSchema)
@blueprint.alt_response(409, description="message_recalled, too_many_reactions")
def put_reaction(conversation_id: int, seq: int, key: str) -> Any:
    """React to a message

    `GET /messaging/settings` names the reactions there are. A person gives a message each of
    them once, and at most five different ones.
    """
    with transaction() as session:
        return reactions.add_reaction(session, principal(), conversation_id, seq, key)


@blueprint.route(f"{MESSAGE}/reactions/<string:key>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, ReactionsSchema)
def delete_reaction(conversation_id: int, seq: int, key: str) -> Any:
    """Take one's reaction back"""
    with transaction() as session:
        return reactions.remove_reaction(session, principal(), conversation_id, seq, key)


@blueprint.route(f"{MESSAGE}/reactions", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReactionQuerySchema, location="query")
@blueprint.response(200, page_schema(ReactorSchema))
def list_reactions(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Who reacted to a message, the first first

    In announcements for those who may post them.
    """
    with reading() as session:
        return reactions.page_reactions(session, principal(), conversation_id, seq, **query)


@blueprint.route("/conversations/<id:conversation_id>/pins", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, Pins)
def list_pins(conversation_id: int) -> Any:
    """The messages pinned in a conversation, the newest pin first; at most twenty"""
    with reading() as session:
        return pins.list_pins(session, principal(), conversation_id)


@blueprint.route(PIN, methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, Pins)
@blueprint.alt_response(409, description="too_many_pins, message_recalled")
def put_pin(conversation_id: int, seq: int) -> Any:
    """Pin a message for everybody in the conversation

    For who manages it; in a direct conversation for either of the two. Answers with all pins.
    """
    with transaction() as session:
        pins.pin_message(session, principal(), conversation_id, seq)
        return pins.list_pins(session, principal(), conversation_id)


@blueprint.route(PIN, methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, Pins)
def delete_pin(conversation_id: int, seq: int) -> Any:
    """Unpin a message; answers with the pins that are left"""
    with transaction() as session:
        pins.unpin_message(session, principal(), conversation_id, seq)
        return pins.list_pins(session, principal(), conversation_id)


@blueprint.route(f"{MESSAGE}/favourite", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def put_favourite(conversation_id: int, seq: int) -> Response:
    """Save a message for myself"""
    with transaction() as session:
        favourites.save_message(session, principal(), conversation_id, seq)
    return no_content()


@blueprint.route(f"{MESSAGE}/favourite", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def delete_favourite_of_message(conversation_id: int, seq: int) -> Response:
    """Save a message no longer"""
    with transaction() as session:
        favourites.forget_message(session, principal(), conversation_id, seq)
    return no_content()


@blueprint.route("/favourites", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(FavouriteSchema))
def list_favourites(query: dict[str, Any]) -> Any:
    """Messages I saved, the newest first

    What I may not see any more, or was recalled, is not shown here either.
    """
    with reading() as session:
        return favourites.page_favourites(session, principal(), **query)


@blueprint.route("/favourites/<id:favourite_id>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def delete_favourite(favourite_id: int) -> Response:
    """Save a message no longer, whether I may still see it or not"""
    with transaction() as session:
        favourites.forget_favourite(session, principal(), favourite_id)
    return no_content()
