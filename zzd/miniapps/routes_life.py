"""The life of an app: its developer, reviewers, and what each of them may do."""

from __future__ import annotations

from typing import Any

from flask import current_app

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import transaction
from zzd.miniapps import life, policy, registry
from zzd.miniapps.routes import DEVELOPER, REVIEWER
from zzd.miniapps.schemas import (
    MiniAppSchema,
    PublicationSchema,
    RetirementSchema,
    ReviewSchema,
    RollBackSchema,
    SubmissionSchema,
    SuspensionSchema,
)
from zzd.miniapps.states import Move
from zzd.settings import Settings

blueprint = Blueprint("miniapp-life", "Mini-apps: submit, review, publish, roll back, suspend")


def _settings() -> Settings:
    found: Settings = current_app.extensions["zzd.settings"]
    return found


@blueprint.route("/miniapps/<id:miniapp_id>/submission", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[DEVELOPER])
@blueprint.arguments(SubmissionSchema)
@blueprint.response(200, MiniAppSchema)
def submit_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Submit the draft for review

    What asks for no right, domain, event or audience beyond the published version is approved at
    once, unless `review` asks for somebody to look at it.
    """
    with transaction() as session:
        held = policy.access_own_app(session, principal(), miniapp_id)
        life.submit_app(session, held, by=principal(), **body)
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>/review", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[REVIEWER])
@blueprint.arguments(ReviewSchema)
@blueprint.response(200, MiniAppSchema)
def review_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Approve or reject what was submitted: a system administrator, never the submitter"""
    with transaction() as session:
        held = policy.access_app(session, principal(), miniapp_id, lock=True)
        life.review_app(
            session,
            held,
            by=principal(),
            move=Move(body["decision"]),
            reason=body["reason"],
            number=body["version"],
        )
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>/publication", methods=["POST"])
@allow(Caller.ACCOUNT, roles=(DEVELOPER, REVIEWER))
@blueprint.arguments(PublicationSchema)
@blueprint.response(200, MiniAppSchema)
def publish_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Publish what was approved, or bring a suspended app back (a system administrator)

    With a `percent` below 100 to so many first, the same people each time, and to the `audiences`
    named; call again with more. Where several versions could be meant: the newest if it is
    approved, else the one that is rolling out.
    """
    with transaction() as session:
        held = policy.access_app(session, principal(), miniapp_id, lock=True)
        life.publish_app(
            session,
            held,
            by=principal(),
            settings=_settings(),
            percent=body["percent"],
            to=body["audiences"],
        )
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>/rollback", methods=["POST"])
@allow(Caller.ACCOUNT, roles=(DEVELOPER, REVIEWER))
@blueprint.arguments(RollBackSchema)
@blueprint.response(200, MiniAppSchema)
def roll_back_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Take back what was published last: a rollout ends, or an earlier version comes back"""
    with transaction() as session:
        held = policy.access_app(session, principal(), miniapp_id, lock=True)
        life.roll_back(
            session,
            held,
            by=principal(),
            settings=_settings(),
            number=body["version"],
            reason=body["reason"],
        )
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>/suspension", methods=["POST"])
@allow(Caller.ACCOUNT, roles=[REVIEWER])
@blueprint.arguments(SuspensionSchema)
@blueprint.response(200, MiniAppSchema)
def suspend_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Take an app from everybody at once, its tokens included: a system administrator"""
    with transaction() as session:
        held = policy.access_app(session, principal(), miniapp_id, lock=True)
        life.suspend_app(session, held, by=principal(), reason=body["reason"])
        return registry.describe_app(session, held)


@blueprint.route("/miniapps/<id:miniapp_id>/retirement", methods=["POST"])
@allow(Caller.ACCOUNT, roles=(DEVELOPER, REVIEWER))
@blueprint.arguments(RetirementSchema)
@blueprint.response(200, MiniAppSchema)
def retire_miniapp(body: dict[str, Any], miniapp_id: int) -> dict[str, Any]:
    """Take an app from everybody for good; its versions and their record stay"""
    with transaction() as session:
        held = policy.access_app(session, principal(), miniapp_id, lock=True)
        life.retire_app(session, held, by=principal(), reason=body["reason"])
        return registry.describe_app(session, held)
