"""What the routes of warnings take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, Name, StrictSchema
from zzd.tasks.responses import LEVELS
from zzd.tasks.schemas import CODE, ActorSchema, BriefEventSchema, IssuerUnitSchema


class RaiseSchema(StrictSchema):
    """What is not said is as the warning proposes it."""

    name = Name(100, allow_none=True, load_default=None)
    kind = fields.String(validate=validate.Regexp(CODE), allow_none=True, load_default=None)
    level = fields.Integer(
        strict=True, validate=validate.OneOf(LEVELS), allow_none=True, load_default=None
    )


class AnsweringPlanSchema(Schema):
    id = Id()
    no = fields.Integer()
    name = fields.String()
    example = fields.Boolean()
    orders = fields.Integer(metadata={"description": "What it has for the proposed level"})


class ProposalSchema(Schema):
    name = fields.String()
    kind = fields.String()
    mode = fields.String(allow_none=True)
    level = fields.Integer(allow_none=True)
    basis = fields.String(metadata={"description": "What of the document decided the level"})
    plan = fields.Nested(
        AnsweringPlanSchema,
        allow_none=True,
        metadata={"description": "The plan that your unit goes by in such an event"},
    )


class ReplacedBySchema(Schema):
    id = Id()
    msg_type = fields.String()


class WarningSchema(Schema):
    id = Id()
    sender = fields.String()
    identifier = fields.String()
    sent = Moment()
    status = fields.String()
    msg_type = fields.String()
    expires = Moment(allow_none=True)
    standing = fields.String()
    replaced_by = fields.Nested(ReplacedBySchema, allow_none=True)
    unit = fields.Nested(IssuerUnitSchema)
    received_at = Moment()
    received_by = fields.Nested(ActorSchema)
    proposal = fields.Nested(ProposalSchema)
    event = fields.Nested(
        BriefEventSchema,
        allow_none=True,
        metadata={"description": "What your unit raised from it, or from one it replaces"},
    )
    responded = fields.Boolean(metadata={"description": "Your unit acted on this very warning"})
    may = fields.Dict(keys=fields.String(), values=fields.Boolean())


class PairSchema(Schema):
    name = fields.String()
    value = fields.String()


class CircleSchema(Schema):
    centre = fields.List(fields.Float())
    radius_km = fields.Float()


class AreaSchema(Schema):
    description = fields.String()
    polygons = fields.List(
        fields.List(fields.List(fields.Float())),
        metadata={"description": "Points as [latitude, longitude]"},
    )
    circles = fields.List(fields.Nested(CircleSchema))
    geocodes = fields.List(fields.Nested(PairSchema))


class ResourceSchema(Schema):
    description = fields.String()
    mime_type = fields.String()
    uri = fields.String(allow_none=True)
    size = fields.Integer(allow_none=True)


class InfoSchema(Schema):
    language = fields.String()
    categories = fields.List(fields.String())
    event = fields.String()
    response_types = fields.List(fields.String())
    urgency = fields.String()
    severity = fields.String()
    certainty = fields.String()
    effective = Moment(allow_none=True)
    onset = Moment(allow_none=True)
    expires = Moment(allow_none=True)
    sender_name = fields.String(allow_none=True)
    headline = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    instruction = fields.String(allow_none=True)
    contact = fields.String(allow_none=True)
    web = fields.String(allow_none=True)
    event_codes = fields.List(fields.Nested(PairSchema))
    parameters = fields.List(fields.Nested(PairSchema))
    areas = fields.List(fields.Nested(AreaSchema))
    resources = fields.List(fields.Nested(ResourceSchema))


class AlertSchema(Schema):
    """What the document says; the document itself is at ``/warnings/{id}/document``."""

    source = fields.String(allow_none=True)
    scope = fields.String()
    restriction = fields.String(allow_none=True)
    addresses = fields.List(fields.String())
    note = fields.String(allow_none=True)
    references = fields.String(allow_none=True)
    infos = fields.List(fields.Nested(InfoSchema))


class WarningDetailSchema(WarningSchema):
    alert = fields.Nested(AlertSchema)
