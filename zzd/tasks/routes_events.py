"""Routes of events and their response levels."""

from __future__ import annotations

from typing import Any

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    created,
    decode_cursor,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.tasks import policy, responses
from zzd.tasks.details import describe_event
from zzd.tasks.schemas import (
    EventCreateSchema,
    EventQuerySchema,
    EventSchema,
    LevelChangeSchema,
)
from zzd.tasks.schemas_assignments import EmptySchema
from zzd.tasks.telling import as_told

blueprint = Blueprint("events", "What is responded to, actual or exercise, and at which level.")


def answer(shown: Any, new: bool, location: str) -> tuple[Any, int, dict[str, str]]:
    """201 for what was made now, 200 for what a repeat found; both say where it is."""
    return shown, 201 if new else 200, created(location)


@blueprint.route("/events", methods=["GET"])
@allow(Caller.OFFICIAL, scope="directives.read")
@blueprint.arguments(EventQuerySchema, location="query")
@blueprint.response(200, page_schema(EventSchema))
def list_events(query: dict[str, Any]) -> Any:
    """Events of my part of the organisation

    Declared by my acting post's unit or by one above or below it; the latest first.
    """
    before = decode_cursor(query.pop("cursor"), int)
    with reading() as session:
        rows = responses.list_events(
            session, by=principal(), before_id=before[0] if before else None, **query
        )
        shown = page(rows, query["limit"], lambda event: [event.id])
        items = [describe_event(event) for event in shown["items"]]
        return {**shown, "items": as_told(session, principal(), items)}


@blueprint.route("/events", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(EventCreateSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description="A repeat: the first result")
def declare_event(body: dict[str, Any]) -> Any:
    """Declare an event

    For issuers over their own unit. Actual or exercise is said once and never changes.
    """
    with transaction() as session:
        event, new = responses.declare_event(session, by=principal(), **body)
        return answer(describe_event(event), new, f"/events/{event.id}")


@blueprint.route("/events/<id:event_id>", methods=["GET"])
@allow(Caller.OFFICIAL, scope="directives.read")
@blueprint.response(200, EventSchema)
def show_event(event_id: int) -> Any:
    """An event with the history of its levels"""
    with reading() as session:
        event = policy.access_event(session, principal(), event_id, "event.show")
        return as_told(session, principal(), describe_event(event))


@blueprint.route("/events/<id:event_id>/levels", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(LevelChangeSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description="A repeat: the event as it is")
def change_event_level(body: dict[str, Any], event_id: int) -> Any:
    """Raise or lower the response level

    For issuers over the event's unit. The level must change, and the reason is kept.
    """
    with transaction() as session:
        event, new = responses.change_level(session, by=principal(), event_id=event_id, **body)
        return answer(describe_event(event), new, f"/events/{event_id}")


@blueprint.route("/events/<id:event_id>/close", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(EmptySchema)
@blueprint.response(200, EventSchema)
def close_event(_body: dict[str, Any], event_id: int) -> Any:
    """Close an event

    Nothing more is issued or passed on under it; what was given may still be answered, and
    nothing of it is overdue any more. Closing again changes nothing.
    """
    with transaction() as session:
        event = responses.close_event(session, by=principal(), event_id=event_id)
        return describe_event(event)
