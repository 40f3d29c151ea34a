"""What the routes of reports take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.messaging.files.carrying import Number
from zzd.messaging.files.rules import MOST_FILES
from zzd.messaging.files.schemas import FileSchema
from zzd.tasks.reporting.rules import CASUALTIES, Kind
from zzd.tasks.schemas import ActorSchema, AssignedUnitSchema

KINDS = [kind.value for kind in Kind]
MOST_PEOPLE = 10**9


def _people() -> fields.Integer:
    return fields.Integer(
        strict=True,
        validate=validate.Range(0, MOST_PEOPLE),
        allow_none=True,
        load_default=None,
        metadata={"description": "The unit's own; null where it is not known"},
    )


class CasualtiesInputSchema(StrictSchema):
    dead = _people()
    missing = _people()
    injured = _people()


class CasualtiesSchema(Schema):
    dead = fields.Integer(allow_none=True)
    missing = fields.Integer(allow_none=True)
    injured = fields.Integer(allow_none=True)


class PositionSchema(StrictSchema):
    """WGS-84 degrees, metres."""

    latitude = Number(required=True, validate=validate.Range(-90, 90))
    longitude = Number(required=True, validate=validate.Range(-180, 180))
    accuracy = Number(load_default=None, allow_none=True, validate=validate.Range(0, 100_000))
    name = Text(100, allow_none=True, load_default=None)


class PhotoInputSchema(StrictSchema):
    file_id = Id(required=True)
    taken_at = Moment(allow_none=True, load_default=None)
    position = fields.Nested(PositionSchema, allow_none=True, load_default=None)


class AttachmentInputSchema(StrictSchema):
    file_id = Id(required=True)


class ReportCreateSchema(StrictSchema):
    kind = fields.String(
        validate=validate.OneOf(KINDS),
        allow_none=True,
        load_default=None,
        metadata={"description": "`final` freezes; which report is the first, the server knows"},
    )
    # What each figure may be is the directive's to say: see zzd.tasks.figures.
    figures = fields.Dict(keys=Text(64), values=fields.Raw(allow_none=True), load_default=dict)
    by_risk = fields.Dict(
        keys=Text(64),
        values=fields.Dict(keys=Text(64), values=fields.Raw(allow_none=True)),
        load_default=dict,
        metadata={"description": "Of a figure, how much is of each kind of risk"},
    )
    casualties = fields.Nested(CasualtiesInputSchema, allow_none=True, load_default=None)
    text = Text(4000, allow_none=True, load_default=None)
    explanation = Text(1000, allow_none=True, load_default=None)
    position = fields.Nested(PositionSchema, allow_none=True, load_default=None)
    photos = fields.List(
        fields.Nested(PhotoInputSchema), load_default=list, validate=validate.Length(max=MOST_FILES)
    )
    files = fields.List(
        fields.Nested(AttachmentInputSchema),
        load_default=list,
        validate=validate.Length(max=MOST_FILES),
    )
    rescue_open = fields.Boolean(
        load_default=False,
        metadata={"description": "People are still being rescued: holds up the all-clear"},
    )
    proxy_reason = Text(
        500,
        allow_none=True,
        load_default=None,
        metadata={"description": "Why you report for people of the unit who cannot"},
    )
    device_time = Moment(allow_none=True, load_default=None)
    device_clock = Moment(
        allow_none=True,
        load_default=None,
        metadata={
            "description": "What the device's clock shows as it sends; may differ in a repeat"
        },
    )
    client_id = client_id_field()

    @validates_schema
    def each_file_once(self, data: dict[str, Any], **_: object) -> None:
        for name in ("photos", "files"):
            ids = [each["file_id"] for each in data.get(name, ())]
            if len(set(ids)) < len(ids):
                raise ValidationError({name: ["Each file once."]})


class QuestionSchema(Schema):
    """What had to be explained. ``parts_exceed``: the parts by risk are more than the figure."""

    reason = fields.String(validate=validate.OneOf(["jump", "parts_exceed", "fewer_dead"]))
    figure = fields.String()
    from_ = fields.Integer(data_key="from", attribute="from")
    to = fields.Integer(allow_none=True)
    ratio = fields.Float(allow_none=True)


class ReportedFileSchema(FileSchema):
    """A file as a report keeps it: all of it was there."""

    class Meta:
        exclude = ("state", "created_at")


class PhotoSchema(ReportedFileSchema):
    taken_at = Moment(allow_none=True)
    position = fields.Nested(PositionSchema, allow_none=True)


class ReportSchema(Schema):
    id = Id()
    no = fields.Integer()
    kind = fields.String(validate=validate.OneOf(KINDS))
    corrects = fields.Integer(
        allow_none=True, metadata={"description": "The number of the final report it corrects"}
    )
    figures = fields.Dict(keys=fields.String(), values=fields.Integer())
    by_risk = fields.Dict(
        keys=fields.String(), values=fields.Dict(keys=fields.String(), values=fields.Integer())
    )
    casualties = fields.Nested(CasualtiesSchema)
    text = fields.String(allow_none=True)
    position = fields.Nested(PositionSchema, allow_none=True)
    photos = fields.List(fields.Nested(PhotoSchema))
    files = fields.List(fields.Nested(ReportedFileSchema))
    explanation = fields.String(allow_none=True)
    asked = fields.List(fields.Nested(QuestionSchema))
    by = fields.Nested(ActorSchema)
    created_at = Moment()
    device_time = Moment(allow_none=True)
    skew_seconds = fields.Integer(
        allow_none=True, metadata={"description": "How far ahead the device's clock was"}
    )
    is_skewed = fields.Boolean(metadata={"description": "By more than five minutes"})
    counted = fields.Boolean(
        metadata={"description": "False: it came after the unit's part had ended"}
    )
    rescue_open = fields.Boolean()
    proxy_reason = fields.String(allow_none=True)
    client_id = fields.String(allow_none=True, metadata={"description": "Only to its sender"})


class CorrectionCreateSchema(StrictSchema):
    reason = Text(1000, required=True)
    client_id = client_id_field()


class PartsQuerySchema(PageQuerySchema):
    """One number of the roll-up at a unit: a figure, of one kind of risk or whole, or casualties."""

    unit_id = Id(load_default=None)
    figure = fields.String(load_default=None, validate=validate.Length(1, 64))
    risk = fields.String(load_default=None, validate=validate.Length(1, 64))
    casualty = fields.String(load_default=None, validate=validate.OneOf(CASUALTIES))
    own = fields.Boolean(
        load_default=False, metadata={"description": "Of the unit alone, without those below it"}
    )

    @validates_schema
    def one_number(self, data: dict[str, Any], **_: object) -> None:
        if (data.get("figure") is None) == (data.get("casualty") is None):
            raise ValidationError("Either figure or casualty.", "figure")
        if data.get("risk") is not None and data.get("figure") is None:
            raise ValidationError("Only of a figure.", "risk")


class RollupPartSchema(Schema):
    """A report that a sum consists of, and what it adds to it."""

    unit = fields.Nested(AssignedUnitSchema)
    assignment_id = Id()
    value = fields.Integer()
    report = fields.Nested(ReportSchema)
