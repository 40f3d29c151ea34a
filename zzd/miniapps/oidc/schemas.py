"""What the authorization server takes and gives."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields

from zzd.api import Id
from zzd.orgtree.schemas import LineSchema, UnitOfPostSchema


class TokenRequestSchema(Schema):
    """RFC 6749 and RFC 7636; Authlib checks it. The client may identify itself by HTTP Basic."""

    class Meta:
        unknown = EXCLUDE

    grant_type = fields.String(
        metadata={"enum": ["authorization_code", "refresh_token", "client_credentials"]}
    )
    code = fields.String()
    redirect_uri = fields.String()
    code_verifier = fields.String()
    refresh_token = fields.String()
    scope = fields.String()
    installation_id = fields.String(
        metadata={"description": "With client_credentials: where the app acts"}
    )
    client_id = fields.String()
    client_secret = fields.String()


class TokenFormSchema(Schema):
    """RFC 7009 and RFC 7662; Authlib checks it."""

    class Meta:
        unknown = EXCLUDE

    token = fields.String()
    token_type_hint = fields.String()
    client_id = fields.String()
    client_secret = fields.String()


class AuthorizationQuerySchema(Schema):
    """OpenID Connect Core 3.1.2.1 and RFC 7636."""

    class Meta:
        unknown = EXCLUDE

    response_type = fields.String(metadata={"const": "code"})
    client_id = fields.String()
    redirect_uri = fields.String()
    scope = fields.String(metadata={"description": "openid, and what was consented to"})
    state = fields.String()
    nonce = fields.String()
    code_challenge = fields.String()
    code_challenge_method = fields.String(metadata={"const": "S256"})
    prompt = fields.String()


class IntrospectionSchema(Schema):
    active = fields.Boolean(required=True)
    iss = fields.String()
    sub = fields.String()
    client_id = fields.String()
    token_type = fields.String()
    scope = fields.String()
    iat = fields.Integer()
    exp = fields.Integer()
    installation_id = fields.String()


class OAuthErrorSchema(Schema):
    error = fields.String()
    error_description = fields.String()


class UserInfoPostSchema(Schema):
    title = fields.String()
    role = fields.String()
    line = fields.Nested(LineSchema)


class UserInfoSchema(Schema):
    """``sub`` always; the rest with the scope ``identity``."""

    sub = fields.String(metadata={"description": "The official, for this supplier's apps only"})
    official_id = Id(metadata={"description": "On the platform, with the scope identity.id"})
    name = fields.String()
    post = fields.Nested(UserInfoPostSchema)
    unit = fields.Nested(UnitOfPostSchema)


class TokenSchema(Schema):
    access_token = fields.String()
    token_type = fields.String(metadata={"const": "Bearer"})
    expires_in = fields.Integer(metadata={"description": "Seconds"})
    scope = fields.String()
    refresh_token = fields.String(metadata={"description": "Good once; none for the app itself"})
    id_token = fields.String(metadata={"description": "With the scope openid"})
    installation_id = fields.String()
    user = fields.Nested(
        UserInfoSchema, metadata={"description": "With a code: who opened the app"}
    )
