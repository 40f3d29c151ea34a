"""Who is looking, and what is ordered: launches, visits, directives."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue

from apps.typhoon_zone import rights, sample
from apps.typhoon_zone.geography import area_of
from apps.typhoon_zone.platform import Unit, Visitor
from apps.typhoon_zone.refusals import Refusal
from apps.typhoon_zone.zone import body, visit, zone

blueprint = Blueprint("visits", __name__, url_prefix="/api")


@blueprint.post("/launches")
def start_launch() -> ResponseReturnValue:
    """What the page asks the client for a code with; the verifier stays here."""
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    zone().visits.start_launch(state, verifier)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    return {
        "state": state,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
        "redirect_uri": zone().settings.redirect_uri,
    }, 201


@blueprint.post("/visits")
def start_visit() -> ResponseReturnValue:
    """Exchange the code for who it stands for, and give the page a token of our own."""
    sent = body()
    code, state = str(sent.get("code")), str(sent.get("state"))
    # Both are random ASCII where they come from.
    verifier = zone().visits.take_verifier(state) if (code + state).isascii() else None
    if verifier is None:
        raise Refusal("launch_unknown")
    visitor, access_token = zone().platform.recognise(code, verifier)
    if zone().settings.sample and sample.fill(zone(), visitor, access_token):
        zone().pulse.tell()
    token, seconds = zone().visits.start_visit(visitor, access_token)
    return {"token": token, "expires_in": seconds, **_describe_visitor(visitor)}, 201


@blueprint.get("/directives")
def list_directives() -> ResponseReturnValue:
    """The level in force and what the visitor's unit is asked to do, as ZZD shows it to them."""
    token = visit().access_token
    platform = zone().platform
    return {
        "events": [_describe_event(event) for event in platform.open_events(token)],
        "assignments": [_describe_assignment(one) for one in platform.assignments(token)],
    }


@blueprint.post("/assignments/<assignment_id>/acknowledgement")
def acknowledge(assignment_id: str) -> ResponseReturnValue:
    """Acknowledge for the visitor's unit; once is enough, again changes nothing."""
    token = visit().access_token
    if not re.fullmatch(r"[0-9]{1,18}", assignment_id, re.ASCII):
        raise Refusal("not_found")
    return _describe_assignment(zone().platform.acknowledge(assignment_id, token))


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
