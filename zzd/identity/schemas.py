"""What identity's routes take and give."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from zzd.api import Id, Moment, PageQuerySchema, StrictSchema, Text, client_id_field
from zzd.identity.grants import ROLE_NAMES
from zzd.identity.passwords import LONGEST
from zzd.identity.second_factor.schemas import SecondFactorSchema, code_field
from zzd.orgtree.schemas import (
    AudienceRequestSchema,
    AudienceSchema,
    OfficialRefSchema,
    OfficialSchema,
    PostSchema,
)


class SignInSchema(StrictSchema):
    username = Text(64, required=True)
    password = Text(LONGEST, required=True)
    code = code_field(load_default=None, allow_none=True)
    client = fields.String(validate=validate.OneOf(["browser", "program"]), load_default="program")
    # What a browser calls itself may be long; the session keeps the start of it.
    device = Text(1000, shortest=0, load_default="")


class SignedInSchema(Schema):
    """The token is shown once, here; a browser has it in its cookie and never sees it."""

    token = fields.String(metadata={"description": "Programs: send as Authorization: Bearer"})
    csrf_token = fields.String(metadata={"description": "Browsers: send as X-CSRF-Token"})
    expires_at = Moment()
    official = fields.Nested(OfficialSchema, allow_none=True)
    posts = fields.List(fields.Nested(PostSchema))
    post = fields.Nested(PostSchema, allow_none=True)


class SessionSchema(Schema):
    id = Id()
    kind = fields.String()
    device = fields.String()
    created_at = Moment()
    expires_at = Moment()
    current = fields.Boolean()


class AccountRefSchema(Schema):
    id = Id()
    username = fields.String()


class HeldGrantSchema(Schema):
    id = Id()
    role = fields.String()
    unit_id = Id(allow_none=True)
    audience = fields.Nested(AudienceSchema, allow_none=True)
    text = fields.String()


class OwnSessionSchema(Schema):
    id = Id()
    kind = fields.String()
    expires_at = Moment()


class MaySchema(Schema):
    issue_directives = fields.Boolean()
    administer = fields.Boolean()
    develop_apps = fields.Boolean()
    review_apps = fields.Boolean()
    post_announcements = fields.Boolean()


class PrincipalSchema(Schema):
    """The caller: an account, mostly an official acting in one of their posts."""

    account = fields.Nested(AccountRefSchema)
    official = fields.Nested(OfficialSchema, allow_none=True)
    post = fields.Nested(PostSchema, allow_none=True)
    posts = fields.List(fields.Nested(PostSchema))
    grants = fields.List(fields.Nested(HeldGrantSchema))
    session = fields.Nested(OwnSessionSchema)
    csrf_token = fields.String(metadata={"description": "Browser sessions only"})
    may = fields.Nested(MaySchema)
    second_factor = fields.Nested(SecondFactorSchema)


class ActingPostSchema(StrictSchema):
    post_id = Id(required=True)


class PasswordChangeSchema(StrictSchema):
    current = Text(LONGEST, required=True)
    new = Text(LONGEST, required=True)


class AccountSchema(Schema):
    """Something that signs in. ``roles`` are what it is granted, each once; ``second_factor``
    whether one is on."""

    id = Id()
    username = fields.String()
    status = fields.String(validate=validate.OneOf(["active", "disabled"]))
    official = fields.Nested(OfficialRefSchema, allow_none=True)
    roles = fields.List(fields.String())
    second_factor = fields.Boolean()
    created_at = Moment()


class CreatedAccountSchema(AccountSchema):
    initial_password = fields.String(
        allow_none=True,
        metadata={"description": "Shown this once; null when the request was a repeat"},
    )


class AccountQuerySchema(PageQuerySchema):
    q = Text(64, load_default=None, metadata={"description": "Beginning of the user name"})


class AccountCreationSchema(StrictSchema):
    username = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[a-z0-9][a-z0-9._-]{1,63}\Z",
            error="2 to 64 of a-z, 0-9, dot, underscore and hyphen, a letter or digit first.",
        ),
    )
    official_id = Id(load_default=None, allow_none=True)
    client_id = client_id_field()


class AccountChangeSchema(StrictSchema):
    status = fields.String(required=True, validate=validate.OneOf(["active", "disabled"]))


class InitialPasswordSchema(Schema):
    initial_password = fields.String(metadata={"description": "Shown this once"})


class GrantSchema(HeldGrantSchema):
    """A right of an account; ``audience`` is an issuer's, ``unit_id`` is set for what is over
    a unit and all below it."""

    account = fields.Nested(AccountRefSchema)
    granted_at = Moment()
    revoked_at = Moment(allow_none=True)


class GrantQuerySchema(PageQuerySchema):
    account_id = Id(load_default=None)
    role = fields.String(load_default=None, validate=validate.OneOf(list(ROLE_NAMES)))


class GrantCreationSchema(StrictSchema):
    """An issuer's grant has an ``audience``, a unit administrator's a ``unit_id``; the others
    have neither."""

    account_id = Id(required=True)
    role = fields.String(required=True, validate=validate.OneOf(list(ROLE_NAMES)))
    audience = fields.Nested(AudienceRequestSchema, load_default=None, allow_none=True)
    unit_id = Id(load_default=None, allow_none=True)
    client_id = client_id_field()

    @validates_schema
    def check_reach(self, data: dict[str, Any], **_kwargs: Any) -> None:
        for member, role in (("audience", "issuer"), ("unit_id", "unit_admin")):
            if data[member] is None and data["role"] == role:
                raise ValidationError(f"A grant of {role} needs one.", member)
            if data[member] is not None and data["role"] != role:
                raise ValidationError(f"Only a grant of {role} has one.", member)
