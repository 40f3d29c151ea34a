"""Installing apps: unit administrators, for their part of the organisation."""

from __future__ import annotations

from typing import Any

from flask import Response

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
from zzd.miniapps.installations import installing, listing, policy
from zzd.miniapps.installations.schemas import (
    InstallableQuerySchema,
    InstallableSchema,
    InstallationChangeSchema,
    InstallationQuerySchema,
    InstallationRequestSchema,
    InstallationSchema,
)
from zzd.miniapps.policy import access_app

INSTALLER, READERS = ("unit_admin",), ("unit_admin", "app_developer", "system_admin")

blueprint = Blueprint("installations", "Mini-apps installed for parts of the organisation")


@blueprint.route("/miniapps/installable", methods=["GET"])
@allow(Caller.ACCOUNT, roles=INSTALLER)
@blueprint.arguments(InstallableQuerySchema, location="query")
@blueprint.response(200, page_schema(InstallableSchema))
def list_installable(query: dict[str, Any]) -> Any:
    """Published apps, with what each asks of whoever installs it"""
    position = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        versions = listing.list_installable(
            session, after_id=position[0] if position else None, **query
        )
        listed = page(versions, query["limit"], lambda version: [version.miniapp_id])
        return {**listed, "items": listing.describe_installable(session, listed["items"])}


@blueprint.route("/installations", methods=["GET"])
@allow(Caller.ACCOUNT, roles=INSTALLER)
@blueprint.arguments(InstallationQuerySchema, location="query")
@blueprint.response(200, page_schema(InstallationSchema))
def list_installations(query: dict[str, Any]) -> Any:
    """What is installed for the units that I administer, the newest first"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        found = listing.list_installations(
            session,
            principal(),
            miniapp_id=query["miniapp_id"],
            before_id=position[0] if position else None,
            limit=query["limit"],
        )
        listed = page(found, query["limit"], lambda each: [each.id])
        return {**listed, "items": listing.describe_installations(session, listed["items"])}


@blueprint.route("/miniapps/<id:miniapp_id>/installations", methods=["GET"])
@allow(Caller.ACCOUNT, roles=("app_developer", "system_admin"))
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(InstallationSchema))
def list_installations_of_miniapp(query: dict[str, Any], miniapp_id: int) -> Any:
    """Where an app is installed, for its developer and reviewers, the newest first"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        held = access_app(session, principal(), miniapp_id)
        found = listing.list_installations_of(
            session,
            held.app.id,
            before_id=position[0] if position else None,
            limit=query["limit"],
        )
        listed = page(found, query["limit"], lambda each: [each.id])
        return {**listed, "items": listing.describe_installations(session, listed["items"])}


@blueprint.route("/installations", methods=["POST"])
@allow(Caller.ACCOUNT, roles=INSTALLER)
@blueprint.arguments(InstallationRequestSchema)
@blueprint.response(201, InstallationSchema)
@blueprint.alt_response(200, schema=InstallationSchema, description="A repeat: the same")
@blueprint.alt_response(409, description="already_installed, version_changed")
def install_miniapp(body: dict[str, Any]) -> Any:
    """Install an app for a unit and all below it, consenting to its scopes"""
    with transaction() as session:
        made, fresh = installing.install_app(session, by=principal(), **body)
        answer = listing.describe_installation(session, made)
    return answer, 201 if fresh else 200, created(f"/installations/{made.id}")


@blueprint.route("/installations/current", methods=["GET"])
@allow(Caller.APP)
@blueprint.response(200, InstallationSchema)
def get_current_installation() -> Any:
    """The installation that this token is for, with its settings: for the app"""
    with reading() as session:
        found = policy.own_installation(session, principal())
        return listing.describe_own_installation(session, found, principal())


@blueprint.route("/installations/<id:installation_id>", methods=["GET"])
@allow(Caller.ACCOUNT, roles=READERS)
@blueprint.response(200, InstallationSchema)
def get_installation(installation_id: int) -> Any:
    """An installation"""
    with reading() as session:
        found = policy.access_installation(session, principal(), installation_id)
        return listing.describe_installation(session, found)


@blueprint.route("/installations/<id:installation_id>", methods=["PATCH"])
@allow(Caller.ACCOUNT, roles=INSTALLER)
@blueprint.arguments(InstallationChangeSchema)
@blueprint.response(200, InstallationSchema)
@blueprint.alt_response(409, description="version_changed")
def change_installation(body: dict[str, Any], installation_id: int) -> Any:
    """Consent to other scopes, another data audience, other settings"""
    with transaction() as session:
        found = policy.access_installation(session, principal(), installation_id, lock=True)
        installing.change_installation(session, found, by=principal(), **body)
        return listing.describe_installation(session, found)


@blueprint.route("/installations/<id:installation_id>", methods=["DELETE"])
@allow(Caller.ACCOUNT, roles=INSTALLER)
@blueprint.response(204)
def remove_installation(installation_id: int) -> Response:
    """Remove an app from a part of the organisation, its tokens included, at once"""
    with transaction() as session:
        found = policy.access_installation(session, principal(), installation_id, lock=True)
        installing.remove_installation(session, found, by=principal())
    return no_content()
