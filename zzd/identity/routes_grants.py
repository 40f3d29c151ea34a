"""Grants, for security administrators."""

from __future__ import annotations

from typing import Any

from flask import Response

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    created,
    decode_cursor,
    no_content,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.identity import grants
from zzd.identity.policy import access_grant
from zzd.identity.schemas import GrantCreationSchema, GrantQuerySchema, GrantSchema

blueprint = Blueprint("grants", "What accounts may do, for security administrators")
SECURITY = ("security_admin",)


@blueprint.route("/grants", methods=["GET"])
@allow(Caller.ACCOUNT, roles=SECURITY)
@blueprint.arguments(GrantQuerySchema, location="query")
@blueprint.response(200, page_schema(GrantSchema))
def list_grants(query: dict[str, Any]) -> Any:
    """Live grants, of one account or of one role if so asked"""
    after = decode_cursor(query["cursor"], int)
    with reading() as session:
        rows = grants.page_grants(
            session,
            account_id=query["account_id"],
            role=query["role"],
            after_id=after[0] if after else None,
            limit=query["limit"],
        )
        described = grants.describe(session, rows)
    return page(described, query["limit"], lambda row: (row["id"],))


@blueprint.route("/grants", methods=["POST"])
@allow(Caller.ACCOUNT, roles=SECURITY)
@blueprint.arguments(GrantCreationSchema)
@blueprint.response(201, GrantSchema)
@blueprint.alt_response(
    409, description="own_account, separated_duties, password_shown, already_granted"
)
def create_grant(body: dict[str, Any]) -> Any:
    """Grant an account a role

    An issuer's has an audience, a unit administrator's a unit. It counts from the account's
    next request on. Nobody grants to themselves; no account may hold two of system_admin,
    security_admin and audit_admin.
    """
    with transaction() as session:
        grant, is_repeat = grants.give_grant(session, by=principal(), **body)
        answer = grants.describe(session, [grant])[0]
    return answer, 200 if is_repeat else 201, created(f"/grants/{grant.id}")


@blueprint.route("/grants/<id:grant_id>", methods=["GET"])
@allow(Caller.ACCOUNT, roles=SECURITY)
@blueprint.response(200, GrantSchema)
def get_grant(grant_id: int) -> Any:
    """One live grant"""
    with reading() as session:
        return grants.describe(session, [access_grant(session, grant_id)])[0]


@blueprint.route("/grants/<id:grant_id>", methods=["DELETE"])
@allow(Caller.ACCOUNT, roles=SECURITY)
@blueprint.response(204)
@blueprint.alt_response(409, description="own_account")
def delete_grant(grant_id: int) -> Response:
    """Take a grant back; from the account's next request on it counts no more"""
    with transaction() as session:
        grants.take_back_grant(session, by=principal(), grant_id=grant_id)
    return no_content()
