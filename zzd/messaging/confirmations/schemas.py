"""The shapes of confirmations in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, OfficialId, PageQuerySchema
from zzd.messaging.confirmations.progress import STATES
from zzd.messaging.dings.schemas import DingUnitSchema, HomeSchema
from zzd.orgtree.schemas import UnitRefSchema


class ConfirmedSchema(Schema):
    confirmed_at = Moment()


class ConfirmationsQuerySchema(Schema):
    unit_id = Id(load_default=None)


class ConfirmationRowSchema(Schema):
    """Everybody at and below one unit; ``addressed`` is the sum of the three."""

    unit = fields.Nested(DingUnitSchema)
    addressed = fields.Integer(metadata={"example": 12})
    confirmed = fields.Integer(metadata={"example": 7})
    read = fields.Integer(metadata={"description": "Not confirmed", "example": 2})
    unread = fields.Integer(metadata={"description": "Not confirmed either", "example": 3})


class ConfirmationRollupSchema(Schema):
    conversation_id = Id()
    seq = fields.Integer()
    unit = fields.Nested(UnitRefSchema)
    own = fields.Nested(ConfirmationRowSchema, allow_none=True)
    rows = fields.List(fields.Nested(ConfirmationRowSchema))
    total = fields.Nested(ConfirmationRowSchema, allow_none=True)
    counting = fields.Boolean(
        metadata={"description": "There are no numbers yet: ask again in a moment"}
    )
    at = Moment()


class ConfirmingOfficialsQuerySchema(PageQuerySchema):
    unit_id = Id(load_default=None)
    state = fields.String(
        load_default="unconfirmed", validate=validate.OneOf([*STATES, "unconfirmed", "any"])
    )


class ConfirmingOfficialSchema(Schema):
    """Somebody asked to confirm, where they count."""

    id = OfficialId(metadata={"example": "7"})
    name = fields.String(metadata={"example": "陈海波"})
    post_title = fields.String(metadata={"example": "值班员"})
    unit = fields.Nested(HomeSchema)
    state = fields.String(validate=validate.OneOf(STATES))
    confirmed_at = Moment(allow_none=True)
