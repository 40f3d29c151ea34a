"""What a plan says: for each response level the orders to give, to whom, and by when."""

from __future__ import annotations

from typing import Any

import orjson
from marshmallow import ValidationError, fields, validate, validates_schema

from zzd.api import Name, StrictSchema, Text
from zzd.orgtree.audiences import LEVELS, ROLES
from zzd.tasks.directives import URGENCIES
from zzd.tasks.drafts.content import minutes_field
from zzd.tasks.responses import LEVELS as RESPONSE_LEVELS
from zzd.tasks.schemas import CODE, TermsSchema

MOST_ORDERS = 30


class PlanAudienceSchema(StrictSchema):
    """A part of whichever unit carries the plan out: organisation levels, a line, a duty."""

    levels = fields.List(
        fields.Integer(strict=True, validate=validate.OneOf(list(LEVELS))),
        required=True,
        validate=validate.Length(1, 6),
    )
    line = Text(32, allow_none=True, load_default=None)
    role = fields.String(validate=validate.OneOf(list(ROLES)), allow_none=True, load_default=None)


class PlanOrderSchema(TermsSchema):
    """A directive to be: its key stays the same through levels and versions."""

    key = fields.String(required=True, validate=validate.Regexp(CODE))
    title = Name(200, required=True)
    text = Text(5000, required=True)
    urgency = fields.String(load_default="urgent", validate=validate.OneOf(URGENCIES))
    audiences = fields.List(
        fields.Nested(PlanAudienceSchema), required=True, validate=validate.Length(1, 10)
    )
    copies = fields.List(
        fields.Nested(PlanAudienceSchema), validate=validate.Length(max=10), load_default=list
    )
    ack_minutes = minutes_field(required=True)
    report_minutes = minutes_field()
    countersign = fields.Boolean(
        load_default=False,
        metadata={"description": "A second official is to countersign it before it is issued"},
    )

    @validates_schema(skip_on_field_errors=True)
    def in_order(self, data: dict[str, Any], **_: object) -> None:
        if (data.get("report_minutes") or data["ack_minutes"]) < data["ack_minutes"]:
            raise ValidationError("Not before the deadline to acknowledge.", "report_minutes")
        keys = [spec["key"] for spec in data["figures"]]
        if len(set(keys)) < len(keys):
            raise ValidationError("Each key may be asked for once.", "figures")


class PlanLevelSchema(StrictSchema):
    level = fields.Integer(required=True, strict=True, validate=validate.OneOf(RESPONSE_LEVELS))
    summary = Text(1000, shortest=0, load_default="")
    orders = fields.List(
        fields.Nested(PlanOrderSchema), required=True, validate=validate.Length(max=MOST_ORDERS)
    )

    @validates_schema(skip_on_field_errors=True)
    def each_key_once(self, data: dict[str, Any], **_: object) -> None:
        keys = [order["key"] for order in data["orders"]]
        if len(set(keys)) < len(keys):
            raise ValidationError("Each key stands once in a level.", "orders")


class PlanContentSchema(StrictSchema):
    name = Name(100, required=True)
    source = Text(
        500,
        shortest=0,
        load_default="",
        metadata={"description": "What it rests on, such as the number of the plan on paper"},
    )
    example = fields.Boolean(
        load_default=False, metadata={"description": "Its figures and deadlines are examples"}
    )
    levels = fields.List(
        fields.Nested(PlanLevelSchema), required=True, validate=validate.Length(1, 4)
    )

    @validates_schema(skip_on_field_errors=True)
    def each_level_once(self, data: dict[str, Any], **_: object) -> None:
        levels = [each["level"] for each in data["levels"]]
        if len(set(levels)) < len(levels):
            raise ValidationError("Each response level stands once.", "levels")


CONTENT = PlanContentSchema()


def keep(content: dict[str, Any]) -> dict[str, Any]:
    """As JSON, from what the schema loaded; the lowest response first."""
    ordered = {**content, "levels": sorted(content["levels"], key=lambda each: -each["level"])}
    packed = orjson.dumps(CONTENT.dump(ordered))
    kept: dict[str, Any] = orjson.loads(packed)
    return kept
