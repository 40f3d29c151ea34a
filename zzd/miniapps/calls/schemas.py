"""What calls in take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import (
    Id,
    Moment,
    Name,
    OfficialId,
    PageQuerySchema,
    StrictSchema,
    Text,
    client_id_field,
)

MOST = 2**53


class EntryQuerySchema(PageQuerySchema):
    prefix = fields.String(load_default="", validate=validate.Regexp(r"^[A-Za-z0-9._-]{0,128}\Z"))


class EntryBodySchema(StrictSchema):
    value = fields.Raw(required=True, allow_none=True)
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, MOST),
        metadata={"description": "The one it was seen at; 0: it was not there; null: whatever"},
    )


class EntryVersionSchema(Schema):
    version = fields.Integer(load_default=None, validate=validate.Range(1, MOST))


class EntrySchema(Schema):
    key = fields.String()
    value = fields.Raw(allow_none=True)
    version = fields.Integer()
    size = fields.Integer(metadata={"description": "Bytes as JSON"})
    updated_at = Moment()


class TodoRequestSchema(StrictSchema):
    official_id = OfficialId(
        load_default=None, metadata={"description": "Left out: the official the app acts for"}
    )
    title = Name(100, required=True)
    link = Text(500, load_default=None, allow_none=True)
    due_at = Moment(load_default=None, allow_none=True)
    client_id = client_id_field()


class TodoChangesSchema(StrictSchema):
    title = Name(100)
    link = Text(500, allow_none=True)
    due_at = Moment(allow_none=True)
    state = fields.String(validate=validate.OneOf(["done", "withdrawn"]))


class TodoQuerySchema(PageQuerySchema):
    state = fields.String(load_default=None, validate=validate.OneOf(["open", "done", "withdrawn"]))


class TodoSchema(Schema):
    id = Id()
    miniapp_id = Id()
    official_id = OfficialId()
    title = fields.String()
    link = fields.String(allow_none=True)
    due_at = Moment(allow_none=True)
    state = fields.String()
    settled_by = fields.String(allow_none=True, metadata={"description": "app or official"})
    settled_at = Moment(allow_none=True)
    created_at = Moment()
    changed_at = Moment()


class TodoAppNameSchema(Schema):
    zh = fields.String()
    en = fields.String()


class TodoAppSchema(Schema):
    id = Id()
    app_id = fields.String()
    name = fields.Nested(TodoAppNameSchema)


class MyTodoSchema(TodoSchema):
    app = fields.Nested(
        TodoAppSchema,
        allow_none=True,
        metadata={"description": "null: the app is suspended or installed here no more"},
    )


class TodoCountSchema(Schema):
    miniapp_id = Id()
    open = fields.Integer()
    late = fields.Integer()


class TodoCountsSchema(Schema):
    open = fields.Integer()
    late = fields.Integer()
    apps = fields.List(fields.Nested(TodoCountSchema))


class CallQuerySchema(PageQuerySchema):
    failed = fields.Boolean(load_default=False)


class AppCallSchema(Schema):
    id = Id()
    installation_id = Id(allow_none=True)
    for_official = fields.Boolean()
    at = Moment()
    took_ms = fields.Integer()
    method = fields.String()
    path = fields.String()
    status = fields.Integer()
    code = fields.String(allow_none=True)


class AppMessageSchema(StrictSchema):
    """Words, files, or both."""

    text = Text(5000, shortest=0, load_default="")
    files = fields.List(
        Id(),
        load_default=list,
        validate=validate.Length(0, 9),
        metadata={"description": "Ids of files that this installation uploaded"},
    )
    client_id = client_id_field()

    @validates_schema
    def says_something(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data["files"] and not data["text"].strip():
            raise ValidationError({"text": ["Say something, or send files."]})
        if len(set(data["files"])) < len(data["files"]):
            raise ValidationError({"files": ["Each file once."]})
