"""What the routes of exports and situation reports take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, Name, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.tasks.schemas import ActorSchema, RollupQuerySchema

FORMATS = ("csv", "xlsx")


class ExportQuerySchema(RollupQuerySchema):
    format = fields.String(validate=validate.OneOf(FORMATS), load_default="xlsx")


class BulletinQuerySchema(PageQuerySchema):
    unit_id = Id(load_default=None)


class BulletinCreateSchema(StrictSchema):
    unit_id = Id(allow_none=True, load_default=None)
    next_steps = Text(5_000, required=True)
    signer = Name(50, required=True)
    # In whose name it is issued: a unit's headquarters has a longer one than the unit.
    office = Name(100, allow_none=True, load_default=None)
    copies = fields.List(Name(100), validate=validate.Length(max=30), load_default=list)
    client_id = client_id_field()


class SectionTableSchema(Schema):
    headings = fields.List(fields.String())
    rows = fields.List(fields.List(fields.String()))
    total = fields.List(fields.String())


class SectionSchema(Schema):
    title = fields.String()
    paragraphs = fields.List(fields.String())
    table = fields.Nested(SectionTableSchema, allow_none=True)


class BulletinContentSchema(Schema):
    masthead = fields.String()
    exercise = fields.Boolean()
    issue = fields.String()
    unit = fields.String()
    date = fields.String()
    title = fields.String()
    as_of = fields.String()
    sections = fields.List(fields.Nested(SectionSchema))
    signer = fields.String()
    copies = fields.List(fields.String())


class BriefBulletinSchema(Schema):
    id = Id()
    no = fields.Integer()
    directive_id = Id()
    unit_id = Id()
    title = fields.String()
    exercise = fields.Boolean()
    at = Moment()
    by = fields.Nested(ActorSchema)
    sha256 = fields.String(metadata={"description": "Of the content, as printed on it"})


class BulletinSchema(BriefBulletinSchema):
    content = fields.Nested(BulletinContentSchema)
