"""What the routes of assignments, and the socket, take and give."""

from __future__ import annotations

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.orgtree.audiences import LEVELS, ROLES
from zzd.tasks.assignments import RECEIPTS
from zzd.tasks.cascades import MOST_PICKED
from zzd.tasks.escalation.schemas_steps import NextStepSchema, TakenStepSchema
from zzd.tasks.lifecycle.schemas import HandedOverSchema, StandingSchema
from zzd.tasks.reporting.schemas import ReportSchema
from zzd.tasks.responses import MODES
from zzd.tasks.schemas import (
    ActorSchema,
    AssignedUnitSchema,
    BriefDirectiveSchema,
    ContactSchema,
    IssuerUnitSchema,
)
from zzd.tasks.states import State


class AcknowledgementSchema(Schema):
    at = Moment()
    by = fields.Nested(ActorSchema)
    proxy_reason = fields.String(
        allow_none=True, metadata={"description": "Why somebody else did it for the unit's people"}
    )


class NoteSchema(Schema):
    """What a unit above added when it passed the directive on."""

    unit_name = fields.String()
    by = fields.Nested(ActorSchema)
    text = fields.String()
    at = Moment()


class BelowSchema(Schema):
    addressed = fields.Integer()
    acknowledged = fields.Integer()
    reported = fields.Integer()
    completed = fields.Integer()


class MayActSchema(Schema):
    acknowledge = fields.Boolean()
    report = fields.Boolean()
    cascade = fields.Boolean()
    complete = fields.Boolean()
    reopen = fields.Boolean(metadata={"description": "Let the unit correct its final report"})
    start = fields.Boolean()
    give_back = fields.Boolean()
    transfer = fields.Boolean()
    stand_down = fields.Boolean()
    proxy = fields.Boolean(
        metadata={"description": "For people of the unit who cannot, saying why (proxy_reason)"}
    )


class AssignmentSchema(Schema):
    id = Id()
    directive = fields.Nested(BriefDirectiveSchema)
    unit = fields.Nested(AssignedUnitSchema)
    part = fields.String(
        validate=validate.OneOf(["lead", "cooperating"]),
        allow_none=True,
        metadata={"description": "Whether the unit leads or cooperates (牵头, 配合)"},
    )
    state = fields.String(validate=validate.OneOf([state.value for state in State]))
    ack_deadline = Moment()
    report_deadline = Moment(allow_none=True)
    due_at = Moment(allow_none=True, metadata={"description": "The deadline that counts next"})
    overdue = fields.String(validate=validate.OneOf(["acknowledge", "report"]), allow_none=True)
    next_step = fields.Nested(NextStepSchema, allow_none=True)
    escalated_at = Moment(allow_none=True)
    delivered_at = Moment(allow_none=True)
    read_at = Moment(allow_none=True)
    acknowledged = fields.Nested(AcknowledgementSchema, allow_none=True)
    reported_at = Moment(allow_none=True)
    completed_at = Moment(allow_none=True)
    started_at = Moment(allow_none=True)
    cleared_at = Moment(
        allow_none=True, metadata={"description": "All clear for its branch: nothing is due"}
    )
    stood_down_at = Moment(
        allow_none=True, metadata={"description": "The unit acknowledged the cancel"}
    )
    transferred_from = fields.Nested(HandedOverSchema, allow_none=True)
    transferred_to = fields.Nested(HandedOverSchema, allow_none=True)
    notes = fields.List(fields.Nested(NoteSchema))
    latest_report = fields.Nested(ReportSchema, allow_none=True)
    final_at = Moment(allow_none=True, metadata={"description": "Of the final report"})
    correction_at = Moment(
        allow_none=True, metadata={"description": "When a unit above opened it to be corrected"}
    )
    below = fields.Nested(BelowSchema)
    may = fields.Nested(MayActSchema)
    contacts = fields.List(
        fields.Nested(ContactSchema), metadata={"description": "Only in a directive's list"}
    )


class HistoryEntrySchema(Schema):
    at = Moment()
    move = fields.String()
    by = fields.Nested(ActorSchema)
    detail = fields.Dict(keys=fields.String())
    device = fields.String(allow_none=True)
    proxy_reason = fields.String(allow_none=True)


class AssignmentWithHistorySchema(StandingSchema, AssignmentSchema):
    origin = fields.Nested(
        IssuerUnitSchema,
        metadata={"description": "Who passed it on, or issued it: it is handed over below that"},
    )
    successor_assignment_id = Id(
        allow_none=True, metadata={"description": "The unit's assignment of the newer version"}
    )
    history = fields.List(fields.Nested(HistoryEntrySchema))
    reports = fields.List(fields.Nested(ReportSchema))
    escalations = fields.List(fields.Nested(TakenStepSchema))


class AssignmentQuerySchema(PageQuerySchema):
    box = fields.String(validate=validate.OneOf(["mine"]), load_default="mine")
    state = fields.String(validate=validate.OneOf(["open", "closed", "any"]), load_default="any")
    mode = fields.String(validate=validate.OneOf(MODES), load_default=None)


class ReceiptsSchema(StrictSchema):
    assignment_ids = fields.List(Id(), required=True, validate=validate.Length(1, 200))
    kind = fields.String(required=True, validate=validate.OneOf(list(RECEIPTS)))


class ReceiptSchema(Schema):
    id = Id()
    state = fields.String()


class ReceiptsAnswerSchema(Schema):
    items = fields.List(fields.Nested(ReceiptSchema))


class EmptySchema(StrictSchema):
    """Nothing needs saying: ``{}``."""


def proxy_reason_field() -> Text:
    return Text(
        500,
        allow_none=True,
        load_default=None,
        metadata={
            "description": "Why it is done for people of the unit who cannot: no smartphone, say"
        },
    )


class StepSchema(StrictSchema):
    """A step of one's own unit: ``{}``; of another's people, as a proxy, with the reason."""

    proxy_reason = proxy_reason_field()


class CascadeCreateSchema(StrictSchema):
    """By ``levels`` or by ``unit_ids``; with neither, all direct children."""

    levels = fields.List(
        fields.Integer(strict=True, validate=validate.OneOf(list(LEVELS))),
        validate=validate.Length(1, 12),
        allow_none=True,
        load_default=None,
    )
    unit_ids = fields.List(
        Id(), validate=validate.Length(1, MOST_PICKED), allow_none=True, load_default=None
    )
    line = Text(
        32,
        allow_none=True,
        load_default=None,
        metadata={"description": "Narrows whom it is for there, within whom it came for"},
    )
    role = fields.String(validate=validate.OneOf(list(ROLES)), allow_none=True, load_default=None)
    note = Text(4000, required=True)
    ack_deadline = Moment(required=True)
    report_deadline = Moment(allow_none=True, load_default=None)
    client_id = client_id_field()

    @validates_schema
    def one_way_of_choosing(self, data: dict[str, object], **_: object) -> None:
        if data.get("levels") is not None and data.get("unit_ids") is not None:
            raise ValidationError("Either levels or unit_ids, not both.", "unit_ids")


class CascadeSchema(Schema):
    id = Id()
    units = fields.Integer(metadata={"description": "Newly assigned"})
    noted = fields.Integer(metadata={"description": "Had it already; deadlines tightened"})


class CompletionSchema(StepSchema):
    reason = Text(1000, allow_none=True, load_default=None)


class WatchSchema(StrictSchema):
    directive_id = Id(required=True)
    unit_id = Id(required=True)
