"""What the routes work with, put together once for the app and found again in each request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from zzd_sdk import Client, Launches
from zzd_sdk.client import Http

from apps.typhoon_zone.database import Database
from apps.typhoon_zone.feeds.keeper import Keeper
from apps.typhoon_zone.feeds.sources import open_source
from apps.typhoon_zone.pictures import Pictures
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
    launches: Launches
    storms: Descriptions


def open_zone(settings: Settings, http: Http | None) -> Zone:
    database = Database(settings.database)
    visits = Visits(database)
    pulse, pictures = Pulse(database), Pictures(database)
    sources = {name: open_source(name, settings.feeds[name]) for name in FEEDS}
    return Zone(
        settings=settings,
        database=database,
        visits=visits,
        records=Records(database),
        pictures=pictures,
        pulse=pulse,
        keeper=Keeper(database, pulse, pictures, sources),
        launches=Launches(
            Client(settings.zzd_url, http=http, tries=2),
            redirect_uri=settings.redirect_uri,
            credentials=settings.credentials,
            store=visits,
        ),
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


def platform(access_token: str) -> Client:
    """ZZD, asked with the token of the official who opened the app."""
    return zone().launches.client.as_(access_token)


def body() -> dict[str, Any]:
    sent = request.get_json(silent=True)
    return sent if isinstance(sent, dict) else {}
