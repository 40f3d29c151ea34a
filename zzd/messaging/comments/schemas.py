"""The shapes of comments in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, StrictSchema, Text, client_id_field
from zzd.messaging.parts import SenderSchema

LONGEST_COMMENT = 1000


class CommentSchema(Schema):
    """A comment. ``no`` counts without gaps under its message."""

    no = fields.Integer(metadata={"example": 3})
    sender = fields.Nested(SenderSchema)
    client_id = fields.String(allow_none=True, metadata={"description": "For its writer alone"})
    text = fields.String(allow_none=True, metadata={"description": "null once removed"})
    created_at = Moment()
    removed_at = Moment(allow_none=True)
    removed_by = fields.String(allow_none=True, metadata={"description": "The name of who did"})
    may_remove = fields.Boolean(metadata={"description": "Whether I may remove it"})


class CommentRequestSchema(StrictSchema):
    text = Text(LONGEST_COMMENT, required=True, metadata={"example": "石塘镇已收到"})
    client_id = client_id_field()


class CommentWatchSchema(StrictSchema):
    """The socket events ``comments.watch`` and ``comments.unwatch``."""

    conversation_id = Id(required=True)
    seq = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**63 - 1))
