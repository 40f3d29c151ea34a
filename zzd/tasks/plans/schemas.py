"""What the routes of plans take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, Name, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.tasks.drafts.content import DraftContentSchema
from zzd.tasks.plans.carrying_out import SKIP
from zzd.tasks.plans.content import MOST_ORDERS, PlanContentSchema
from zzd.tasks.plans.rules import Action
from zzd.tasks.responses import LEVELS
from zzd.tasks.schemas import CODE, ActorSchema, BriefEventSchema, EventSchema, IssuerUnitSchema

ACTIONS = [action.value for action in Action]


def level_field() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.OneOf(LEVELS))


class PlanCreateSchema(StrictSchema):
    kind = fields.String(required=True, validate=validate.Regexp(CODE))
    content = fields.Nested(PlanContentSchema, required=True)
    note = Text(1000, shortest=0, load_default="")
    client_id = client_id_field()


class PlanChangeSchema(StrictSchema):
    no = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "The version that the caller has read"},
    )
    content = fields.Nested(PlanContentSchema, required=True)
    note = Name(1000, required=True, metadata={"description": "What was changed, and why"})
    retired = fields.Boolean(load_default=False, metadata={"description": "It is proposed no more"})
    client_id = client_id_field()


class PlanQuerySchema(PageQuerySchema):
    kind = fields.String(validate=validate.Regexp(CODE), load_default=None)


class PlanVersionSchema(Schema):
    no = fields.Integer()
    note = fields.String()
    at = Moment()
    by = fields.Nested(ActorSchema)


class MayPlanSchema(Schema):
    write = fields.Boolean()


class PlanBriefSchema(Schema):
    id = Id()
    unit = fields.Nested(IssuerUnitSchema)
    kind = fields.String()
    no = fields.Integer()
    retired = fields.Boolean()
    name = fields.String()
    source = fields.String()
    example = fields.Boolean()
    levels = fields.List(fields.Integer(), metadata={"description": "Of which it speaks"})
    version = fields.Nested(PlanVersionSchema)
    may = fields.Nested(MayPlanSchema)


class PlanSchema(PlanBriefSchema):
    content = fields.Nested(PlanContentSchema)


class PlanExampleSchema(Schema):
    kind = fields.String()
    content = fields.Nested(PlanContentSchema)


# The change of level


class ProposalQuerySchema(Schema):
    level = fields.Integer(required=True, validate=validate.OneOf(LEVELS))
    plan_id = Id(load_default=None)


class ReachSchema(Schema):
    text = fields.String()
    units = fields.Integer()


class OrderInForceSchema(Schema):
    id = Id()
    title = fields.String()
    issued_at = Moment()
    units = fields.Integer()


class RescuingUnitSchema(Schema):
    id = Id()
    name = fields.String()
    directive_id = Id()
    title = fields.String()


class RescuesSchema(Schema):
    count = fields.Integer()
    units = fields.List(
        fields.Nested(RescuingUnitSchema), metadata={"description": "The first twenty"}
    )


class ProposalItemSchema(Schema):
    key = fields.String()
    action = fields.String(validate=validate.OneOf(ACTIONS))
    title = fields.String()
    content = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        metadata={"description": "The directive as the plan has it, to be edited; none if it ends"},
    )
    countersign = fields.Boolean(
        metadata={"description": "Becomes a draft that a second official is to countersign"}
    )
    reach = fields.Nested(ReachSchema, allow_none=True)
    directives = fields.List(
        fields.Nested(OrderInForceSchema), metadata={"description": "What is in force of it"}
    )
    draft_ids = fields.List(Id())
    discard_ids = fields.List(
        Id(), metadata={"description": "Those of the drafts that are discarded with this step"}
    )
    rescues = fields.Nested(
        RescuesSchema, metadata={"description": "Of what ends: who is still rescuing people"}
    )


class ProposalPlanSchema(Schema):
    id = Id()
    no = fields.Integer()
    name = fields.String()
    source = fields.String()
    example = fields.Boolean()


class PlanProposalSchema(Schema):
    event = fields.Nested(BriefEventSchema)
    level = fields.Integer()
    plan = fields.Nested(ProposalPlanSchema)
    summary = fields.String()
    items = fields.List(fields.Nested(ProposalItemSchema))


class RespondItemSchema(StrictSchema):
    key = fields.String(required=True, validate=validate.Regexp(CODE))
    do = fields.String(required=True, validate=validate.OneOf([*ACTIONS, SKIP]))
    content = fields.Nested(DraftContentSchema, allow_none=True, load_default=None)


class RespondSchema(StrictSchema):
    level = level_field()
    reason = Text(1000, required=True)
    plan_id = Id(required=True)
    plan_no = fields.Integer(required=True, strict=True, validate=validate.Range(1, 2**31 - 1))
    items = fields.List(
        fields.Nested(RespondItemSchema),
        required=True,
        validate=validate.Length(max=2 * MOST_ORDERS),
    )
    override_reason = Text(
        1000,
        allow_none=True,
        load_default=None,
        metadata={"description": "Why to end orders under which people are still being rescued"},
    )
    client_id = client_id_field()


class PlanOutcomeItemSchema(Schema):
    key = fields.String()
    title = fields.String()
    directive_ids = fields.List(Id())
    draft_id = Id(allow_none=True)


class PlanOutcomeSchema(Schema):
    issued = fields.List(fields.Nested(PlanOutcomeItemSchema))
    replaced = fields.List(fields.Nested(PlanOutcomeItemSchema))
    drafted = fields.List(fields.Nested(PlanOutcomeItemSchema))
    ended = fields.List(fields.Nested(PlanOutcomeItemSchema))
    kept = fields.List(fields.Nested(PlanOutcomeItemSchema))
    skipped = fields.List(fields.Nested(PlanOutcomeItemSchema))


class PlanResponseSchema(Schema):
    id = Id()
    plan_id = Id()
    no = fields.Integer()
    level_before = fields.Integer(allow_none=True)
    level = fields.Integer()
    reason = fields.String()
    at = Moment()
    by = fields.Nested(ActorSchema)
    outcome = fields.Nested(PlanOutcomeSchema)


class PlanResponseDoneSchema(PlanResponseSchema):
    event = fields.Nested(EventSchema)
