"""Routes of drafts of directives."""

from __future__ import annotations

from typing import Any

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    decode_cursor,
    no_content,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.tasks.details import describe_directives
from zzd.tasks.drafts import drafts, policy
from zzd.tasks.drafts.details import describe_drafts
from zzd.tasks.drafts.schemas import (
    DirectiveDraftChangeSchema,
    DirectiveDraftCreateSchema,
    DirectiveDraftSchema,
    DraftQuerySchema,
    RevisionSchema,
)
from zzd.tasks.routes_events import answer
from zzd.tasks.schemas import DirectiveSchema

blueprint = Blueprint("drafts", "Directives being written, countersigned and issued.")


@blueprint.route("/directives/drafts", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DraftQuerySchema, location="query")
@blueprint.response(200, page_schema(DirectiveDraftSchema))
def list_drafts(query: dict[str, Any]) -> Any:
    """Drafts of my acting post's unit

    For its issuers, its leader and its deputies; the latest first.
    """
    before = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        rows = drafts.list_drafts(
            session, by=principal(), before_id=before[0] if before else None, **query
        )
        shown = page(rows, query["limit"], lambda draft: [draft.id])
        return {**shown, "items": describe_drafts(session, principal(), shown["items"])}


@blueprint.route("/directives/drafts", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DirectiveDraftCreateSchema)
@blueprint.response(201, DirectiveDraftSchema)
@blueprint.alt_response(200, schema=DirectiveDraftSchema, description="A repeat: the first result")
def save_draft(body: dict[str, Any]) -> Any:
    """Begin a draft

    For issuers, of their own unit. Nothing of its content is required yet.
    """
    with transaction() as session:
        draft, new = drafts.save_draft(session, by=principal(), **body)
        (shown,) = describe_drafts(session, principal(), [draft])
    return answer(shown, new, f"/directives/drafts/{draft.id}")


@blueprint.route("/directives/drafts/<id:draft_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, DirectiveDraftSchema)
def show_draft(draft_id: int) -> Any:
    """A draft, and what it lacks"""
    with reading() as session:
        draft = policy.access_draft(session, principal(), draft_id, "draft.show")
        return describe_drafts(session, principal(), [draft])[0]


@blueprint.route("/directives/drafts/<id:draft_id>", methods=["PUT"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(DirectiveDraftChangeSchema)
@blueprint.response(200, DirectiveDraftSchema)
@blueprint.alt_response(409, description="draft_changed, draft_settled")
def change_draft(body: dict[str, Any], draft_id: int) -> Any:
    """Change a draft

    For the unit's issuers. A countersignature of the text before is void.
    """
    with transaction() as session:
        draft = drafts.change_draft(session, by=principal(), draft_id=draft_id, **body)
        return describe_drafts(session, principal(), [draft])[0]


@blueprint.route("/directives/drafts/<id:draft_id>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def discard_draft(draft_id: int) -> Any:
    """Discard a draft"""
    with transaction() as session:
        drafts.discard_draft(session, by=principal(), draft_id=draft_id)
    return no_content()


@blueprint.route("/directives/drafts/<id:draft_id>/countersignature", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RevisionSchema)
@blueprint.response(200, DirectiveDraftSchema)
@blueprint.alt_response(403, description="same_official")
@blueprint.alt_response(409, description="draft_changed, draft_settled, no_countersignature")
@blueprint.alt_response(422, description="draft_incomplete")
def countersign_draft(body: dict[str, Any], draft_id: int) -> Any:
    """Countersign a draft

    For the unit's leader, deputies and issuers; never for anybody who wrote in it.
    """
    with transaction() as session:
        draft = drafts.countersign_draft(session, by=principal(), draft_id=draft_id, **body)
        return describe_drafts(session, principal(), [draft])[0]


@blueprint.route("/directives/drafts/<id:draft_id>/issue", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(RevisionSchema)
@blueprint.response(201, DirectiveSchema)
@blueprint.alt_response(200, schema=DirectiveSchema, description="A repeat: the first result")
@blueprint.alt_response(403, description="same_official")
@blueprint.alt_response(409, description="draft_changed, draft_settled, not_countersigned")
@blueprint.alt_response(422, description="draft_incomplete")
def issue_draft(body: dict[str, Any], draft_id: int) -> Any:
    """Issue a draft

    For the unit's issuers, within their grants; not for who countersigned it. Once.
    """
    with transaction() as session:
        directive, new = drafts.issue_draft(session, by=principal(), draft_id=draft_id, **body)
        (shown,) = describe_directives(session, principal(), [directive])
    return answer(shown, new, f"/directives/{directive.id}")
