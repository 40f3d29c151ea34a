"""What goes with a directive, as requests and answers have it."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, StrictSchema, Text
from zzd.orgtree.audiences import LEVELS, ROLES
from zzd.tasks.areas.schemas import ChosenAudienceSchema, DrawnAreaSchema, point_field

MOST_AUDIENCES = 50
MOST_UNITS = 200
MOST_PARTNERS = 50
MOST_FILES = 20


def ids(most: int, description: str) -> fields.List[Any]:
    return fields.List(
        Id(),
        validate=validate.Length(max=most),
        load_default=list,
        metadata={"description": description},
    )


class AudienceInputSchema(StrictSchema):
    unit_id = Id(required=True)
    levels = fields.List(
        fields.Integer(strict=True, validate=validate.OneOf(list(LEVELS))),
        validate=validate.Length(1, 12),
        allow_none=True,
        load_default=None,
    )
    line = Text(32, allow_none=True, load_default=None)
    role = fields.String(validate=validate.OneOf(list(ROLES)), allow_none=True, load_default=None)


class CompanyInputSchema(StrictSchema):
    """Whom it addresses, by audiences or in other ways, and what goes with it: said in the same
    words of a directive and of a draft of one."""

    audiences = fields.List(
        fields.Nested(AudienceInputSchema),
        validate=validate.Length(max=MOST_AUDIENCES),
        load_default=list,
    )
    unit_ids = ids(MOST_UNITS, "Units addressed one by one")
    area = fields.Nested(
        DrawnAreaSchema,
        allow_none=True,
        load_default=None,
        metadata={"description": "Units inside a line on the map or touching it"},
    )
    lead_unit_id = Id(
        allow_none=True, load_default=None, metadata={"description": "The unit that leads 牵头"}
    )
    cooperating_unit_ids = ids(MOST_PARTNERS, "Units that cooperate with it 配合")
    copies = fields.List(
        fields.Nested(AudienceInputSchema),
        validate=validate.Length(max=MOST_PARTNERS),
        load_default=list,
        metadata={"description": "Who may see it and is asked for nothing 抄送"},
    )
    file_ids = ids(MOST_FILES, "Files attached")


class NamedUnitSchema(Schema):
    id = Id()
    name = fields.String()


class AttachedFileSchema(Schema):
    id = fields.String()
    name = fields.String()
    size = fields.Integer()
    media_type = fields.String(allow_none=True)
    type = fields.String(allow_none=True)
    width = fields.Integer(allow_none=True)
    height = fields.Integer(allow_none=True)
    pages = fields.Integer(allow_none=True)
    variants = fields.Dict(keys=fields.String())
    inline = fields.Boolean()


class AreaShownSchema(Schema):
    polygon = fields.List(point_field())
    levels = fields.List(fields.Integer())
    touched = fields.List(
        fields.String(), metadata={"description": "The counties that the area touches, by name"}
    )


class PlanRefSchema(Schema):
    """The order of a plan that a directive was issued from."""

    id = Id()
    no = fields.Integer(metadata={"description": "Version of the plan"})
    name = fields.String()
    level = fields.Integer()
    key = fields.String()


class CountersignedSchema(Schema):
    id = Id()
    name = fields.String()
    post_title = fields.String()
    unit_name = fields.String()
    at = Moment()


class CompanySchema(Schema):
    """What goes with a directive, as everybody who sees it sees it."""

    lead_unit = fields.Nested(NamedUnitSchema, allow_none=True)
    cooperating_units = fields.List(fields.Nested(NamedUnitSchema))
    copies = fields.List(fields.Nested(ChosenAudienceSchema))
    files = fields.List(fields.Nested(AttachedFileSchema))
    area = fields.Nested(AreaShownSchema, allow_none=True)
    plan = fields.Nested(PlanRefSchema, allow_none=True)
    countersigned = fields.Nested(CountersignedSchema, allow_none=True)
