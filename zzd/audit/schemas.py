"""What the audit log's routes take and give."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, PageQuerySchema, Text

OUTCOMES = ["done", "denied"]


class AuditEntrySchema(Schema):
    """One act or denial, sealed: ``hash`` covers the entry and the hash before it."""

    id = Id()
    at = Moment()
    account_id = Id(allow_none=True)
    username = fields.String(allow_none=True)
    action = fields.String()
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    object_kind = fields.String(allow_none=True)
    object_id = fields.String(allow_none=True)
    detail = fields.Dict(keys=fields.String())
    previous_hash = fields.String()
    hash = fields.String()


class AuditQuerySchema(PageQuerySchema):
    action = Text(64, load_default=None)
    account_id = Id(load_default=None)
    outcome = fields.String(load_default=None, validate=validate.OneOf(OUTCOMES))
