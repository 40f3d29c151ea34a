"""What the routes of the picture take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, StrictSchema, Text, client_id_field
from zzd.messaging.dings.rules import LONGEST_TEXT
from zzd.tasks.picture.rules import PartState
from zzd.tasks.schemas import ActorSchema, AssignedUnitSchema


class CountsSchema(Schema):
    addressed = fields.Integer()
    delivered = fields.Integer()
    acknowledged = fields.Integer()
    reported = fields.Integer()
    completed = fields.Integer()
    overdue = fields.Integer()


class CountyCountsSchema(CountsSchema):
    """A county with everything below it; its ``code`` is that of the map."""

    unit = fields.Nested(AssignedUnitSchema)
    state = fields.String(
        validate=validate.OneOf([state.value for state in PartState]),
        metadata={"description": "What every unit there has done at least"},
    )


class LevelCountsSchema(CountsSchema):
    level = fields.Integer()


class PointSchema(Schema):
    """The sums until a moment: the end of a step in which something changed."""

    at = Moment()
    addressed = fields.Integer()
    acknowledged = fields.Integer()
    reported = fields.Integer()


class SeriesSchema(Schema):
    start = Moment()
    step_seconds = fields.Integer()
    points = fields.List(fields.Nested(PointSchema))


class PictureSchema(Schema):
    directive_id = Id()
    unit = fields.Nested(AssignedUnitSchema)
    counties = fields.List(fields.Nested(CountyCountsSchema))
    levels = fields.List(fields.Nested(LevelCountsSchema))
    series = fields.Nested(SeriesSchema)
    at = Moment()


class LateCallSchema(Schema):
    id = Id()
    at = Moment()
    by = fields.Nested(ActorSchema)
    units = fields.Integer()
    people = fields.Integer()
    ding_ids = fields.List(fields.String())


class LatePreviewSchema(Schema):
    """Whom one click would ring."""

    unit = fields.Nested(AssignedUnitSchema)
    units = fields.Integer()
    people = fields.Integer()
    more = fields.Boolean(metadata={"description": "More people than one click rings"})
    first_units = fields.List(fields.Nested(AssignedUnitSchema))
    text = fields.String()
    last = fields.Nested(LateCallSchema, allow_none=True)
    may_ring = fields.Boolean()
    at = Moment()


class RingSchema(StrictSchema):
    unit_id = Id(allow_none=True, load_default=None)
    text = Text(LONGEST_TEXT, allow_none=True, load_default=None)
    client_id = client_id_field()
