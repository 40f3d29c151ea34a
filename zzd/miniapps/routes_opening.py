"""Opening apps: the workbench, launch codes, and OAuth for the apps' own servers."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app
from flask_smorest import Blueprint as SmorestBlueprint

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading, transaction
from zzd.miniapps import oauth, tokens, workbench
from zzd.miniapps.schemas import (
    LaunchedSchema,
    LaunchSchema,
    OAuthErrorSchema,
    TokenRequestSchema,
    TokenSchema,
    UserInfoSchema,
    WorkbenchEntrySchema,
    WorkbenchQuerySchema,
)

blueprint = Blueprint("workbench", "The workbench: apps for me, and opening one")
oauth_blueprint = SmorestBlueprint(
    "oauth", __name__, url_prefix="", description="OAuth 2.1 for the servers of mini-apps"
)


@blueprint.route("/workbench", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(WorkbenchQuerySchema, location="query")
@blueprint.response(200, page_schema(WorkbenchEntrySchema))
def get_workbench(query: dict[str, Any]) -> dict[str, Any]:
    """The published apps whose audience has one of my posts in it"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        versions = workbench.list_apps(
            session,
            principal(),
            q=query["q"],
            category=query["category"],
            after_id=position[0] if position else None,
            limit=query["limit"],
        )
    listed = page(versions, query["limit"], lambda version: [version.miniapp_id])
    return {**listed, "items": [workbench.describe_entry(one) for one in listed["items"]]}


@blueprint.route("/miniapps/<id:miniapp_id>/launch", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(LaunchSchema)
@blueprint.response(201, LaunchedSchema)
def launch_miniapp(body: dict[str, Any], miniapp_id: int) -> Any:
    """Open an app: a single-use code, with which its server learns who I am"""
    with transaction() as session:
        launched = workbench.launch_app(
            session,
            miniapp_id,
            by=principal(),
            redirect_uri=body["redirect_uri"],
            code_challenge=body["code_challenge"],
            state=body["state"],
        )
    return launched._asdict(), 201, {"Cache-Control": "no-store"}


@oauth_blueprint.route("/oauth/token", methods=["POST"])
@allow(Caller.ANYONE)
@oauth_blueprint.arguments(TokenRequestSchema, location="form")
@oauth_blueprint.response(200, TokenSchema)
@oauth_blueprint.alt_response(400, schema=OAuthErrorSchema)
@oauth_blueprint.alt_response(401, schema=OAuthErrorSchema)
@oauth_blueprint.doc(security=[])
def exchange_code(_documented_only: dict[str, Any]) -> Response:
    """Exchange a launch code for an access token, valid 2 hours"""
    with transaction() as session:
        return oauth.answer_token_request(session)


@oauth_blueprint.route("/oauth/userinfo", methods=["GET"])
@allow(Caller.APP)
@oauth_blueprint.response(200, UserInfoSchema)
def get_userinfo() -> dict[str, Any]:
    """Who opened the app, as far as its scopes go"""
    with reading() as session:
        return tokens.describe_user(session, principal(), key=current_app.config["SECRET_KEY"])


@oauth_blueprint.route("/.well-known/oauth-authorization-server", methods=["GET"])
@allow(Caller.ANYONE)
@oauth_blueprint.response(200)
def get_oauth_metadata() -> dict[str, Any]:
    """What this authorization server can do (RFC 8414)"""
    return oauth.describe_server(current_app.extensions["zzd.settings"].public_url)
