"""What the routes of keeping, holding and taking out take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.messaging.parts import PersonSchema, Switch
from zzd.messaging.rules import BY_AUDIENCE, NAMED
from zzd.orgtree.schemas import AudienceRequestSchema, AudienceSchema

KINDS = (*NAMED, *BY_AUDIENCE)
LONGEST_KEPT = 36_500
LONGEST_REASON = 500
STATES = ("waiting", "running", "ready", "failed", "expired")


class RuleBodySchema(StrictSchema):
    """For how long which messages are kept."""

    name = Text(100, required=True, metadata={"example": "群聊保存三年"})
    conversation_kinds = fields.List(
        fields.String(validate=validate.OneOf(KINDS)),
        load_default=list,
        validate=validate.Length(max=len(KINDS)),
        metadata={"description": "None named: all", "example": ["group"]},
    )
    message_kinds = fields.List(
        Text(12),
        load_default=list,
        validate=validate.Length(max=20),
        metadata={"description": "None named: all", "example": ["file"]},
    )
    audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
    keep_days = fields.Integer(
        required=True,
        strict=True,
        allow_none=True,
        validate=validate.Range(1, LONGEST_KEPT),
        metadata={"description": "null: for good", "example": 1095},
    )


class RuleRequestSchema(RuleBodySchema):
    client_id = client_id_field()


class TrialRequestSchema(RuleBodySchema):
    """A rule to try, in place of the one it would change, if it would."""

    rule_id = Id(load_default=None, allow_none=True)
    cursor = fields.String(load_default=None, allow_none=True)


class TrialSchema(Schema):
    """What of the messages looked at would go today. Add up the answers until ``next`` is null."""

    messages = fields.Integer(metadata={"example": 1280})
    files = fields.Integer(metadata={"description": "That no other message carries"})
    held = fields.Integer(metadata={"description": "That would go too but for a hold"})
    looked_at = fields.Float(metadata={"description": "The part of all messages, 0 to 1"})
    next = fields.String(allow_none=True)


class RuleSchema(Schema):
    id = Id()
    name = fields.String()
    conversation_kinds = fields.List(fields.String())
    message_kinds = fields.List(fields.String())
    audience = fields.Nested(AudienceSchema, allow_none=True)
    keep_days = fields.Integer(allow_none=True)
    by = fields.String(metadata={"description": "The account that made or last changed it"})
    created_at = Moment()
    changed_at = Moment()


class HoldRequestSchema(StrictSchema):
    """What must stay: exactly one of a conversation, an official and an audience."""

    conversation_id = Id(load_default=None, allow_none=True)
    official_id = Id(load_default=None, allow_none=True)
    audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
    reason = Text(LONGEST_REASON, required=True, metadata={"example": "信访件 2026-17 调查取证"})
    client_id = client_id_field()

    @validates_schema
    def one_of_three(self, data: dict[str, Any], **_kwargs: Any) -> None:
        named = [data[each] for each in ("conversation_id", "official_id", "audience")]
        if sum(each is not None for each in named) != 1:
            raise ValidationError("Name a conversation, an official or an audience, one of them.")


class ReleaseRequestSchema(StrictSchema):
    reason = Text(LONGEST_REASON, required=True)


class HoldQuerySchema(PageQuerySchema):
    released = fields.Boolean(load_default=None, metadata={"description": "Default: both"})


class PlaceSchema(Schema):
    """A conversation, named for who is not in it."""

    id = Id()
    kind = fields.String(validate=validate.OneOf(KINDS))
    name = fields.String()


class HoldSchema(Schema):
    """One of ``conversation``, ``official`` and ``audience`` is set."""

    id = Id()
    conversation = fields.Nested(PlaceSchema, allow_none=True)
    official = fields.Nested(PersonSchema, allow_none=True)
    audience = fields.Nested(AudienceSchema, allow_none=True)
    reason = fields.String()
    placed_by = fields.String()
    placed_at = Moment()
    released_at = Moment(allow_none=True)
    released_by = fields.String(allow_none=True)
    release_reason = fields.String(allow_none=True)


class PlaceQuerySchema(PageQuerySchema):
    """Exactly one of the two."""

    official_id = Id(load_default=None, metadata={"description": "Who is or was in it"})
    unit_id = Id(load_default=None, metadata={"description": "Whose audience it has"})

    @validates_schema
    def one_of_two(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if (data["official_id"] is None) == (data["unit_id"] is None):
            raise ValidationError("Name an official or a unit, one of them.")


class FoundPlaceSchema(PlaceSchema):
    members = fields.Integer(allow_none=True)
    last_seq = fields.Integer()
    held = fields.Boolean()
    updated_at = Moment()


class StandingSchema(Schema):
    """What a conversation's panel shows its reader."""

    may_export = fields.Boolean()
    held = fields.Boolean(
        allow_none=True, metadata={"description": "null for those who may not know"}
    )


class ExportRequestSchema(StrictSchema):
    conversation_id = Id(required=True)
    reason = Text(
        LONGEST_REASON,
        shortest=0,
        load_default="",
        metadata={"description": "An administrator must say why"},
    )
    with_files = Switch(load_default=True)
    client_id = client_id_field()


class ExportQuerySchema(PageQuerySchema):
    everybodys = fields.Boolean(
        load_default=False, metadata={"description": "For the security and audit administrators"}
    )


class ExportPlaceSchema(Schema):
    id = Id()
    name = fields.String()


class OrderedBySchema(Schema):
    username = fields.String()
    name = fields.String()


class ExportSchema(Schema):
    """An archive of a conversation: messages.json, messages.csv, index.html, files/."""

    id = Id()
    conversation = fields.Nested(ExportPlaceSchema)
    ordered_by = fields.Nested(OrderedBySchema)
    mine = fields.Boolean()
    reason = fields.String()
    whole = fields.Boolean(metadata={"description": "An administrator's: with words under a hold"})
    with_files = fields.Boolean()
    first_seq = fields.Integer()
    last_seq = fields.Integer()
    state = fields.String(validate=validate.OneOf(STATES))
    done = fields.Integer(metadata={"description": "Messages written, of ``total``"})
    total = fields.Integer()
    size = fields.Integer(allow_none=True, metadata={"description": "Bytes"})
    sha256 = fields.String(allow_none=True)
    created_at = Moment()
    ready_at = Moment(allow_none=True)
    expires_at = Moment(allow_none=True)


class ExportLinkSchema(Schema):
    url = fields.String()
    expires_at = Moment()
