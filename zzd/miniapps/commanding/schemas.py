"""What commands take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, StrictSchema, Text, client_id_field
from zzd.messaging.cards.schemas import KeyedCardSchema, Words
from zzd.miniapps.schemas import LocalizedSchema

LONGEST_ASKED, LONGEST_ANSWER, LONGEST_MESSAGE = 1000, 1000, 5000
WAITING, ANSWERED, FAILED = "waiting", "answered", "failed"


class CommandAppSchema(Schema):
    id = Id()
    app_id = fields.String()
    name = fields.Nested(LocalizedSchema)
    icon = fields.String(allow_none=True)


class CommandSchema(Schema):
    """What an app can be asked by name."""

    app = fields.Nested(CommandAppSchema)
    name = fields.String(metadata={"example": "add"})
    title = fields.Nested(LocalizedSchema)
    description = fields.Nested(LocalizedSchema, allow_none=True)


class CommandRequestSchema(StrictSchema):
    miniapp_id = Id(required=True)
    name = fields.String(required=True, validate=validate.Regexp(r"^[a-z][a-z0-9_]{0,63}\Z"))
    text = Text(
        LONGEST_ASKED, shortest=0, load_default="", metadata={"description": "What follows it"}
    )
    client_id = client_id_field()


class CommandCallSchema(Schema):
    """What became of my asking."""

    id = Id()
    conversation_id = Id()
    app = fields.Nested(CommandAppSchema)
    name = fields.String()
    text = fields.String()
    state = fields.String(validate=validate.OneOf([WAITING, ANSWERED, FAILED]))
    reason = fields.String(
        allow_none=True, metadata={"description": "no_answer, or app_gone: suspended meanwhile"}
    )
    answer = fields.String(allow_none=True, metadata={"description": "The app's words to me alone"})
    seq = fields.Integer(
        allow_none=True, metadata={"description": "The message it answered with, for everybody"}
    )
    created_at = Moment()
    answer_until = Moment(allow_none=True)
    settled_at = Moment(allow_none=True)


class AnswerMessageSchema(StrictSchema):
    text = Text(LONGEST_MESSAGE, required=True)


class CommandAnswerSchema(StrictSchema):
    """One of three: ``text`` for whoever asked alone, a ``message`` or a ``card`` for everybody."""

    text = Words(LONGEST_ANSWER)
    message = fields.Nested(AnswerMessageSchema)
    card = fields.Nested(KeyedCardSchema)

    @validates_schema
    def says_one_thing(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if len(data) != 1:
            raise ValidationError({"text": ["Give this, or message, or card."]})


class AnsweredCommandSchema(Schema):
    """As the app sees it."""

    id = Id()
    conversation_id = Id()
    state = fields.String()
    seq = fields.Integer(allow_none=True)
