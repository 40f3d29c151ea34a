"""Sign-in, the caller's own sessions, post and password."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request

from zzd.api import (
    Blueprint,
    Caller,
    PageQuerySchema,
    allow,
    created,
    decode_cursor,
    no_content,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.identity import accounts, authentication, policy, sessions
from zzd.identity.principals import principal_of_token
from zzd.identity.profiles import describe_caller, describe_holder
from zzd.identity.schemas import (
    ActingPostSchema,
    PasswordChangeSchema,
    PrincipalSchema,
    SessionSchema,
    SignedInSchema,
    SignInSchema,
)
from zzd.identity.signing_in import BadCredentials, sign_in
from zzd.settings import Settings

blueprint = Blueprint("sessions", "Sign-in, sign-out and who I am")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["zzd.settings"]
    return settings


@blueprint.route("/sessions", methods=["POST"])
@allow(Caller.ANYONE)
@blueprint.arguments(SignInSchema)
@blueprint.response(201, SignedInSchema)
@blueprint.alt_response(401, description="bad_credentials, second_factor_required, bad_code")
@blueprint.alt_response(423, description="account_locked; `retry_at` says until when")
def create_session(body: dict[str, Any]) -> Any:
    """Sign in

    A program gets a bearer token; a browser gets a cookie that its scripts cannot read, and a
    CSRF token for the header X-CSRF-Token of its unsafe requests. A wrong password and an
    unknown user name answer alike; five failures within 15 minutes lock the name for 15. Where a
    second factor is on, the right password alone answers `second_factor_required`: send it again
    with `code`. A wrong code is a failure, too.
    """
    in_browser = body["client"] == "browser"
    if in_browser:
        authentication.check_origin(_settings())
    opened = sign_in(
        body["username"],
        body["password"],
        code=body["code"],
        kind=body["client"],
        device=body["device"],
        settings=_settings(),
    )
    if (caller := principal_of_token(opened.token)) is None:
        raise BadCredentials
    with reading() as session:
        answer = describe_holder(session, caller)
    answer["expires_at"] = opened.session.expires_at
    headers = created(f"/sessions/{opened.session.id}")
    if not in_browser:
        return {**answer, "token": opened.token}, 201, headers
    headers["Set-Cookie"] = authentication.cookie(opened.token, _settings())
    return {**answer, "csrf_token": opened.csrf_token}, 201, headers


@blueprint.route("/sessions", methods=["GET"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(SessionSchema))
def list_sessions(query: dict[str, Any]) -> Any:
    """My live sessions, newest first, with their devices"""
    after = decode_cursor(query["cursor"], int)
    with reading() as session:
        rows = sessions.page_sessions(
            session, principal(), before_id=after[0] if after else None, limit=query["limit"]
        )
    return page(rows, query["limit"], lambda row: (row["id"],))


@blueprint.route("/sessions", methods=["DELETE"])
@allow(Caller.ACCOUNT, before_second_factor=True)
@blueprint.response(204)
def delete_sessions() -> Response:
    """Sign out everywhere, here included"""
    with transaction() as session:
        sessions.end_sessions(session, principal().account_id)
    return _signed_out()


@blueprint.route("/sessions/current", methods=["DELETE"])
@allow(Caller.ACCOUNT, before_second_factor=True)
@blueprint.response(204)
def delete_current_session() -> Response:
    """Sign out"""
    caller = principal()
    with transaction() as session:
        sessions.end_sessions(session, caller.account_id, only=caller.session_id)
    return _signed_out()


@blueprint.route("/sessions/<id:session_id>", methods=["GET"])
@allow(Caller.ACCOUNT)
@blueprint.response(200, SessionSchema)
def get_session(session_id: int) -> Any:
    """One of my live sessions"""
    with reading() as session:
        found = policy.access_own_session(session, principal(), session_id)
        return sessions.describe(found, principal())


@blueprint.route("/sessions/<id:session_id>", methods=["DELETE"])
@allow(Caller.ACCOUNT)
@blueprint.response(204)
def delete_session(session_id: int) -> Response:
    """End one of my sessions, for instance on a lost device"""
    caller = principal()
    with transaction() as session:
        found = policy.access_own_session(session, caller, session_id)
        sessions.end_sessions(session, caller.account_id, only=found.id)
    return _signed_out() if session_id == caller.session_id else no_content()


@blueprint.route("/me", methods=["GET"])
@allow(Caller.ACCOUNT, before_second_factor=True)
@blueprint.response(200, PrincipalSchema)
def get_me() -> Any:
    """Who I am: the official, the post acted in, what is granted, and what I may do at all"""
    with reading() as session:
        return describe_caller(session, principal())


@blueprint.route("/me/post", methods=["PUT"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(ActingPostSchema)
@blueprint.response(200, PrincipalSchema)
def put_acting_post(body: dict[str, Any]) -> Any:
    """Act in another of my posts, in this session

    Its sockets follow by themselves.
    """
    with transaction() as session:
        acting = sessions.act_in_post(session, principal(), body["post_id"])
    with reading() as session:
        return describe_caller(session, acting)


@blueprint.route("/me/password", methods=["PUT"])
@allow(Caller.ACCOUNT)
@blueprint.arguments(PasswordChangeSchema)
@blueprint.response(204)
def put_password(body: dict[str, Any]) -> Response:
    """Change my password

    Needs the present one, whose failures count towards the lock-out. My other sessions end.
    """
    accounts.change_password(principal(), current=body["current"], new=body["new"])
    return no_content()


def _signed_out() -> Response:
    response = no_content()
    if request.cookies.get(authentication.COOKIE):
        response.headers["Set-Cookie"] = authentication.cookie("", _settings())
    return response
