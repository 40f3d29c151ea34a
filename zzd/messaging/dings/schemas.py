"""The shapes of DINGs in JSON."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, OfficialId, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.messaging.dings.rules import (
    CALL_STATES,
    CHANNELS,
    DING_STATES,
    IN_APP,
    LEAST_MINUTES,
    LONGEST_TEXT,
    MOST_MINUTES,
    MOST_OFFICIALS,
    MOST_TIMES,
    PHONE_CHANNELS,
    RECIPIENT_STATES,
)
from zzd.orgtree.schemas import (
    AudienceRequestSchema,
    AudienceSchema,
    OfficialRefSchema,
    UnitRefSchema,
)

SENT_STATES = ("any", *DING_STATES)
BOX_STATES = (*SENT_STATES, "confirmed", "unconfirmed")


def _example(value: Any) -> dict[str, Any]:
    return {"example": value}


def _count(**kwargs: Any) -> fields.Integer:
    return fields.Integer(strict=True, required=True, **kwargs)


class RepeatSchema(StrictSchema):
    """How often those who have not confirmed are asked again."""

    every_minutes = _count(validate=validate.Range(LEAST_MINUTES, MOST_MINUTES))
    times = _count(validate=validate.Range(1, MOST_TIMES))


class MessageRefSchema(StrictSchema):
    """A message that the DING is about. It opens only for those in its conversation."""

    conversation_id = Id(required=True)
    seq = _count(validate=validate.Range(1, 2**63 - 1))


class DingRequestSchema(StrictSchema):
    text = Text(LONGEST_TEXT, required=True, metadata=_example("19时前全部转移到位，收到请确认"))
    audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
    official_ids = fields.List(
        OfficialId(),
        load_default=list,
        validate=validate.Length(0, MOST_OFFICIALS),
        metadata=_example(["7"]),
    )
    message = fields.Nested(MessageRefSchema, load_default=None, allow_none=True)
    channels = fields.List(
        fields.String(validate=validate.OneOf(CHANNELS)),
        load_default=lambda: [IN_APP],
        validate=validate.Length(1, len(CHANNELS)),
    )
    repeat = fields.Nested(RepeatSchema, load_default=None, allow_none=True)
    client_id = client_id_field()

    @validates_schema
    def is_to_somebody(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["audience"] is None and not data["official_ids"]:
            raise ValidationError({"official_ids": ["Somebody, an audience or both."]})


class MineSchema(Schema):
    """What I did with it."""

    delivered_at = Moment(allow_none=True)
    read_at = Moment(allow_none=True)
    confirmed_at = Moment(allow_none=True)
    late = fields.Boolean(metadata={"description": "Confirmed after it was cancelled"})


class StatesSchema(Schema):
    """How many are in which state; each is in exactly one, so they add up to ``addressed``."""

    addressed = fields.Integer(metadata=_example(1290))
    confirmed = fields.Integer(metadata=_example(1000))
    read = fields.Integer(metadata={"description": "Opened, not confirmed", **_example(100)})
    delivered = fields.Integer(metadata={"description": "Arrived, not opened", **_example(90)})
    unreached = fields.Integer(metadata=_example(100))


class CallCountsSchema(Schema):
    """How many telephone messages or calls are in which state."""

    waiting = fields.Integer()
    sent = fields.Integer()
    failed = fields.Integer()
    unreached = fields.Integer(metadata={"description": "No telephone number is known"})
    dropped = fields.Integer(metadata={"description": "Confirmed or cancelled before it was sent"})


class DingStepSchema(Schema):
    step = fields.Integer(metadata={"description": "0 is the first time"})
    due_at = Moment()
    fired_at = Moment()


class SentSchema(Schema):
    """For its sender alone. The numbers are those of the last ``ding.progress``."""

    progress = fields.Nested(
        StatesSchema, allow_none=True, metadata={"description": "null until they were counted"}
    )
    client_id = fields.String()
    # Only where one DING is asked for.
    calls = fields.Dict(keys=fields.String(), values=fields.Nested(CallCountsSchema))
    steps = fields.List(fields.Nested(DingStepSchema))


class DingSchema(Schema):
    """An urgent message, as its recipients see it."""

    id = Id(metadata=_example("31"))
    sender = fields.Nested(OfficialRefSchema)
    text = fields.String()
    message = fields.Nested(MessageRefSchema, allow_none=True)
    audience = fields.Nested(AudienceSchema, allow_none=True)
    officials = fields.Integer(metadata={"description": "How many people are named"})
    channels = fields.List(fields.String(validate=validate.OneOf(CHANNELS)))
    repeat = fields.Nested(RepeatSchema, allow_none=True)
    step = fields.Integer(metadata={"description": "Repeats so far"})
    next_repeat_at = Moment(allow_none=True)
    created_at = Moment()
    state = fields.String(validate=validate.OneOf(DING_STATES))
    cancelled_at = Moment(allow_none=True)
    completed_at = Moment(allow_none=True)
    my = fields.Nested(MineSchema, allow_none=True)
    sent = fields.Nested(SentSchema, allow_none=True)


class ProgressSchema(StatesSchema):
    """The event ``ding.progress``."""

    ding_id = Id()
    state = fields.String(validate=validate.OneOf(DING_STATES))
    completed_at = Moment(allow_none=True)
    next_repeat_at = Moment(allow_none=True)


class BoxQuerySchema(PageQuerySchema):
    box = fields.String(load_default="received", validate=validate.OneOf(["received", "sent"]))
    state = fields.String(load_default="any", validate=validate.OneOf(BOX_STATES))

    @validates_schema
    def fits_the_box(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if data["box"] == "sent" and data["state"] not in SENT_STATES:
            raise ValidationError({"state": [f"Must be one of: {', '.join(SENT_STATES)}."]})


class ReceiptsRequestSchema(StrictSchema):
    ding_ids = fields.List(
        Id(), required=True, validate=validate.Length(1, 200), metadata=_example(["31"])
    )
    kind = fields.String(required=True, validate=validate.OneOf(["delivered", "read"]))


class AnswerSchema(Schema):
    id = Id(metadata=_example("31"))
    state = fields.String(validate=validate.OneOf(DING_STATES))
    my = fields.Nested(MineSchema)


class AnswersSchema(Schema):
    items = fields.List(fields.Nested(AnswerSchema))


class DingRollupQuerySchema(Schema):
    unit_id = Id(load_default=None)


class DingUnitSchema(UnitRefSchema):
    has_children = fields.Boolean(metadata={"description": "Somebody is addressed below it"})


class DingRowSchema(StatesSchema):
    unit = fields.Nested(DingUnitSchema)


class DingRollupSchema(Schema):
    ding_id = Id()
    unit = fields.Nested(UnitRefSchema)
    own = fields.Nested(DingRowSchema, allow_none=True)
    rows = fields.List(fields.Nested(DingRowSchema))
    total = fields.Nested(DingRowSchema, allow_none=True)
    counting = fields.Boolean(
        metadata={"description": "There are no numbers yet: `ding.progress` tells when there are"}
    )
    at = Moment()


class RecipientsQuerySchema(PageQuerySchema):
    unit_id = Id(load_default=None)
    state = fields.String(
        load_default="unconfirmed",
        validate=validate.OneOf([*RECIPIENT_STATES, "unconfirmed", "any"]),
    )


class HomeSchema(Schema):
    id = Id()
    name = fields.String(metadata=_example("石塘镇"))


class ConfirmationSchema(Schema):
    """In which post, as it was called then, and from which sign-in."""

    at = Moment()
    post_title = fields.String(metadata=_example("值班员"))
    unit_name = fields.String(metadata=_example("石塘镇"))
    device = fields.String()
    late = fields.Boolean()


class CallSchema(Schema):
    channel = fields.String(validate=validate.OneOf(PHONE_CHANNELS))
    step = fields.Integer()
    state = fields.String(validate=validate.OneOf(CALL_STATES))
    reason = fields.String(allow_none=True)
    at = Moment(allow_none=True)


class RecipientSchema(Schema):
    """Somebody addressed, and how far it got with them."""

    id = Id(metadata=_example("7"))
    name = fields.String(metadata=_example("陈海波"))
    post_title = fields.String(metadata=_example("值班员"))
    unit = fields.Nested(HomeSchema)
    phone = fields.String(allow_none=True)
    state = fields.String(validate=validate.OneOf(RECIPIENT_STATES))
    delivered_at = Moment(allow_none=True)
    read_at = Moment(allow_none=True)
    confirmed = fields.Nested(ConfirmationSchema, allow_none=True)
    calls = fields.List(fields.Nested(CallSchema))


class BoundsSchema(Schema):
    least = fields.Integer()
    most = fields.Integer()


class DingOptionsSchema(Schema):
    """What the caller may choose; every DING is checked again when it is sent."""

    channels = fields.List(fields.String(validate=validate.OneOf(CHANNELS)))
    own_unit = fields.Nested(
        HomeSchema,
        allow_none=True,
        metadata={"description": "It and all below it may be addressed without a grant"},
    )
    by_grant = fields.Boolean(metadata={"description": "A grant may cover further audiences"})
    most_officials = fields.Integer()
    every_minutes = fields.Nested(BoundsSchema)
    most_times = fields.Integer()
    longest_text = fields.Integer()
    per_hour = fields.Dict(keys=fields.String(), values=fields.Integer())
