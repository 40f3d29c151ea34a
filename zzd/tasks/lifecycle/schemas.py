"""What the routes of versions, endings and handing over take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, StrictSchema, Text
from zzd.tasks.schemas import (
    ActorSchema,
    AssignedUnitSchema,
    DirectiveContentSchema,
    DirectiveSchema,
)
from zzd.tasks.states import Move

ENDS = [Move.CANCEL.value, Move.SUPERSEDE.value, Move.CLEAR.value]


class HandedOverSchema(Schema):
    """The other side of a transfer: where an assignment came from, or went to."""

    unit = fields.Nested(AssignedUnitSchema)
    assignment_id = Id()
    reason = fields.String()
    by = fields.Nested(ActorSchema)
    at = Moment()


class EndingSchema(Schema):
    kind = fields.String(validate=validate.OneOf(ENDS))
    at = Moment()
    by = fields.Nested(ActorSchema)
    reason = fields.String()
    unit_id = Id(allow_none=True, metadata={"description": "Of an all-clear for a branch alone"})
    rescues = fields.Integer(metadata={"description": "Units with open rescues, all the same"})
    override_reason = fields.String(allow_none=True)


class ChangeSchema(Schema):
    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class StandingSchema(Schema):
    """What became of a directive, and what is different from the version before."""

    endings = fields.List(fields.Nested(EndingSchema))
    changes = fields.List(fields.Nested(ChangeSchema))
    successor_id = Id(allow_none=True)


class MayEndSchema(Schema):
    update = fields.Boolean()
    cancel = fields.Boolean()
    all_clear = fields.Boolean()
    clear_branch = fields.Boolean(
        metadata={"description": "All clear for the own unit, or for one below it"}
    )


class DirectiveWithStandingSchema(StandingSchema, DirectiveSchema):
    may = fields.Nested(MayEndSchema)


class DirectiveUpdateSchema(DirectiveContentSchema):
    """What is not said stays as it was in the version before."""

    reason = Text(1000, required=True)


# All but the reason may be left out; what is left out is not taken for empty.
UPDATE = DirectiveUpdateSchema(
    partial=tuple(name for name in DirectiveUpdateSchema().fields if name != "reason")
)


class ReasonSchema(StrictSchema):
    reason = Text(1000, required=True)


class TransferSchema(ReasonSchema):
    unit_id = Id(required=True)


class AllClearSchema(ReasonSchema):
    override_reason = Text(
        1000,
        allow_none=True,
        load_default=None,
        metadata={"description": "Why to go on although people are still being rescued"},
    )


class BranchClearSchema(AllClearSchema):
    unit_id = Id(
        allow_none=True,
        load_default=None,
        metadata={"description": "A branch; without it, the whole directive"},
    )
