"""OAuth 2.1 and OpenID Connect over HTTP, at the addresses that discovery names."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, redirect, request
from marshmallow import Schema

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading, transaction
from zzd.errors import Invalid, NotPermitted
from zzd.identity.authentication import authenticate_fully
from zzd.miniapps.oidc import here, keys, server
from zzd.miniapps.oidc.authorizing import SignInFirst, authorize
from zzd.miniapps.oidc.identifiers import describe_user
from zzd.miniapps.oidc.schemas import (
    AuthorizationQuerySchema,
    IntrospectionSchema,
    OAuthErrorSchema,
    TokenFormSchema,
    TokenRequestSchema,
    TokenSchema,
    UserInfoSchema,
)

# The web client's page, which comes back to what ``next`` says.
SIGN_IN = "/signin"

blueprint = Blueprint(
    "oauth", "OAuth 2.1 and OpenID Connect for the servers of mini-apps", prefix=""
)


def takes_form(schema: type[Schema]) -> Any:
    """Says so in the document. Authlib reads the form and checks it."""
    content = {"application/x-www-form-urlencoded": {"schema": schema}}
    return blueprint.doc(security=[], requestBody={"required": True, "content": content})


@blueprint.route("/oauth/authorize", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.arguments(AuthorizationQuerySchema, location="query")
@blueprint.response(302)
@blueprint.doc(security=[])
def authorize_client(_documented_only: dict[str, Any]) -> Any:
    """Send a signed-in browser back to the app with a code

    The response is a redirect, with `code` or `error`, `state` and `iss`. PKCE with S256 is required.
    Nobody is asked: the administrator consented when the app was installed.
    """
    if repeated := [name for name, values in request.args.lists() if len(values) > 1]:
        raise Invalid.at(f"/query/{repeated[0]}", "Is there twice")
    try:
        with transaction() as session:
            to = authorize(
                session, request.args.to_dict(), by=authenticate_fully(), issuer=here.issuer()
            )
    except SignInFirst:
        to = f"{SIGN_IN}?{urlencode({'next': request.full_path})}"
    answer = redirect(to, 302)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


@blueprint.route("/oauth/token", methods=["POST"])
@allow(Caller.ANYONE)
@takes_form(TokenRequestSchema)
@blueprint.response(200, TokenSchema)
@blueprint.alt_response(400, schema=OAuthErrorSchema)
@blueprint.alt_response(401, schema=OAuthErrorSchema)
@blueprint.alt_response(429, schema=OAuthErrorSchema)
def exchange_code() -> Response:
    """Exchange a code or a refresh token, or act as the app itself: a token valid 2 hours

    The answer to a code has in `user` who opened the app, as `GET /oauth/userinfo` tells it. A
    refresh token is good once; the answer has the next one. `client_credentials` names the
    installation where there are several.
    """
    with transaction() as session:
        return server.answer_token_request(session)


@blueprint.route("/oauth/revoke", methods=["POST"])
@allow(Caller.ANYONE)
@takes_form(TokenFormSchema)
@blueprint.response(200)
@blueprint.alt_response(401, schema=OAuthErrorSchema)
@blueprint.alt_response(429, schema=OAuthErrorSchema)
def revoke_token() -> Response:
    """Take a token of one's own back (RFC 7009); with a refresh token all of its family"""
    with transaction() as session:
        return server.answer_at(server.REVOCATION, session)


@blueprint.route("/oauth/introspect", methods=["POST"])
@allow(Caller.ANYONE)
@takes_form(TokenFormSchema)
@blueprint.response(200, IntrospectionSchema)
@blueprint.alt_response(401, schema=OAuthErrorSchema)
@blueprint.alt_response(429, schema=OAuthErrorSchema)
def introspect_token() -> Response:
    """What a token of one's own is worth at this moment (RFC 7662)"""
    with transaction() as session:
        return server.answer_at(server.INTROSPECTION, session)


@blueprint.route("/oauth/userinfo", methods=["GET", "POST"])
@allow(Caller.APP)
@blueprint.response(200, UserInfoSchema)
def get_userinfo() -> dict[str, Any]:
    """Who opened the app, as far as its scopes go; OpenID Connect has clients ask by either method"""
    if principal().official_id is None:
        raise NotPermitted("This token is the app's own: nobody opened it")
    with reading() as session:
        return describe_user(session, principal(), key=here.secret_key())


@blueprint.route("/oauth/jwks.json", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.response(200)
def get_signing_keys() -> Any:
    """The keys that ID tokens are signed with (RFC 7517); ask again for one that is not there"""
    with reading() as session:
        listed = keys.public_keys(session)
    if not listed:
        with transaction() as session:
            keys.signer(session, here.secret_key())
            listed = keys.public_keys(session)
    kept = int(keys.LIST_KEPT.total_seconds())
    return {"keys": listed}, 200, {"Cache-Control": f"public, max-age={kept}"}


@blueprint.route("/.well-known/openid-configuration", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.response(200)
def get_openid_configuration() -> dict[str, Any]:
    """What this authorization server can do (OpenID Connect Discovery)"""
    return server.describe_server(here.issuer())


@blueprint.route("/.well-known/oauth-authorization-server", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.response(200)
def get_oauth_metadata() -> dict[str, Any]:
    """The same under its other name (RFC 8414)"""
    return server.describe_server(here.issuer())
