"""What the routes of installations take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.miniapps.manifests import CATEGORIES
from zzd.miniapps.schemas import AppFaceSchema, SignatureSchema
from zzd.orgtree.schemas import AudienceRequestSchema, AudienceSchema, UnitRefSchema


class AskedScopeSchema(Schema):
    name = fields.String()
    reason = fields.String(metadata={"description": "In the supplier's words"})


class AskedEventSchema(Schema):
    type = fields.String()
    scope = fields.String(metadata={"description": "Without consent to it, it is not told"})


class InstallableSchema(AppFaceSchema):
    """A published app with what it asks of whoever installs it."""

    miniapp_id = Id()
    version = fields.Integer()
    entry_origin = fields.String()
    scopes = fields.List(fields.Nested(AskedScopeSchema))
    optional_scopes = fields.List(fields.Nested(AskedScopeSchema))
    events = fields.List(
        fields.Nested(AskedEventSchema), metadata={"description": "What it wants to be told of"}
    )
    screenshots = fields.Dict(
        allow_none=True, metadata={"description": "As the manifest has them, by language"}
    )
    settings = fields.List(fields.Dict())
    privacy = fields.Dict(allow_none=True)
    supplier = fields.Dict(allow_none=True)
    audience = fields.Nested(AudienceSchema, metadata={"description": "Whom it is for"})
    data_audience = fields.Nested(
        AudienceSchema, metadata={"description": "What it wants to know of; installing narrows it"}
    )


class InstallableQuerySchema(PageQuerySchema):
    q = Text(60, shortest=0, load_default=None)
    category = fields.String(validate=validate.OneOf(CATEGORIES), load_default=None)


class InstallationQuerySchema(PageQuerySchema):
    miniapp_id = Id(load_default=None)


def _scopes(**kwargs: Any) -> fields.List[str]:
    said = "All that the app cannot do without, and any of the others"
    return fields.List(
        Text(60), validate=validate.Length(0, 40), metadata={"description": said}, **kwargs
    )


_VERSION = {"description": "The version that was looked at; refused if there is a newer"}


class InstallationRequestSchema(StrictSchema):
    miniapp_id = Id(required=True)
    unit_id = Id(required=True)
    scopes = _scopes(required=True)
    data_audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
    settings = fields.Dict(keys=fields.String(), load_default=None, allow_none=True)
    version = fields.Integer(
        strict=True, load_default=None, validate=validate.Range(1, 2**31 - 1), metadata=_VERSION
    )
    client_id = client_id_field()


class InstallationChangeSchema(StrictSchema):
    """What is not named stays as it is."""

    scopes = _scopes(load_default=None, allow_none=True)
    data_audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
    settings = fields.Dict(keys=fields.String(), load_default=None, allow_none=True)
    version = fields.Integer(
        strict=True, load_default=None, validate=validate.Range(1, 2**31 - 1), metadata=_VERSION
    )


class InstalledAppSchema(AppFaceSchema):
    id = Id()
    suspended = fields.Boolean()
    retired = fields.Boolean()


class InstallationSchema(Schema):
    """An app as a unit's administrator installed it for the unit and all below it."""

    id = Id()
    miniapp = fields.Nested(InstalledAppSchema)
    unit = fields.Nested(
        UnitRefSchema,
        allow_none=True,
        metadata={"description": "Null to an app that may not know it"},
    )
    data_audience = fields.Nested(AudienceSchema)
    scopes = fields.List(fields.String())
    scopes_to_consent_to = fields.List(
        fields.String(), metadata={"description": "Asked for since; the app works without them"}
    )
    settings = fields.Dict()
    version = fields.Integer(
        metadata={"description": "The app's version when scopes were last consented to"}
    )
    installed_by = fields.Nested(
        SignatureSchema, allow_none=True, metadata={"description": "Null to the app"}
    )
    created_at = Moment()
    changed_at = Moment()
