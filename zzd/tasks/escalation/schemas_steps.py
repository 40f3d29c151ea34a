"""How steps that were taken, and the one that comes next, are shown."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import (
    Id,
    Moment,
    OfficialId,
    PageQuerySchema,
    StrictSchema,
    Text,
    client_id_field,
)
from zzd.messaging.dings.rules import LONGEST_TEXT, PHONE_CHANNELS
from zzd.tasks.escalation.rules import STEPS
from zzd.tasks.escalation.timetable import ASK
from zzd.tasks.responses import MODES

KINDS = ("acknowledge", "report")


class ToldOfficialSchema(Schema):
    """An official as they were then."""

    id = OfficialId()
    name = fields.String()
    post_title = fields.String()
    unit_name = fields.String()


class NextStepSchema(Schema):
    step = fields.String(validate=validate.OneOf([ASK, *STEPS]))
    at = Moment()
    published = fields.Boolean(
        metadata={
            "description": "False: it counts days of a year whose working days are not published,"
            " in which Monday to Friday are taken for them"
        }
    )


class TakenStepSchema(Schema):
    """Somebody was told that a unit is late, or it was asked for its next report."""

    no = fields.Integer()
    kind = fields.String(validate=validate.OneOf(KINDS))
    deadline = Moment()
    step = fields.String(validate=validate.OneOf([ASK, *STEPS, "urge"]))
    due_at = Moment()
    fired_at = Moment()
    ended_at = Moment(allow_none=True, metadata={"description": "When the unit had answered"})
    told = fields.List(fields.Nested(ToldOfficialSchema))
    vacant = fields.List(
        fields.String(), metadata={"description": "Duties nobody holds, which were passed over"}
    )
    published = fields.Boolean()
    by = fields.Nested(
        ToldOfficialSchema, allow_none=True, metadata={"description": "Who urged it, by hand"}
    )


class EscalationQuerySchema(PageQuerySchema):
    mode = fields.String(validate=validate.OneOf(MODES), load_default=None)


class UrgeCreateSchema(StrictSchema):
    assignment_ids = fields.List(Id(), required=True, validate=validate.Length(1, 200))
    text = Text(LONGEST_TEXT, allow_none=True, load_default=None)
    channels = fields.List(
        fields.String(validate=validate.OneOf(PHONE_CHANNELS)),
        validate=validate.Length(max=len(PHONE_CHANNELS)),
        load_default=list,
    )
    client_id = client_id_field()


class UrgeSchema(Schema):
    id = Id()
    units = fields.Integer(metadata={"description": "Late units whose officials were told"})
    unreached = fields.Integer(metadata={"description": "Late units with nobody to tell"})
    ding_id = Id(allow_none=True)
    at = Moment()
