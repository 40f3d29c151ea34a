"""What the review of a directive gives."""

from __future__ import annotations

from marshmallow import Schema, fields

from zzd.api import Id, Moment
from zzd.tasks.picture.schemas import LateCallSchema
from zzd.tasks.schemas import AssignedUnitSchema, EventLevelSchema


class ShotSchema(Schema):
    """The counts from a frame on, in the order of ``counts``."""

    frame = fields.Integer()
    counts = fields.List(fields.Integer())


class TimingSchema(Schema):
    """From issue to acknowledgement, of those who acknowledged."""

    addressed = fields.Integer()
    acknowledged = fields.Integer()
    median_seconds = fields.Float(allow_none=True)
    p90_seconds = fields.Float(allow_none=True)


class LevelTimingSchema(TimingSchema):
    level = fields.Integer()


class CountyFilmSchema(Schema):
    unit = fields.Nested(AssignedUnitSchema)
    shots = fields.List(fields.Nested(ShotSchema))
    timing = fields.Nested(TimingSchema)


class CallBelowSchema(LateCallSchema):
    unit = fields.Nested(AssignedUnitSchema)


class EscalationCountSchema(Schema):
    """Steps of one kind: ``answered`` of them ended since the unit did what was due."""

    kind = fields.String()
    step = fields.String()
    steps = fields.Integer()
    units = fields.Integer()
    answered = fields.Integer()


class EscalatedSchema(Schema):
    unit = fields.Nested(AssignedUnitSchema)
    kind = fields.String()
    step = fields.String()
    deadline = Moment()
    fired_at = Moment()
    ended_at = Moment(allow_none=True)
    told = fields.List(fields.String())


class DirectiveReviewSchema(Schema):
    """Frame ``n`` is the moment ``start`` plus ``n`` steps."""

    directive_id = Id()
    unit = fields.Nested(AssignedUnitSchema)
    start = Moment()
    end = Moment()
    step_seconds = fields.Integer()
    frames = fields.Integer()
    counts = fields.List(fields.String())
    total = fields.List(fields.Nested(ShotSchema))
    counties = fields.List(fields.Nested(CountyFilmSchema))
    levels = fields.List(fields.Nested(LevelTimingSchema))
    timing = fields.Nested(TimingSchema)
    response_levels = fields.List(fields.Nested(EventLevelSchema))
    calls = fields.List(fields.Nested(CallBelowSchema))
    escalations = fields.List(fields.Nested(EscalationCountSchema))
    escalated = fields.List(
        fields.Nested(EscalatedSchema), metadata={"description": "The latest 200, in their order"}
    )
    moves = fields.Integer(metadata={"description": "How many moves it was made of"})
    history_sha256 = fields.String()
    sha256 = fields.String(metadata={"description": "Of all of this but ``at``"})
    at = Moment()
