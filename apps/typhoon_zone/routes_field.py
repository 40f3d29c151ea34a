"""What the field keeps: shelters, roads, power; and the stream by which all screens follow."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from apps.typhoon_zone import rights
from apps.typhoon_zone.forms import FORMS, check_fields
from apps.typhoon_zone.platform import Visitor
from apps.typhoon_zone.records import ChangedMeanwhile, KeyReused, Record
from apps.typhoon_zone.refusals import Refusal
from apps.typhoon_zone.visits import Visit
from apps.typhoon_zone.zone import Zone, body, visit, zone

LARGEST_ID = 2**53
BEAT_SECONDS = 5.0
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

blueprint = Blueprint("field", __name__, url_prefix="/api")


@blueprint.get("/records")
def list_records() -> ResponseReturnValue:
    """Everything the visitor sees, and the number from which the stream goes on."""
    return _changes(zone(), visit().visitor, after=0)


@blueprint.post("/records/<kind>")
def add_record(kind: str) -> ResponseReturnValue:
    """Once for each key, however often the button is pressed or the request repeated."""
    visitor, sent = visit().visitor, body()
    if kind not in FORMS:
        raise Refusal("not_found")
    unit = rights.unit_to_write_for(visitor, sent.get("unit_id"))
    if unit is None:
        raise Refusal("not_permitted")
    fields = _checked(kind, sent)
    try:
        made = zone().records.add_record(
            kind, unit, fields, by=visitor.name, key=_key(visitor, sent)
        )
    except KeyReused:
        raise Refusal("key_reused") from None
    zone().pulse.tell()
    return _describe(made, visitor), 201


@blueprint.put("/records/<int:record_id>")
def change_record(record_id: int) -> ResponseReturnValue:
    """Refused, with the present state, when somebody else changed it since the page read it."""
    visitor, sent = visit().visitor, body()
    record = zone().records.get_record(record_id) if record_id < LARGEST_ID else None
    if record is None or not rights.may_see(visitor, record["chain"]):
        raise Refusal("not_found")
    if not rights.may_write(visitor, record["chain"]):
        raise Refusal("not_permitted")
    version = sent.get("version")
    if type(version) is not int or not 0 < version < LARGEST_ID:
        raise Refusal("invalid", faults={"version": "required"})
    fields = _checked(record["kind"], sent)
    try:
        changed = zone().records.change_record(
            record_id, version, fields, by=visitor.name, key=_key(visitor, sent)
        )
    except KeyReused:
        raise Refusal("key_reused") from None
    except ChangedMeanwhile:
        present = zone().records.get_record(record_id)
        assert present is not None
        raise Refusal("changed_meanwhile", present=_describe(present, visitor)) from None
    zone().pulse.tell()
    return _describe(changed, visitor)


@blueprint.get("/stream")
def open_stream() -> Response:
    """Server-sent events: each change as it happens, and a beat that says the line is alive.

    ``Last-Event-ID`` (or ``after``) is the last number the page has: it gets what came since.
    """
    text = request.headers.get("Last-Event-ID") or request.args.get("after", "")
    after = int(text) if re.fullmatch(r"[0-9]{1,15}", text, re.ASCII) else 0
    return Response(
        _follow(zone(), visit(), after),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


def _follow(of: Zone, visiting: Visit, after: int) -> Iterator[str]:
    """Until the visit is over; the page then asks for another."""
    feeds: Any = None
    while time.time() < visiting.expires:
        changes = _changes(of, visiting.visitor, after=after)
        seen, after = after, changes["seq"]
        told = changes["feeds"]
        if changes["items"] or told != feeds or seen == after:
            feeds = told
            name = "change" if changes["items"] or after > seen else "beat"
            yield f"id: {after}\nevent: {name}\ndata: {json.dumps(changes, ensure_ascii=False)}\n\n"
        of.pulse.wait(after, BEAT_SECONDS)


def _changes(of: Zone, visitor: Visitor, *, after: int) -> dict[str, Any]:
    records, seq = of.records.list_records(visitor.scope, after=after)
    return {
        "seq": seq,
        "now": datetime.now(UTC).isoformat(timespec="seconds"),
        "items": [_describe(record, visitor) for record in records],
        "feeds": of.keeper.describe(),
        "pictures": of.pictures.version(),
    }


def _describe(record: Record, visitor: Visitor) -> dict[str, Any]:
    shown = ("id", "kind", "unit_id", "unit_name", "version", "is_sample")
    return {
        **{name: record[name] for name in (*shown, "updated_at", "updated_by")},
        **record["fields"],
        "may_change": rights.may_write(visitor, record["chain"]),
    }


def _checked(kind: str, sent: dict[str, Any]) -> dict[str, Any]:
    fields, faults = check_fields(kind, sent)
    if faults:
        raise Refusal("invalid", faults=faults)
    return fields


def _key(visitor: Visitor, sent: dict[str, Any]) -> str | None:
    key = sent.get("client_id")
    if key is None:
        return None
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Refusal("invalid", faults={"client_id": "text"})
    return f"{visitor.sub}:{key}"
