"""The shapes of bots in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, Name, StrictSchema, Text, client_id_field
from zzd.messaging.bots.rules import LONGEST_DESCRIPTION, LONGEST_NAME
from zzd.messaging.parts import PersonSchema, Switch
from zzd.messaging.rules import LONGEST_TEXT, MOST_MENTIONED


class BotSchema(Schema):
    """A program that speaks in a group."""

    id = Id()
    conversation_id = Id()
    name = fields.String(metadata={"example": "水位监测"})
    description = fields.String()
    enabled = fields.Boolean()
    added_by = fields.Nested(PersonSchema)
    created_at = Moment()
    last_said_at = Moment(allow_none=True)
    secret_no = fields.Integer(metadata={"description": "Which secret counts: the first is 1"})
    old_secret_until = Moment(
        allow_none=True, metadata={"description": "Until then the secret before is taken, too"}
    )


class BotKeysSchema(BotSchema):
    """A bot with what its program needs. Nothing else ever answers these two."""

    url = fields.String(metadata={"example": "https://zzd.example/api/v1/hooks/…"})
    secret = fields.String(metadata={"example": "whsec_…"})


class BotRequestSchema(StrictSchema):
    name = Name(LONGEST_NAME, required=True, metadata={"example": "水位监测"})
    description = Text(LONGEST_DESCRIPTION, shortest=0, load_default="")
    client_id = client_id_field()


class BotChangeSchema(StrictSchema):
    name = Name(LONGEST_NAME)
    description = Text(LONGEST_DESCRIPTION, shortest=0)
    enabled = Switch()


class SecretRequestSchema(StrictSchema):
    replaces = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**31 - 2),
        metadata={"description": "The secret_no that one saw", "example": 1},
    )


class BotMentionsSchema(StrictSchema):
    """Whom a bot calls; the text says so in words of its own."""

    official_ids = fields.List(Id(), load_default=list, validate=validate.Length(0, MOST_MENTIONED))
    all = Switch(load_default=False)


class BotMessageRequestSchema(StrictSchema):
    """What a bot says. Its ``webhook-id`` is its key: a repeat with it sends nothing again."""

    text = Text(
        LONGEST_TEXT, required=True, metadata={"example": "石塘站水位 3.2 米，超警戒 0.4 米"}
    )
    mentions = fields.Nested(BotMentionsSchema, load_default=None, allow_none=True)


class BotMessageSchema(Schema):
    """Where it stands. A bot reads nothing, not even what became of it."""

    conversation_id = Id()
    seq = fields.Integer(metadata={"example": 42})
    created_at = Moment()
