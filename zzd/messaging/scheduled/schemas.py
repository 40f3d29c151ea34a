"""The shapes of scheduled messages in JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text
from zzd.messaging.rules import LONGEST_TEXT
from zzd.messaging.schemas import MessageRequestSchema

STATES = ("waiting", "sent", "failed", "cancelled")


class ScheduledRequestSchema(MessageRequestSchema):
    """A message as one sends it, and when."""

    class Meta(StrictSchema.Meta):
        # Who confirms an announcement is counted from its sending on, which has no screen here yet.
        exclude = ("confirm",)

    at = Moment(required=True, metadata={"description": "In the future, at most a year ahead"})

    @post_load
    def load_content(self, data: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        """Checked, but kept as it came: it is loaded again when it is sent."""
        super().load_content(data, **kwargs)
        return data


class ScheduledChangeSchema(StrictSchema):
    """What is left out stays. The kind stays always."""

    text = Text(LONGEST_TEXT, shortest=0)
    content = fields.Raw(metadata={"type": ["object", "null"]})
    at = Moment()

    @validates_schema
    def changes_something(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data:
            raise ValidationError("Nothing to change.")


class ScheduledQuerySchema(PageQuerySchema):
    state = fields.String(
        load_default="pending",
        validate=validate.OneOf([*STATES, "pending", "any"]),
        metadata={"description": "pending: waiting or failed"},
    )


class FailureSchema(Schema):
    code = fields.String(metadata={"example": "not_found"})
    detail = fields.String()


class ScheduledSchema(Schema):
    """A message that waits for its time, or what became of it."""

    id = Id()
    conversation_id = Id()
    kind = fields.String()
    text = fields.String()
    content = fields.Dict(allow_none=True)
    reply_to_seq = fields.Integer(allow_none=True)
    at = Moment()
    state = fields.String(validate=validate.OneOf(STATES))
    failure = fields.Nested(FailureSchema, allow_none=True)
    seq = fields.Integer(allow_none=True, metadata={"description": "Its number, once sent"})
    created_at = Moment()
    client_id = fields.String()
