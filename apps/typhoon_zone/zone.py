"""What the routes work with, put together once for the app and found again in each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request

from apps.typhoon_zone.database import Database
from apps.typhoon_zone.feeds.keeper import Keeper
from apps.typhoon_zone.feeds.sources import open_source
from apps.typhoon_zone.pictures import Pictures
from apps.typhoon_zone.platform import Http, Platform
from apps.typhoon_zone.pulse import Pulse
from apps.typhoon_zone.records import Records
from apps.typhoon_zone.refusals import Refusal
from apps.typhoon_zone.settings import FEEDS, Settings
from apps.typhoon_zone.storms import Descriptions
from apps.typhoon_zone.visits import Visit, Visits


@dataclass(frozen=True)
class Zone:
    settings: Settings
    database: Database
    visits: Visits
    records: Records
    pictures: Pictures
    pulse: Pulse
    keeper: Keeper
    platform: Platform
    storms: Descriptions


def open_zone(settings: Settings, http: Http | None) -> Zone:
    database = Database(settings.database)
    pulse, pictures = Pulse(database), Pictures(database)
    sources = {name: open_source(name, settings.feeds[name]) for name in FEEDS}
    return Zone(
        settings=settings,
        database=database,
        visits=Visits(database),
        records=Records(database),
        pictures=pictures,
        pulse=pulse,
        keeper=Keeper(database, pulse, pictures, sources),
        platform=Platform(settings, http),
        storms=Descriptions(),
    )


def zone() -> Zone:
    found: Zone = current_app.extensions["typhoon_zone"]
    return found


def visit() -> Visit:
    """Whoever the request's token was given to. Raises Refusal."""
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    found = zone().visits.find_visit(token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise Refusal("not_signed_in")
    return found


def body() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else {}
