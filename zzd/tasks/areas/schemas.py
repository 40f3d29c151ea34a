"""How an area on the map is written down, and what it comes to."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from zzd.api import Id, StrictSchema, Text
from zzd.orgtree.audiences import LEVELS, ROLES
from zzd.tasks.areas.borders import MOST_POINTS


class Degrees(fields.Float):
    """A number in JSON, neither a text of digits nor true, nor what is no number at all."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.make_error("invalid")
        return round(float(super()._deserialize(value, *args, **kwargs)), 6)


def point_field() -> fields.Tuple:
    return fields.Tuple(
        (
            Degrees(required=True, validate=validate.Range(-180, 180)),
            Degrees(required=True, validate=validate.Range(-90, 90)),
        ),
        metadata={"description": "Longitude, latitude"},
    )


class DrawnAreaSchema(StrictSchema):
    """A line drawn on the map, and who within it: the last point is joined to the first."""

    polygon = fields.List(point_field(), required=True, validate=validate.Length(3, MOST_POINTS))
    levels = fields.List(
        fields.Integer(strict=True, validate=validate.OneOf(list(LEVELS))),
        required=True,
        validate=validate.Length(1, 12),
    )
    line = Text(32, allow_none=True, load_default=None)
    role = fields.String(validate=validate.OneOf(list(ROLES)), allow_none=True, load_default=None)


class TouchedSchema(Schema):
    id = Id()
    code = fields.String()
    name = fields.String()
    level = fields.Integer()


class ChosenAudienceSchema(Schema):
    unit_id = Id()
    levels = fields.List(fields.Integer())
    line = fields.String(allow_none=True)
    role = fields.String(allow_none=True)
    text = fields.String()


class AreaPreviewSchema(Schema):
    """``units`` is how many units there are in these audiences today."""

    audiences = fields.List(fields.Nested(ChosenAudienceSchema))
    touched = fields.List(fields.Nested(TouchedSchema))
    left_out = fields.List(fields.String())
    units = fields.Integer()
