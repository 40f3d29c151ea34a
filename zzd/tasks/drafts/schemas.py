"""What the routes of drafts take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, client_id_field
from zzd.tasks.drafts.content import DraftContentSchema
from zzd.tasks.drafts.drafts import STATES
from zzd.tasks.drafts.fields import AttachedFileSchema, NamedUnitSchema, PlanRefSchema
from zzd.tasks.responses import MODES
from zzd.tasks.schemas import ActorSchema, BriefEventSchema

COUNTERSIGN = {"description": "A second official is to countersign it before it is issued"}


def revision_field() -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "The revision that the caller has read"},
    )


class DirectiveDraftCreateSchema(StrictSchema):
    event_id = Id(required=True)
    content = fields.Nested(DraftContentSchema, required=True)
    countersign = fields.Boolean(load_default=False, metadata=COUNTERSIGN)
    client_id = client_id_field()


class DirectiveDraftChangeSchema(StrictSchema):
    revision = revision_field()
    content = fields.Nested(DraftContentSchema, required=True)
    countersign = fields.Boolean(required=True, metadata=COUNTERSIGN)


class RevisionSchema(StrictSchema):
    revision = revision_field()


class DraftQuerySchema(PageQuerySchema):
    state = fields.String(validate=validate.OneOf(STATES), load_default="open")
    mode = fields.String(validate=validate.OneOf(MODES), load_default=None)


class LackSchema(Schema):
    pointer = fields.String()
    detail = fields.String()


class DraftPlanSchema(PlanRefSchema):
    countersign = fields.Boolean()


class DraftCountersignedSchema(ActorSchema):
    # As it is kept in the draft.
    at = fields.String(metadata={"format": "date-time"})
    revision = fields.Integer()


class MayDraftSchema(Schema):
    write = fields.Boolean()
    countersign = fields.Boolean()
    issue = fields.Boolean()


class DirectiveDraftSchema(Schema):
    id = Id()
    event = fields.Nested(BriefEventSchema)
    # The very JSON that was saved.
    content = fields.Dict(
        keys=fields.String(), metadata={"description": "The fields of a directive, as far as said"}
    )
    names = fields.List(
        fields.Nested(NamedUnitSchema), metadata={"description": "The units it names one by one"}
    )
    files = fields.List(fields.Nested(AttachedFileSchema))
    revision = fields.Integer()
    state = fields.String()
    plan = fields.Nested(DraftPlanSchema, allow_none=True)
    updates_id = Id(
        allow_none=True, metadata={"description": "The directive whose next version it is to be"}
    )
    update_reason = fields.String(allow_none=True)
    countersign = fields.Boolean(metadata=COUNTERSIGN)
    countersigned = fields.Nested(DraftCountersignedSchema, allow_none=True)
    lacking = fields.List(
        fields.Nested(LackSchema), metadata={"description": "What keeps it from being issued"}
    )
    author = fields.Nested(ActorSchema)
    created_at = Moment()
    changed_at = Moment()
    changed_by = fields.String()
    directive_id = Id(allow_none=True)
    may = fields.Nested(MayDraftSchema)
