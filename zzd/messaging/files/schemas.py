"""The shapes of files in JSON."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, StrictSchema
from zzd.messaging.files.rules import ORIGINAL, VARIANTS

TYPES = ("image", "audio", "video", "pdf", "text", "document", "archive", "other")


def _variant_field() -> fields.String:
    return fields.String(load_default=ORIGINAL, validate=validate.OneOf([ORIGINAL, *VARIANTS]))


class SizeSchema(Schema):
    width = fields.Integer(metadata={"example": 320})
    height = fields.Integer(metadata={"example": 240})


class UploadSchema(Schema):
    """An upload; its id is the file's."""

    id = fields.String(attribute="file_id", metadata={"example": "17"})
    offset = fields.Integer(attribute="received", metadata={"example": 0})
    size = fields.Integer(metadata={"example": 734003})


class FileSchema(Schema):
    """A file. What it is follows from its content."""

    id = fields.String(metadata={"example": "17"})
    name = fields.String(metadata={"example": "险情照片.jpg"})
    size = fields.Integer(metadata={"example": 734003})
    media_type = fields.String(allow_none=True, metadata={"example": "image/jpeg"})
    type = fields.String(allow_none=True, validate=validate.OneOf(TYPES))
    state = fields.String(validate=validate.OneOf(["uploading", "ready"]))
    width = fields.Integer(allow_none=True)
    height = fields.Integer(allow_none=True)
    pages = fields.Integer(allow_none=True, metadata={"description": "Of a PDF"})
    variants = fields.Dict(
        keys=fields.String(validate=validate.OneOf(VARIANTS)), values=fields.Nested(SizeSchema)
    )
    inline = fields.Boolean(metadata={"description": "It may be shown in the page"})
    created_at = Moment()


class ContentQuerySchema(Schema):
    variant = _variant_field()
    download = fields.Boolean(load_default=False)


class TextSchema(Schema):
    text = fields.String(metadata={"description": "The first 64 KiB"})
    encoding = fields.String(metadata={"example": "utf-8"})
    truncated = fields.Boolean()


class AllowanceSchema(Schema):
    """Bytes."""

    used = fields.Integer()
    quota = fields.Integer()
    file_limit = fields.Integer()


class LinkItemSchema(StrictSchema):
    file_id = Id(required=True, metadata={"example": "17"})
    variant = _variant_field()
    download = fields.Boolean(load_default=False)


class LinksRequestSchema(StrictSchema):
    items = fields.List(
        fields.Nested(LinkItemSchema), required=True, validate=validate.Length(1, 100)
    )


class LinkSchema(Schema):
    file_id = Id()
    variant = fields.String()
    url = fields.String()
    expires_at = Moment()


class LinksSchema(Schema):
    items = fields.List(fields.Nested(LinkSchema))
