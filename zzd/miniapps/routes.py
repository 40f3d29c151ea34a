"""Registering apps and looking at them: developers and reviewers."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

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
from zzd.errors import NotFound
from zzd.miniapps import apps, callbacks, policy, registry
from zzd.miniapps.manifests import SCHEMA_TEXTS
from zzd.miniapps.schemas import (
    AppQuerySchema,
    CallbackSecretSchema,
    ManifestBodySchema,
    ManifestRulesSchema,
    MiniAppSchema,
    RegisteredAppSchema,
    RegistrationSchema,
    SecretSchema,
    VersionSchema,
)
from zzd.settings import Settings

DEVELOPER, REVIEWER = "app_developer", "system_admin"

blueprint = Blueprint("miniapps", "Mini-apps: register, review, publish, suspend")


def _settings() -> Settings:
    found: Settings = current_app.extensions["zzd.settings"]
    return found


@blueprint.route("/miniapps/manifest-schema/<int:version>.json", methods=["GET"])
@allow(Caller.ANYONE)
def get_manifest_schema(version: int) -> Response:
    """The JSON Schema (draft 2020-12) of a manifest of version 1 or 2"""
    if version not in SCHEMA_TEXTS:
        raise NotFound
    return Response(SCHEMA_TEXTS[version], mimetype="application/schema+json")


@blueprint.route("/miniapps/manifest-rules", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.response(200, ManifestRulesSchema)
def get_manifest_rules() -> dict[str, Any]:
    """What a manifest is checked against here besides its schema"""
    return {
        "platform_version": apps.PLATFORM_VERSION,
        "own_origins": sorted(_settings().allowed_origins),
    }


@blueprint.route("/miniapps", methods=["GET"])
@allow(Caller.ACCOUNT, roles=(DEVELOPER, REVIEWER))
@blueprint.arguments(AppQuerySchema, location="query")
@blueprint.response(200, page_schema(MiniAppSchema))
def list_miniapps(query: dict[str, Any]) -> dict[str, Any]:
    """My apps; a reviewer's are all, the newest first"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        held = registry.list_apps(
            session,
            principal(),
            state=query["state"],
            q=query["q"],
            before_id=position[0] if position else None,
            limit=query["limit"],
        )
        listed = page(held, query["limit"], lambda one: [one.app.id])
        return {**listed, "items": registry.describe_apps(session, listed["items"])}


@blueprint.route("/miniapps", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(RegistrationSchema)
@blueprint.response(201, RegisteredAppSchema)
def register_miniapp(body: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Register an app: a draft, with its secret for this once"""
    with transaction() as session:
        held, secret = apps.register_app(
            session,
            by=principal(),
            manifest=body["manifest"],
            client_id=body["client_id"],
            settings=_settings(),
        )
        shown = {**registry.describe_app(session, held), "client_secret": secret}
    return shown, 201 if secret else 200, created(f"/miniapps/{held.app.id}")


@blueprint.route("/miniapps/<id:miniapp_id>", methods=["GET"])
@allow(Caller.ACCOUNT, roles=(DEVELOPER, REVIEWER))
@blueprint.response(200, MiniAppSchema)
def get_miniapp(miniapp_id: int) -> dict[str, Any]:
    """An app"""
    with reading() as session:
        held = policy.access_app(session, principal(), miniapp_id)
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>", methods=["PUT"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(ManifestBodySchema)
@blueprint.response(200, MiniAppSchema)
def change_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Change the manifest: a new version, a draft"""
    with transaction() as session:
        held = policy.access_own_app(session, principal(), miniapp_id)
        held = apps.change_app(
            session, held, by=principal(), manifest=body["manifest"], settings=_settings()
        )
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>/versions", methods=["GET"])
@allow(Caller.ACCOUNT, roles=(DEVELOPER, REVIEWER))
@blueprint.arguments(PageQuerySchema, location="query")
@blueprint.response(200, page_schema(VersionSchema))
def list_miniapp_versions(query: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Every version there was, the newest first"""
    position = decode_cursor(query["cursor"], int)
    with reading() as session:
        held = policy.access_app(session, principal(), miniapp_id)
        versions = registry.list_versions(
            session,
            held.app.id,
            before=position[0] if position else None,
            limit=query["limit"],
        )
    listed = page(versions, query["limit"], lambda version: [version.number])
    return {**listed, "items": [registry.describe_version(one) for one in listed["items"]]}


@blueprint.route("/miniapps/<id:miniapp_id>/secret", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(200, SecretSchema)
def rotate_miniapp_secret(miniapp_id: int) -> dict[str, Any]:
    """Make a new secret; the one before works for another week, and any older one no more"""
    with transaction() as session:
        held = policy.access_own_app(session, principal(), miniapp_id)
        return apps.rotate_secret(session, held, by=principal())


@blueprint.route("/miniapps/<id:miniapp_id>/secret/previous", methods=["DELETE"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(204)
def retire_miniapp_secret(miniapp_id: int) -> Response:
    """End the secret before the newest at once"""
    with transaction() as session:
        held = policy.access_own_app(session, principal(), miniapp_id)
        apps.retire_previous_secret(session, held, by=principal())
    return no_content()


@blueprint.route("/miniapps/<id:miniapp_id>/callback-secret", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.response(201, CallbackSecretSchema)
def make_miniapp_callback_secret(miniapp_id: int) -> dict[str, Any]:
    """Make a secret that requests to the app are signed with

    They carry a signature by the one before too, for a day.
    """
    with transaction() as session:
        held = policy.access_own_app(session, principal(), miniapp_id)
        return callbacks.make_secret(
            session, held, by=principal(), key=current_app.config["SECRET_KEY"]
        )
