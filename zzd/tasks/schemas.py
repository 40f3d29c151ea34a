"""What the routes of events and directives take and give."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import (
    Id,
    Moment,
    Name,
    OfficialId,
    PageQuerySchema,
    StrictSchema,
    Text,
    client_id_field,
)
from zzd.tasks import figures as figure_rules
from zzd.tasks.directives import URGENCIES, WAYS
from zzd.tasks.drafts.fields import CompanyInputSchema, CompanySchema
from zzd.tasks.escalation.schemas import (
    EscalationField,
    EscalationStepSchema,
    report_interval_field,
)
from zzd.tasks.responses import LEVELS as RESPONSE_LEVELS
from zzd.tasks.responses import MODES
from zzd.tasks.rollups import STATES

# Python's $ alone would let a final line feed pass.
CODE = r"^[a-z][a-z0-9_]{0,31}(?!\n)$"
LIMIT = figure_rules.LARGEST


class ActorSchema(Schema):
    """Who did something, in the post held at the time."""

    id = OfficialId()
    name = fields.String()
    post_title = fields.String()
    unit_name = fields.String()


class ContactSchema(ActorSchema):
    phone = fields.String(allow_none=True)
    role = fields.String()


# Events


class EventLevelSchema(Schema):
    level = fields.Integer()
    at = Moment()
    by = fields.Nested(ActorSchema)
    reason = fields.String()


class BriefEventSchema(Schema):
    id = Id()
    name = fields.String()
    mode = fields.String()
    level = fields.Integer(allow_none=True)


class EventSchema(BriefEventSchema):
    kind = fields.String()
    status = fields.String()
    created_at = Moment()
    levels = fields.List(fields.Nested(EventLevelSchema))


class EventQuerySchema(PageQuerySchema):
    mode = fields.String(validate=validate.OneOf(MODES), load_default=None)
    status = fields.String(validate=validate.OneOf(["open", "closed"]), load_default=None)


class EventCreateSchema(StrictSchema):
    name = Name(100, required=True)
    kind = fields.String(required=True, validate=validate.Regexp(CODE))
    mode = fields.String(required=True, validate=validate.OneOf(MODES))
    level = fields.Integer(
        strict=True, validate=validate.OneOf(RESPONSE_LEVELS), allow_none=True, load_default=None
    )
    client_id = client_id_field()


class LevelChangeSchema(StrictSchema):
    level = fields.Integer(required=True, strict=True, validate=validate.OneOf(RESPONSE_LEVELS))
    reason = Text(1000, required=True)
    client_id = client_id_field()


# Directives


class RiskSchema(StrictSchema):
    key = fields.String(required=True, validate=validate.Regexp(CODE))
    name = Name(20, required=True)


class FigureSpecSchema(StrictSchema):
    """A number that a directive asks for."""

    key = fields.String(required=True, validate=validate.Regexp(CODE))
    name = Name(50, required=True)
    unit = Name(20, required=True)
    minimum = fields.Integer(strict=True, validate=validate.Range(-LIMIT, LIMIT), load_default=0)
    required = fields.Boolean(load_default=False)
    max_ratio = fields.Float(
        allow_none=True,
        load_default=None,
        validate=validate.Range(1, 10_000),
        metadata={"description": "What changes more than so many times asks for an explanation"},
    )
    risks = fields.List(
        fields.Nested(RiskSchema),
        validate=validate.Length(max=figure_rules.MOST),
        load_default=list,
        metadata={"description": "Kinds of risk by which the figure is given as well"},
    )

    @validates_schema
    def each_risk_once(self, data: dict[str, list[dict[str, str]]], **_: object) -> None:
        keys = [risk["key"] for risk in data.get("risks", ())]
        if len(set(keys)) < len(keys):
            raise ValidationError("Each kind of risk once.", "risks")


class TermsSchema(StrictSchema):
    """What an order asks for, by when again, who is told of the late, and which way it goes."""

    figures = fields.List(
        fields.Nested(FigureSpecSchema),
        validate=validate.Length(max=figure_rules.MOST),
        load_default=list,
    )
    report_interval_minutes = report_interval_field()
    escalation = EscalationField(load_default=list)
    way = fields.String(
        validate=validate.OneOf(WAYS),
        load_default=WAYS[0],
        metadata={"description": "To all levels at once, or level by level"},
    )


class AddressedAudienceSchema(Schema):
    unit_id = Id()
    levels = fields.List(fields.Integer())
    line = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    text = fields.String()


class IssuerUnitSchema(Schema):
    id = Id()
    name = fields.String()


class DirectiveContentSchema(TermsSchema, CompanyInputSchema):
    """What a directive says, first or in a later version."""

    number = Name(64, allow_none=True, load_default=None)
    title = Name(200, required=True)
    text = Text(20_000, required=True)
    urgency = fields.String(required=True, validate=validate.OneOf(URGENCIES))
    ack_deadline = Moment(required=True)
    report_deadline = Moment(allow_none=True, load_default=None)
    client_id = client_id_field()

    @validates_schema
    def each_key_once(self, data: dict[str, list[dict[str, str]]], **_: object) -> None:
        keys = [spec["key"] for spec in data.get("figures", ())]
        if len(set(keys)) < len(keys):
            raise ValidationError("Each key may be asked for once.", "figures")


class DirectiveCreateSchema(DirectiveContentSchema):
    event_id = Id(required=True)

    @validates_schema(skip_on_field_errors=False)
    def to_somebody(self, data: dict[str, object], **_: object) -> None:
        if not any(data.get(name) for name in ("audiences", "unit_ids", "area", "lead_unit_id")):
            raise ValidationError("Say whom it is addressed to.", "audiences")


class BriefDirectiveSchema(CompanySchema):
    id = Id()
    number = fields.String(allow_none=True)
    event = fields.Nested(BriefEventSchema)
    title = fields.String()
    text = fields.String()
    urgency = fields.String()
    issuer_unit = fields.Nested(IssuerUnitSchema)
    figures = fields.List(fields.Nested(FigureSpecSchema))
    status = fields.String(
        validate=validate.OneOf(["open", "closed", "cancelled", "superseded"]),
    )
    version = fields.Integer()
    supersedes_id = Id(allow_none=True)
    way = fields.String(validate=validate.OneOf(WAYS))


class DirectiveSchema(BriefDirectiveSchema):
    issuer = fields.Nested(ActorSchema)
    issued_at = Moment()
    audiences = fields.List(fields.Nested(AddressedAudienceSchema))
    ack_deadline = Moment()
    report_deadline = Moment(allow_none=True)
    report_interval_minutes = fields.Integer(allow_none=True)
    escalation = fields.List(fields.Nested(EscalationStepSchema))
    rev = fields.Integer(metadata={"description": "Revision of the tree it was issued in"})
    units = fields.Integer(metadata={"description": "How many units it was issued to"})
    my_assignment_id = Id(allow_none=True)


class DirectiveQuerySchema(PageQuerySchema):
    box = fields.String(
        validate=validate.OneOf(["received", "issued", "copied"]), load_default="received"
    )
    mode = fields.String(validate=validate.OneOf(MODES), load_default=None)


# Roll-up


class RollupQuerySchema(Schema):
    unit_id = Id(load_default=None)


class AssignmentsBelowQuerySchema(PageQuerySchema):
    unit_id = Id(load_default=None)
    state = fields.String(
        validate=validate.OneOf([*STATES, "overdue", "transferred", "any"]), load_default="any"
    )


class AssignedUnitSchema(Schema):
    id = Id()
    code = fields.String()
    name = fields.String()
    level = fields.Integer()


class RollupUnitSchema(AssignedUnitSchema):
    has_children = fields.Boolean()


class RollupRowSchema(Schema):
    """The units at and below one, as numbers; a figure that nobody reported is null."""

    unit = fields.Nested(RollupUnitSchema)
    addressed = fields.Integer()
    delivered = fields.Integer()
    acknowledged = fields.Integer()
    reported = fields.Integer()
    not_reported = fields.Integer()
    completed = fields.Integer()
    overdue = fields.Integer()
    returned = fields.Integer(metadata={"description": "Gave it back; they are among addressed"})
    stood_down = fields.Integer(
        metadata={"description": "Acknowledged that the directive was cancelled"}
    )
    escalated = fields.Integer(
        metadata={"description": "Units of which somebody was told that they were late"}
    )
    unstaffed = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Addressed units in which nobody holds a post that is addressed; null"
            " while there are many that are being looked through for the first time"
        },
    )
    figures = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True))
    by_risk = fields.Dict(
        keys=fields.String(),
        values=fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True)),
        metadata={"description": "Of the figures that are given by kind of risk as well"},
    )
    casualties = fields.Dict(keys=fields.String(), values=fields.Integer(allow_none=True))


class RollupSchema(Schema):
    directive_id = Id()
    unit = fields.Nested(AssignedUnitSchema)
    own = fields.Nested(RollupRowSchema, allow_none=True)
    rows = fields.List(fields.Nested(RollupRowSchema))
    total = fields.Nested(
        RollupRowSchema, metadata={"description": "All rows and the unit's own together"}
    )
    at = Moment()
    figures = fields.List(fields.Nested(FigureSpecSchema))
