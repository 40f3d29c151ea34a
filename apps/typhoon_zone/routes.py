"""Who is looking, and what is ordered: launches, visits, directives."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from apps.typhoon_zone import rights, sample
from apps.typhoon_zone.geography import area_of
from apps.typhoon_zone.platform import (
    Unit,
    Visitor,
    acknowledge,
    assignments,
    open_events,
    recognise,
)
from apps.typhoon_zone.refusals import Refusal
from apps.typhoon_zone.zone import body, platform, visit, zone

blueprint = Blueprint("visits", __name__, url_prefix="/api")


@blueprint.post("/launches")
def start_launch() -> ResponseReturnValue:
    """What the page asks the client for a code with; the verifier stays here."""
    return zone().launches.begin(), 201


@blueprint.post("/visits")
def start_visit() -> ResponseReturnValue:
    """Exchange the code for who it stands for, and give the page a token of our own."""
    sent = body()
    identity = zone().launches.finish(str(sent.get("code")), str(sent.get("state")))
    client = platform(identity.access_token)
    visitor = recognise(client, identity)
    if zone().settings.sample and sample.fill(zone(), visitor, client):
        zone().pulse.tell()
    token, seconds = zone().visits.start_visit(visitor, identity.access_token)
    return {"token": token, "expires_in": seconds, **_describe_visitor(visitor)}, 201


@blueprint.get("/directives")
def list_directives() -> ResponseReturnValue:
    """The level in force and what the visitor's unit is asked to do, as ZZD shows it to them."""
    client = platform(visit().access_token)
    return {
        "events": [_describe_event(event) for event in open_events(client)],
        "assignments": [_describe_assignment(one) for one in assignments(client)],
    }


@blueprint.post("/assignments/<assignment_id>/acknowledgement")
def acknowledge_assignment(assignment_id: str) -> ResponseReturnValue:
    """Acknowledge for the visitor's unit; once is enough, again changes nothing."""
    token = visit().access_token
    if not re.fullmatch(r"[0-9]{1,18}", assignment_id, re.ASCII):
        raise Refusal("not_found")
    return _describe_assignment(acknowledge(platform(token), assignment_id))


def _describe_visitor(visitor: Visitor) -> dict[str, Any]:
    area = area_of(visitor.unit.code)
    return {
        "official": {
            "name": visitor.name,
            "post_title": visitor.post_title,
            "unit": _named(visitor.unit),
        },
        "scope": {**_named(visitor.scope), "level": visitor.scope.level},
        "place": {
            "code": area.code,
            "name": area.name,
            "lat": area.centre[0],
            "lon": area.centre[1],
        },
        "writable": [_named(unit) for unit in visitor.writable],
        "may_upload": rights.may_upload_pictures(visitor),
    }


def _named(unit: Unit) -> dict[str, str]:
    return {"id": unit.id, "name": unit.name}


def _describe_event(event: dict[str, Any]) -> dict[str, Any]:
    latest = event["levels"][-1] if event["levels"] else None
    return {
        **{name: event[name] for name in ("id", "name", "kind", "mode", "level")},
        "since": latest and latest["at"],
        # Null for who is outside what the app was installed for.
        "by": latest and latest["by"] and latest["by"]["unit_name"],
    }


def _describe_assignment(one: dict[str, Any]) -> dict[str, Any]:
    directive = one["directive"]
    return {
        "id": one["id"],
        "state": one["state"],
        "overdue": one["overdue"],
        "ack_deadline": one["ack_deadline"],
        "report_deadline": one["report_deadline"],
        "acknowledged": one["acknowledged"],
        "may_acknowledge": one["may"]["acknowledge"],
        **{name: directive[name] for name in ("number", "title", "text", "urgency")},
        "event": directive["event"],
        "issuer": directive["issuer_unit"] and directive["issuer_unit"]["name"],
        "notes": [{"unit": note["unit_name"], "text": note["text"]} for note in one["notes"]],
    }
