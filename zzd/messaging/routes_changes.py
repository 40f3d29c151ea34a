"""What happens to messages after they were sent, over HTTP: recalled, edited, forwarded."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from zzd.api import Blueprint, Caller, Id, PageQuerySchema, allow, created, page_schema, principal
from zzd.db import reading, transaction
from zzd.messaging import changes, forwards, kinds, lookups
from zzd.messaging.forwards import ForwardRequestSchema
from zzd.messaging.marks.emoji import EMOJI
from zzd.messaging.parts import SenderSchema
from zzd.messaging.rules import LONGEST_TEXT, MOST_FORWARDED, MOST_PINS
from zzd.messaging.schemas import EditRequestSchema, MessageSchema, MessageVersionSchema

blueprint = Blueprint("changes", "Messages recalled, edited and forwarded")

MESSAGE = "/conversations/<id:conversation_id>/messages/<id:seq>"


class RecordQuerySchema(Schema):
    record_id = Id(load_default=None, metadata={"description": "One nested in the message's own"})


class RecordItemSchema(Schema):
    """A message as it was when it was forwarded."""

    sender = fields.Nested(SenderSchema)
    created_at = fields.String(metadata={"format": "date-time"})
    kind = fields.String(metadata={"example": kinds.TEXT})
    text = fields.String()
    content = fields.Dict(allow_none=True)


class EmojiSchema(Schema):
    key = fields.String(metadata={"example": "thumbs_up"})
    emoji = fields.String(metadata={"example": "👍"})
    name = fields.String(metadata={"example": "赞"})


class MessagingSettingsSchema(Schema):
    """What a client needs to know of the rules. Times are seconds."""

    recall_within = fields.Integer(metadata={"example": 120})
    edit_within = fields.Integer(metadata={"example": 86400})
    reactions = fields.List(fields.Nested(EmojiSchema))
    most_pins = fields.Integer(metadata={"example": MOST_PINS})
    most_forwarded = fields.Integer(metadata={"example": MOST_FORWARDED})
    longest_text = fields.Integer(metadata={"example": LONGEST_TEXT})


@blueprint.route("/messaging/settings", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, MessagingSettingsSchema)
def get_messaging_settings() -> Any:
    """How long messages may be recalled and edited, which reactions there are, how much fits"""
    return {
        "recall_within": changes.settings().recall_within,
        "edit_within": changes.settings().edit_within,
        "reactions": [
            {"key": key, "emoji": emoji, "name": name} for key, (emoji, name) in EMOJI.items()
        ],
        "most_pins": MOST_PINS,
        "most_forwarded": MOST_FORWARDED,
        "longest_text": LONGEST_TEXT,
    }


@blueprint.route(MESSAGE, methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, MessageSchema)
def get_message(conversation_id: int, seq: int) -> Any:
    """One message"""
    with reading() as session:
        return lookups.get_message(session, principal(), conversation_id, seq)


@blueprint.route(MESSAGE, methods=["PATCH"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(EditRequestSchema)
@blueprint.response(200, MessageSchema)
@blueprint.alt_response(409, description="edit_window_passed, message_recalled, not_editable")
def edit_message(body: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """Change the words of one's own message, within the time set

    What it said before is kept and shown to whoever may see the message. It calls whom it
    called when it was sent.
    """
    with transaction() as session:
        return changes.edit_message(session, principal(), conversation_id, seq, body["text"])


@blueprint.route(f"{MESSAGE}/versions", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(MessageVersionSchema))
def list_versions(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """What a message said from when on, the first words first; nothing once it is recalled"""
    with reading() as session:
        return changes.page_versions(session, principal(), conversation_id, seq, **query)


@blueprint.route(f"{MESSAGE}/recall", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, MessageSchema)
@blueprint.alt_response(409, description="recall_window_passed")
def recall_message(conversation_id: int, seq: int) -> Any:
    """Recall one's own message within the time set; who manages the conversation anybody's

    Its text is shown to nobody again, in replies to it neither; its place in the order stays,
    with who recalled it.
    """
    with transaction() as session:
        return changes.recall_message(session, principal(), conversation_id, seq)


@blueprint.route("/conversations/<id:conversation_id>/forwards", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ForwardRequestSchema)
@blueprint.response(201, page_schema(MessageSchema))
@blueprint.alt_response(200, schema=page_schema(MessageSchema), description="A repeat")
@blueprint.alt_response(409, description="idempotency_conflict")
def forward_messages(body: dict[str, Any], conversation_id: int) -> Any:
    """Say messages of another conversation again here, each by itself

    Several as one record are a message of the kind `forward`, whose content names the
    conversation and the numbers.
    """
    with transaction() as session:
        sent, fresh = forwards.forward_singly(
            session,
            principal(),
            conversation_id,
            from_id=body["conversation_id"],
            seqs=body["seqs"],
            client_id=body["client_id"],
        )
    first = sent["items"][0]["seq"]
    location = f"/conversations/{conversation_id}/messages?after_seq={first - 1}"
    return sent, 201 if fresh else 200, created(location)


@blueprint.route(f"{MESSAGE}/record", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RecordQuerySchema, location="query")
@blueprint.response(200, page_schema(RecordItemSchema, title=fields.String()))
def get_record(query: dict[str, Any], conversation_id: int, seq: int) -> Any:
    """The messages that a record was made of, as they were then"""
    with reading() as session:
        return forwards.read_record(session, principal(), conversation_id, seq, query["record_id"])
