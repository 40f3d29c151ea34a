"""The shapes of a group's life in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text
from zzd.messaging.parts import PersonSchema, Switch
from zzd.orgtree.schemas import OfficialRefSchema

LONGEST_NOTICE, LONGEST_REASON = 2000, 200
REQUEST_STATES = ("open", "approved", "declined")


class NoticeSchema(Schema):
    """What is put up for everybody in a conversation."""

    text = fields.String(metadata={"example": "今晚八点视频点名"})
    by = fields.Nested(PersonSchema)
    at = Moment()


class NoticeAnswerSchema(Schema):
    notice = fields.Nested(NoticeSchema, allow_none=True)


class NoticeRequestSchema(StrictSchema):
    text = Text(
        LONGEST_NOTICE,
        shortest=0,
        required=True,
        metadata={"description": "An empty one takes the notice away"},
    )


class LifeSchema(Schema):
    """How a group takes people in."""

    welcome = fields.String(allow_none=True)
    joinable = fields.Boolean()
    join_code = fields.String(
        allow_none=True, metadata={"description": "For those who manage the group"}
    )
    open_requests = fields.Integer(
        allow_none=True, metadata={"description": "For those who manage the group"}
    )


class GroupCardSchema(Schema):
    """A group as somebody outside sees it who has its code."""

    id = Id()
    name = fields.String(metadata={"example": "石塘防汛群"})
    members = fields.Integer(metadata={"example": 12})
    joined = fields.Boolean()
    requested = fields.Boolean()


class JoinAskSchema(StrictSchema):
    text = Text(LONGEST_REASON, shortest=0, load_default="")


class JoinRequestSchema(Schema):
    id = Id()
    conversation_id = Id()
    official = fields.Nested(OfficialRefSchema)
    text = fields.String()
    state = fields.String(validate=validate.OneOf(REQUEST_STATES))
    created_at = Moment()
    decided_at = Moment(allow_none=True)
    decided_by = fields.Nested(PersonSchema, allow_none=True)


class JoinRequestsQuerySchema(PageQuerySchema):
    state = fields.String(load_default="open", validate=validate.OneOf(REQUEST_STATES))


class DecisionSchema(StrictSchema):
    approve = Switch(required=True)
