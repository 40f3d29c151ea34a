"""The shapes of reactions, pins, favourites, drafts and personal settings in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text
from zzd.messaging.parts import DraftSchema, PersonSchema, ReactionSchema, Switch
from zzd.messaging.rules import LONGEST_TEXT
from zzd.messaging.schemas import MessageSchema, PlainMessageSchema
from zzd.orgtree.schemas import OfficialRefSchema


class ReactionsSchema(Schema):
    reactions = fields.List(fields.Nested(ReactionSchema))


class ReactionQuerySchema(PageQuerySchema):
    key = fields.String(load_default=None, validate=validate.Regexp(r"^[a-z_]{1,16}\Z"))


class ReactorSchema(OfficialRefSchema):
    """Somebody who reacted."""

    key = fields.String(metadata={"example": "thumbs_up"})
    at = Moment()


class PinSchema(Schema):
    message = fields.Nested(MessageSchema)
    pinned_by = fields.Nested(PersonSchema)
    pinned_at = Moment()


class SavedInSchema(Schema):
    """The conversation that a favourite stands in."""

    id = Id()
    kind = fields.String()
    name = fields.String()


class FavouriteSchema(Schema):
    """A saved message; null, like its conversation, once I may not see it any more."""

    id = Id()
    conversation = fields.Nested(SavedInSchema, allow_none=True)
    message = fields.Nested(PlainMessageSchema, allow_none=True)
    saved_at = Moment()


class OwnChangeSchema(StrictSchema):
    pinned = Switch()
    muted = Switch()
    marked_unread = Switch()


class DraftRequestSchema(StrictSchema):
    text = Text(LONGEST_TEXT, shortest=0, required=True)
    reply_to_seq = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, 2**63 - 1)
    )
    origin = Text(
        64,
        load_default=None,
        metadata={"description": "What this client calls itself; the event carries it"},
    )


class DraftAnswerSchema(Schema):
    draft = fields.Nested(DraftSchema, allow_none=True)


def _clock_time(key: str, example: str) -> fields.String:
    return fields.String(
        required=True,
        data_key=key,
        validate=validate.Regexp(r"^([01][0-9]|2[0-3]):[0-5][0-9]\Z"),
        metadata={"example": example},
    )


class DoNotDisturbSchema(StrictSchema):
    """Hours in China's time; up to an earlier one is up to the next day's."""

    enabled = Switch(required=True)
    start = _clock_time("from", "22:00")
    end = _clock_time("to", "07:00")


class NotificationsSchema(StrictSchema):
    do_not_disturb = fields.Nested(DoNotDisturbSchema, required=True)
    sound = Switch(required=True)
    preview = Switch(required=True, metadata={"description": "Show the words of messages"})
    quiet_now = fields.Boolean(dump_only=True)
