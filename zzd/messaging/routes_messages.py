"""Messages, receipts and sync over HTTP, and the socket event ``read``."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from zzd.api import (
    Blueprint,
    Caller,
    PageQuerySchema,
    allow,
    created,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.messaging import lookups, messages, receipts, together
from zzd.messaging.schemas import (
    MessageQuerySchema,
    MessageRequestSchema,
    MessageSchema,
    ReadersQuerySchema,
    ReadEventSchema,
    ReadRequestSchema,
    ReadSchema,
    SyncQuerySchema,
    SyncSchema,
)
from zzd.messaging.sync import sync
from zzd.orgtree.schemas import OfficialRefSchema
from zzd.principal import Principal
from zzd.realtime.sockets import Sockets

blueprint = Blueprint("messages", "Messages, who has read them, and catching up")

Readers = page_schema(OfficialRefSchema, read=fields.Integer(), unread=fields.Integer())


@blueprint.route("/conversations/<id:conversation_id>/messages", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(MessageQuerySchema, location="query")
@blueprint.response(200, page_schema(MessageSchema))
def list_messages(query: dict[str, Any], conversation_id: int) -> Any:
    """A conversation's messages, ascending by `seq`

    With `after_seq` those that follow it, and `next` leads on to the newest; without it the last
    ones (before `before_seq`, if given), and `next` leads back to the oldest.
    """
    with reading() as session:
        return messages.list_messages(session, principal(), conversation_id, **query)


@blueprint.route("/conversations/<id:conversation_id>/messages", methods=["POST"])
@allow(Caller.OFFICIAL, scope="messages.send")
@blueprint.arguments(MessageRequestSchema)
@blueprint.response(201, MessageSchema)
@blueprint.alt_response(200, schema=MessageSchema, description="A repeat: the first result")
@blueprint.alt_response(403, description="not_permitted: announcements are for their issuers")
@blueprint.alt_response(409, description="idempotency_conflict")
def send_message(body: dict[str, Any], conversation_id: int) -> Any:
    """Send a message

    Once this is answered the message is safe on the disk. Resend with the same `client_id` after
    a failure of the network: there will be one message. Sending reads all that came before.
    """
    sent, fresh = together.send_message(principal(), conversation_id, **body)
    location = f"/conversations/{conversation_id}/messages/{sent['seq']}"
    return sent, 201 if fresh else 200, created(location)


@blueprint.route("/conversations/<id:conversation_id>/mentions", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(MessageSchema))
def list_mentions(query: dict[str, Any], conversation_id: int) -> Any:
    """Messages of a conversation that call me, the newest first"""
    with reading() as session:
        return lookups.list_mentions(session, principal(), conversation_id, **query)


@blueprint.route("/conversations/<id:conversation_id>/read", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReadRequestSchema)
@blueprint.response(200, ReadSchema)
def put_read_cursor(body: dict[str, Any], conversation_id: int) -> Any:
    """Say up to which message I have read

    It never goes back: a lower `seq` changes nothing.
    """
    with transaction() as session:
        return receipts.read_up_to(session, principal(), conversation_id, body["seq"])


@blueprint.route("/conversations/<id:conversation_id>/messages/<id:seq>/readers", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReadersQuerySchema, location="query")
@blueprint.response(200, Readers)
def list_readers(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Who has read a message, or who has not, and how many each

    Of those who belong to the conversation now, its sender aside; `unit_id` narrows it to a part
    of the organisation. In announcements for those who may post them.
    """
    with reading() as session:
        return receipts.page_readers(session, principal(), conversation_id, seq, **query)


@blueprint.route("/sync", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(SyncQuerySchema, location="query")
@blueprint.response(200, SyncSchema)
def get_sync(query: dict[str, Any]) -> Any:
    """What happened while I was away

    Without a cursor: all conversations. With the `cursor` of the last sync: those that changed
    since, those left, and the messages recalled; messages themselves are pulled by their `seq`
    ranges. A change may be told twice.
    """
    with reading(plainly=True) as session:
        return sync(session, principal(), query["cursor"])


def register_events(sockets: Sockets) -> None:
    @sockets.event("read", Caller.OFFICIAL, ReadEventSchema)
    def read(caller: Principal, data: dict[str, Any]) -> None:
        with transaction() as session:
            receipts.read_up_to(session, caller, data["conversation_id"], data["seq"])
