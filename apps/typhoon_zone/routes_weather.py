"""What the feeds brought: the storm, gauges, outages, cloud pictures; and the map they lie on."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from apps.typhoon_zone import rights
from apps.typhoon_zone.geography import area_of, borders
from apps.typhoon_zone.pictures import LARGEST, BadPicture
from apps.typhoon_zone.platform import Visitor
from apps.typhoon_zone.refusals import Refusal
from apps.typhoon_zone.zone import visit, zone

blueprint = Blueprint("weather", __name__, url_prefix="/api")


@blueprint.get("/borders")
def get_borders() -> Response:
    """Public map data, the same for everybody."""
    content, tag = _packed_borders()
    response = Response(content, mimetype="application/json")
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "public, max-age=86400"
    response.set_etag(tag)
    return response.make_conditional(request)


@blueprint.get("/storm")
def get_storm() -> ResponseReturnValue:
    """The track with what was known at every hour, seen from the visitor's county."""
    visitor = visit().visitor
    document, version = zone().keeper.document("track")
    if not document:
        return {"storm": None, "version": 0}
    place = area_of(visitor.unit.code)
    now = datetime.now(UTC)
    storm = zone().storms.describe(document, version, place.centre, now)
    return _packed({"storm": storm, "version": version})


@blueprint.get("/gauges")
def list_gauges() -> Response:
    """Gauges of what the visitor sees, with their readings."""
    return _packed(_within_scope("gauges", visit().visitor))


@blueprint.get("/outages")
def list_outages() -> Response:
    return _packed(_within_scope("outages", visit().visitor))


@blueprint.get("/clouds")
def list_clouds() -> ResponseReturnValue:
    visit()
    return {"pictures": zone().pictures.list_pictures()}


@blueprint.get("/clouds/<int:picture_id>")
def get_cloud(picture_id: int) -> Response:
    visit()
    found = zone().pictures.get_picture(picture_id) if picture_id < 2**53 else None
    if found is None:
        raise Refusal("not_found")
    response = Response(found.content, mimetype=found.kind)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


@blueprint.post("/clouds")
def upload_cloud() -> ResponseReturnValue:
    """A picture as the body, with the time it shows (``at``), a note and a key in the query."""
    request.max_content_length = LARGEST
    visitor = visit().visitor
    if not rights.may_upload_pictures(visitor):
        raise Refusal("not_permitted")
    at, note, key = (request.args.get(name, "") for name in ("at", "note", "client_id"))
    faults = {}
    moment = _moment(at)
    if moment is None:
        faults["at"] = "time"
    if len(note) > 60 or not note.isprintable():
        faults["note"] = "text"
    if not re.fullmatch(r"[A-Za-z0-9_-]{8,64}", key, re.ASCII):
        faults["client_id"] = "text"
    if faults or moment is None:
        raise Refusal("invalid", faults=faults)
    try:
        picture_id = zone().pictures.add(
            request.get_data(),
            at=moment,
            by=f"{visitor.unit.name} {visitor.name}",
            note=note,
            origin="upload",
            key=f"{visitor.sub}:{key}",
        )
    except BadPicture as error:
        raise Refusal("bad_picture", detail=str(error)) from error
    zone().pulse.tell()
    return {"id": picture_id}, 201


def _moment(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.isoformat(timespec="minutes") if moment.utcoffset() is not None else None
    except (ValueError, OverflowError):
        return None


def _within_scope(name: str, visitor: Visitor) -> dict[str, Any]:
    """What carries a code at or below the scope's."""
    document, version = zone().keeper.document(name)
    code = visitor.scope.code
    items = [item for item in document.get(name, ()) if item["unit_code"].startswith(code)]
    return {name: items, "source": document.get("source"), "version": version}


def _packed(answer: dict[str, Any]) -> Response:
    """Compressed where the browser takes it: tracks and readings are long and repeat themselves."""
    content = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    response = Response(content, mimetype="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.set_data(gzip.compress(content, 5))
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    return response


@cache
def _packed_borders() -> tuple[bytes, str]:
    content = json.dumps(borders(), ensure_ascii=False, separators=(",", ":")).encode()
    return gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:16]
