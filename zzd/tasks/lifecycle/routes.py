"""Routes of what happens to directives and assignments on their way: versions, endings, transfers."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from zzd.api import Blueprint, Caller, allow, created, principal
from zzd.db import transaction
from zzd.tasks import assignments, responses
from zzd.tasks.details import describe_directive, describe_event
from zzd.tasks.details_assignments import describe_assignments
from zzd.tasks.drafts.details import describe_drafts
from zzd.tasks.drafts.models import Draft
from zzd.tasks.drafts.schemas import DirectiveDraftSchema
from zzd.tasks.lifecycle import endings, transfers, versions
from zzd.tasks.lifecycle.schemas import (
    UPDATE,
    AllClearSchema,
    BranchClearSchema,
    DirectiveWithStandingSchema,
    ReasonSchema,
    TransferSchema,
)
from zzd.tasks.routes_events import answer
from zzd.tasks.schemas import EventSchema
from zzd.tasks.schemas_assignments import AssignmentSchema, StepSchema

blueprint = Blueprint("lifecycle", "Versions, cancelling, all clear, returning and handing over.")


@blueprint.route("/directives/<id:directive_id>/update", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(UPDATE)
@blueprint.response(201, DirectiveWithStandingSchema)
@blueprint.alt_response(
    200, schema=DirectiveWithStandingSchema, description="A repeat: the first result"
)
@blueprint.alt_response(
    202, schema=DirectiveDraftSchema, description="A draft of it, to be countersigned and issued"
)
def update_directive(body: dict[str, Any], directive_id: int) -> Any:
    """Issue a newer version

    For issuers of the unit that issued it. It takes the place of this one, whose
    acknowledgements and reports do not count for it. What is not said stays as it was. Where this
    one was countersigned, the newer version is to be as well, and this one stays until then.
    """
    with transaction() as session:
        body = {"client_id": None, **body}
        made, new = versions.update_directive(
            session, by=principal(), directive_id=directive_id, **body
        )
        if isinstance(made, Draft):
            (draft,) = describe_drafts(session, principal(), [made])
            location = created(f"/directives/drafts/{made.id}")
            return jsonify(DirectiveDraftSchema().dump(draft)), 202, location
        shown = describe_directive(session, principal(), made)
        return answer(shown, new, f"/directives/{made.id}")


@blueprint.route("/directives/<id:directive_id>/cancellation", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReasonSchema)
@blueprint.response(201, DirectiveWithStandingSchema)
@blueprint.alt_response(
    200, schema=DirectiveWithStandingSchema, description="Was cancelled already"
)
def cancel_directive(body: dict[str, Any], directive_id: int) -> Any:
    """Cancel a directive in flight

    For issuers of the unit that issued it. Units it was delivered to acknowledge the cancel; the
    roll-up counts them as ``stood_down``.
    """
    with transaction() as session:
        directive, new = endings.cancel_directive(
            session, by=principal(), directive_id=directive_id, **body
        )
        shown = describe_directive(session, principal(), directive)
        return answer(shown, new, f"/directives/{directive_id}")


@blueprint.route("/directives/<id:directive_id>/all-clear", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(BranchClearSchema)
@blueprint.response(201, DirectiveWithStandingSchema)
@blueprint.alt_response(200, schema=DirectiveWithStandingSchema, description="Was clear already")
def clear_directive(body: dict[str, Any], directive_id: int) -> Any:
    """Say all clear for a directive or for a branch of it

    The whole: issuers of the unit that issued it; a branch: also issuers of units above it.
    Refused with 409 ``rescues_open``, naming the first twenty units, while people are being
    rescued there, unless ``override_reason`` says why to go on.
    """
    with transaction() as session:
        directive, new = endings.all_clear(
            session, by=principal(), directive_id=directive_id, **body
        )
        shown = describe_directive(session, principal(), directive)
        return answer(shown, new, f"/directives/{directive_id}")


@blueprint.route("/events/<id:event_id>/all-clear", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(AllClearSchema)
@blueprint.response(200, EventSchema)
def clear_event(body: dict[str, Any], event_id: int) -> Any:
    """Say all clear for an event: it and all its directives are over

    For issuers over the event's unit. Open rescues hold it up, as for a directive.
    """
    with transaction() as session:
        event = responses.close_event(session, by=principal(), event_id=event_id, **body)
        return describe_event(event)


@blueprint.route("/assignments/<id:assignment_id>/start", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(StepSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Was at it already")
def start_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Say that my unit is at it"""
    with transaction() as session:
        made = assignments.start(session, by=principal(), assignment_id=assignment_id, **body)
        return _shown(session, *made)


@blueprint.route("/assignments/<id:assignment_id>/return", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ReasonSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Was returned already")
def return_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Return a directive that is not for my unit, with a reason

    Before anything was reported. The unit it came from may hand it over to another; my unit may
    take it after all by acknowledging.
    """
    with transaction() as session:
        made = assignments.give_back(session, by=principal(), assignment_id=assignment_id, **body)
        return _shown(session, *made)


@blueprint.route("/assignments/<id:assignment_id>/transfer", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(TransferSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Was given to that unit already")
def transfer_assignment(body: dict[str, Any], assignment_id: int) -> Any:
    """Hand a directive over to another unit

    To one that never had it, below the unit that issued it or passed it on to mine; also for
    officials of that unit. Mine counts no more; the other has the same deadlines.
    """
    with transaction() as session:
        made = transfers.hand_over(session, by=principal(), assignment_id=assignment_id, **body)
        return _shown(session, *made)


@blueprint.route("/assignments/<id:assignment_id>/cancellation-acknowledgement", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(StepSchema)
@blueprint.response(201, AssignmentSchema)
@blueprint.alt_response(200, schema=AssignmentSchema, description="Nothing was left to say")
def stand_down(body: dict[str, Any], assignment_id: int) -> Any:
    """Acknowledge that a directive was cancelled

    For units it was delivered to.
    """
    with transaction() as session:
        made = assignments.stand_down(session, by=principal(), assignment_id=assignment_id, **body)
        return _shown(session, *made)


def _shown(session: Any, row: Any, new: bool) -> Any:
    (shown,) = describe_assignments(session, principal(), [row])
    return answer(shown, new, f"/assignments/{row.id}")
