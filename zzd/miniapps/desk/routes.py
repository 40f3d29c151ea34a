"""The workbench as one has it, what administrators put on it, an app's frame, and how it is used."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from zzd.api import Blueprint, Caller, allow, no_content, principal
from zzd.db import reading, transaction
from zzd.messaging.files.uploads import hand_over
from zzd.miniapps import workbench
from zzd.miniapps.desk import known, own, placements, usage
from zzd.miniapps.desk.frame import frame_page
from zzd.miniapps.desk.schemas import (
    BadgeSchema,
    FavouritesSchema,
    FrameQuerySchema,
    KnownSchema,
    MeantSchema,
    OpenedEntrySchema,
    OpeningSchema,
    PickedSchema,
    PlacementListSchema,
    PlacementsBodySchema,
    PlacementsQuerySchema,
    SaidSchema,
    UsageQuerySchema,
    UsageSchema,
)
from zzd.miniapps.installations.policy import access_opening

blueprint = Blueprint("desk", "The workbench as one has it, and how apps are used")


@blueprint.route("/workbench/<id:miniapp_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, OpenedEntrySchema)
def get_workbench_app(miniapp_id: int) -> Any:
    """An app on my workbench, with the scopes that were consented to"""
    with reading() as session:
        opening = access_opening(session, principal(), miniapp_id)
        entry = workbench.describe_entry(session, principal(), opening.version)
        return {**entry, "scopes": sorted(opening.live.scopes(opening.version))}


@blueprint.route("/miniapps/<id:miniapp_id>/frame", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(FrameQuerySchema, location="query")
def get_miniapp_frame(query: dict[str, Any], miniapp_id: int) -> Response:
    """The page that holds the app's frame, with a policy built from its manifest"""
    with reading() as session:
        version = access_opening(session, principal(), miniapp_id).version
        return frame_page(version, query["at"], phone=query["phone"])


@blueprint.route("/miniapps/<id:miniapp_id>/openings", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(OpeningSchema)
@blueprint.response(204)
def note_opening(body: dict[str, Any], miniapp_id: int) -> Any:
    """Count that I opened the app, or that its page did not come"""
    with transaction() as session:
        failed = body["outcome"] == "failed"
        own.note_opening(session, miniapp_id, by=principal(), failed=failed)
    return no_content()


@blueprint.route("/workbench/favourites", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(FavouritesSchema)
@blueprint.response(204)
def set_favourites(body: dict[str, Any]) -> Any:
    """My favourites, in this order"""
    with transaction() as session:
        own.set_favourites(session, by=principal(), **body)
    return no_content()


@blueprint.route("/workbench/<id:miniapp_id>/badge", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BadgeSchema)
@blueprint.response(204)
def set_badge(body: dict[str, Any], miniapp_id: int) -> Any:
    """The number on the app's tile for me; 0 takes it away"""
    with transaction() as session:
        own.set_badge(session, miniapp_id, by=principal(), count=body["count"])
    return no_content()


@blueprint.route("/workbench/<id:miniapp_id>/known", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(PickedSchema)
@blueprint.response(200, KnownSchema)
def list_known(body: dict[str, Any], miniapp_id: int) -> Any:
    """Of the people and units that I picked for an app, those it may know of"""
    key = current_app.config["SECRET_KEY"]
    with reading() as session:
        return known.what_it_may_know(session, miniapp_id, by=principal(), key=key, **body)


@blueprint.route("/workbench/<id:miniapp_id>/meant", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(SaidSchema)
@blueprint.response(200, MeantSchema)
def list_meant(body: dict[str, Any], miniapp_id: int) -> Any:
    """Whom an app means that I have open, by the names it knows officials by"""
    key = current_app.config["SECRET_KEY"]
    with reading() as session:
        found = known.whom_it_means(session, miniapp_id, by=principal(), key=key, **body)
    return {"official_ids": found}


@blueprint.route("/workbench/<id:miniapp_id>/files/<id:file_id>", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
@blueprint.alt_response(409, description="file_in_use")
def hand_file_over(miniapp_id: int, file_id: int) -> Any:
    """Let the app use a file that I uploaded for it and that nothing carries yet"""
    with transaction() as session:
        opening = access_opening(session, principal(), miniapp_id)
        hand_over(session, principal(), file_id, installation_id=opening.live.installation.id)
    return no_content()


@blueprint.route("/workbench/placements", methods=["GET"])
@allow(Caller.ACCOUNT, roles=["unit_admin"])
@blueprint.arguments(PlacementsQuerySchema, location="query")
@blueprint.response(200, PlacementListSchema)
def list_placements(query: dict[str, Any]) -> Any:
    """What stands first for audiences of a unit that I administer"""
    with reading() as session:
        found = placements.list_placements(session, by=principal(), unit_id=query["unit_id"])
        return {"items": found, "next": None}


@blueprint.route("/workbench/placements", methods=["PUT"])
@allow(Caller.ACCOUNT, roles=["unit_admin"])
@blueprint.arguments(PlacementsBodySchema)
@blueprint.response(204)
def set_placements(body: dict[str, Any]) -> Any:
    """Put apps first on the workbenches of an audience, fixed or not, in this order"""
    with transaction() as session:
        placements.set_placements(session, by=principal(), **body)
    return no_content()


@blueprint.route("/miniapps/<id:miniapp_id>/usage", methods=["GET"])
@allow(Caller.ACCOUNT, roles=("app_developer", "system_admin", "unit_admin"))
@blueprint.arguments(UsageQuerySchema, location="query")
@blueprint.response(200, UsageSchema)
def get_usage(query: dict[str, Any], miniapp_id: int) -> Any:
    """How an app is used, by day and by unit

    Its developer and reviewers see all of it, a unit's administrator that of the unit.
    """
    with reading() as session:
        return usage.count_usage(session, miniapp_id, by=principal(), **query)
