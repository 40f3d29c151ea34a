"""Parts of conversations and messages in JSON: people, mentions, reactions, one's own keeping."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from zzd.api import Id, Moment, OfficialId, StrictSchema
from zzd.messaging.rules import MOST_MENTIONED
from zzd.orgtree.schemas import AudienceRequestSchema, AudienceSchema, OfficialRefSchema


def _example(value: Any) -> dict[str, Any]:
    return {"example": value}


class Switch(fields.Boolean):
    """True or false and nothing else; what the library takes for them includes 1 and "on"."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise ValidationError("Must be true or false.")
        return value


class PersonSchema(Schema):
    """Somebody, as they were named at the time."""

    id = OfficialId(metadata=_example("7"))
    name = fields.String(metadata=_example("陈海波"))


class SenderSchema(OfficialRefSchema):
    """Who said something: an official in their post of then, or a bot. One id of two is null."""

    id = OfficialId(allow_none=True, metadata={"description": "null: a bot", **_example("815")})
    bot_id = Id(allow_none=True, metadata={"description": "null: no bot"})
    app_id = Id(allow_none=True, metadata={"description": "null: no app that speaks for itself"})


class MentionsSchema(Schema):
    """Whom a message calls."""

    all = fields.Boolean()
    people = fields.List(fields.Nested(PersonSchema))
    audience = fields.Nested(AudienceSchema, allow_none=True)


class ReactionSchema(Schema):
    key = fields.String(metadata=_example("thumbs_up"))
    count = fields.Integer(metadata=_example(3))
    mine = fields.Boolean()


class ConfirmSchema(Schema):
    """A message asks its readers to confirm that they have read it."""

    confirmed_at = Moment(
        allow_none=True, metadata={"description": "When I did; null: not yet, and in events"}
    )


class DraftSchema(Schema):
    text = fields.String()
    reply_to_seq = fields.Integer(allow_none=True)
    updated_at = fields.String(metadata={"format": "date-time"})


class OwnSchema(Schema):
    """How its reader keeps a conversation; nobody else sees it."""

    pinned_at = Moment(allow_none=True)
    muted = fields.Boolean()
    marked_unread = fields.Boolean()
    draft = fields.Nested(DraftSchema, allow_none=True)


class MentionedSchema(Schema):
    count = fields.Integer(metadata=_example(1))
    seq = fields.Integer(metadata={"description": "The first of them", **_example(41)})


class MentionsRequestSchema(StrictSchema):
    """Whom to call; the text says so in words of its own."""

    official_ids = fields.List(
        OfficialId(),
        load_default=list,
        validate=validate.Length(0, MOST_MENTIONED),
        metadata=_example(["7"]),
    )
    all = Switch(load_default=False)
    audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
