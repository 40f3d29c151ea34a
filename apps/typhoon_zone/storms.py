"""The track feed as the page replays it: one step an hour, each knowing only what was known then."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from apps.typhoon_zone import track
from apps.typhoon_zone.track import Fix, Place, Radii

STEP = timedelta(hours=1)
# A storm whose last fix is older than this is replayed, not followed.
OLD = timedelta(hours=24)
MOST_STEPS = 1000


def read_fixes(items: list[dict[str, Any]]) -> list[Fix]:
    """Fixes of a checked document; circles are estimated where the feed gives none."""
    return [
        Fix(
            datetime.fromisoformat(item["at"]),
            (item["lat"], item["lon"]),
            item["wind_ms"],
            item["pressure_hpa"],
            tuple((force, Radii(*km)) for force, km in item["radii_km"].items())
            if item["radii_km"]
            else track.estimate_radii(item["wind_ms"], item["lat"]),
            item.get("spread_km", 0.0),
        )
        for item in items
    ]


def describe_storm(document: dict[str, Any], place: Place, now: datetime) -> dict[str, Any]:
    """The whole track for the page, seen from a place. Times of the steps are an hour apart."""
    fixes = read_fixes(document["fixes"])
    steps = [
        _describe_step(document, fixes, at, place) for at in _moments(fixes[0].at, fixes[-1].at)
    ]
    return {
        **document["storm"],
        "source": document["source"],
        "is_replay": now - fixes[-1].at > OLD,
        "has_forecasts": bool(document["forecasts"]),
        "has_radii": any(item["radii_km"] for item in document["fixes"]),
        "fixes": [_describe_fix(fix) for fix in fixes],
        "steps": steps,
    }


class Descriptions:
    """Descriptions of the present document, made once for each place: every official asks for one."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Place, bool], dict[str, Any]] = {}
        self._version = 0

    def describe(
        self, document: dict[str, Any], version: int, place: Place, now: datetime
    ) -> dict[str, Any]:
        if version != self._version:
            self._kept, self._version = {}, version
        is_old = now - datetime.fromisoformat(document["fixes"][-1]["at"]) > OLD
        key = (place, is_old)
        if key not in self._kept:
            self._kept[key] = describe_storm(document, place, now)
        return self._kept[key]


def forecast_at(document: dict[str, Any], fixes: list[Fix], at: datetime) -> list[Fix]:
    """Where the storm was expected to go, as was known then; it begins where the storm is.

    The last forecast issued by then, if the feed has any; otherwise the storm goes straight on.
    """
    now = track.position_at(fixes, at)
    issued = [
        one for one in document["forecasts"] if datetime.fromisoformat(one["issued_at"]) <= at
    ]
    if now is None or not issued:
        return track.extrapolate(fixes, at)
    return [now, *(fix for fix in read_fixes(issued[-1]["fixes"]) if fix.at > at)]


def _moments(first: datetime, last: datetime) -> Iterator[datetime]:
    """Every hour and the end; a longer track than anyone has seen is told by its last weeks."""
    at = max(first, last - STEP * MOST_STEPS)
    while at < last:
        yield at
        at += STEP
    yield last


def _describe_step(
    document: dict[str, Any], fixes: list[Fix], at: datetime, place: Place
) -> dict[str, Any]:
    now = track.position_at(fixes, at)
    assert now is not None
    past = [*(fix for fix in fixes if fix.at < at), now]
    ahead = forecast_at(document, fixes, at)
    return {
        **_describe_fix(now),
        "forecast": [_describe_forecast(fix) for fix in ahead],
        "to": _describe_distance(past, ahead, place),
    }


def _describe_distance(past: list[Fix], ahead: list[Fix], place: Place) -> dict[str, Any]:
    """How far the storm is from the place, when it is or was nearest, when its wind comes."""
    now = past[-1]
    nearest_ahead = track.closest_approach(ahead, place)
    nearest_behind = track.closest_approach(past, place)
    assert nearest_behind is not None
    is_ahead = nearest_ahead is not None and nearest_ahead.at > now.at
    nearest = nearest_ahead if is_ahead and nearest_ahead else nearest_behind
    wind = track.arrival_of_wind(ahead, place, "7")
    return {
        "km": round(track.distance_km(now.place, place)),
        # Where it stands as one looks from home.
        "bearing": round(track.bearing(place, now.place)),
        "nearest_at": nearest.at.isoformat(timespec="minutes"),
        "nearest_km": round(nearest.km),
        "is_ahead": is_ahead,
        "gale_at": wind.isoformat(timespec="minutes") if wind else None,
    }


def _describe_fix(fix: Fix) -> dict[str, Any]:
    return {
        "at": fix.at.isoformat(timespec="minutes"),
        "lat": round(fix.place[0], 3),
        "lon": round(fix.place[1], 3),
        "wind_ms": None if fix.wind is None else round(fix.wind, 1),
        "pressure_hpa": None if fix.pressure is None else round(fix.pressure),
        "radii_km": {force: [round(km) for km in radii] for force, radii in fix.radii},
    }


def _describe_forecast(fix: Fix) -> dict[str, Any]:
    return {
        "at": fix.at.isoformat(timespec="minutes"),
        "lat": round(fix.place[0], 3),
        "lon": round(fix.place[1], 3),
        "spread_km": round(fix.spread),
    }
