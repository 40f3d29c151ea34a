"""Whether a feed's document is a good one. Pure; FEEDS.md describes what is checked here.

A document is taken whole or refused whole: half of a track is worse than yesterday's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

MOST_ITEMS = 5000
GAUGE_KINDS = ("water_level", "rain_1h", "rain_24h")
FORCES = ("7", "10", "12")
Document = dict[str, Any]


class BadFeed(Exception):
    """The document is refused; the text says where it is wrong and what belongs there."""


def check_feed(name: str, document: Any) -> Document:
    """The document with times and numbers as the app uses them. Raises BadFeed."""
    found = _object(document, "")
    checked = CHECKS[name](found)
    return {"source": _text(found, "source", "", longest=200), **checked}


def _check_track(document: Document) -> Document:
    storm = _object(document.get("storm"), "/storm")
    name = _object(storm.get("name"), "/storm/name")
    fixes = _series(document.get("fixes"), "/fixes", _fix)
    if len(fixes) < 2:
        raise BadFeed("/fixes: needs at least 2 fixes")
    forecasts = []
    for index, item in enumerate(_list(document.get("forecasts") or [], "/forecasts")):
        where = f"/forecasts/{index}"
        forecast = _object(item, where)
        forecasts.append(
            {
                "issued_at": _moment(forecast, "issued_at", where),
                "by": _text(forecast, "by", where),
                "fixes": _series(forecast.get("fixes"), f"{where}/fixes", _forecast_fix),
            }
        )
    _in_order([one["issued_at"] for one in forecasts], "/forecasts", "issued_at")
    return {
        "storm": {
            "id": _text(storm, "id", "/storm"),
            "number": _text(storm, "number", "/storm"),
            "name": {lang: _text(name, lang, "/storm/name") for lang in ("zh", "en")},
        },
        "fixes": fixes,
        "forecasts": forecasts,
    }


def _fix(item: Document, where: str) -> Document:
    radii = item.get("radii_km")
    return {
        **_place(item, where),
        "at": _moment(item, "at", where),
        "wind_ms": _number(item, "wind_ms", where, 0, 120, none=True),
        "pressure_hpa": _number(item, "pressure_hpa", where, 850, 1100, none=True),
        "radii_km": None if radii is None else _radii(radii, f"{where}/radii_km"),
    }


def _forecast_fix(item: Document, where: str) -> Document:
    return {**_fix(item, where), "spread_km": _number(item, "spread_km", where, 0, 2000)}


def _radii(value: Any, where: str) -> Document:
    radii = _object(value, where)
    for force, quadrants in radii.items():
        good = isinstance(quadrants, list) and len(quadrants) == 4
        if force not in FORCES or not good or not all(_is_number(q, 0, 1500) for q in quadrants):
            raise BadFeed(f"{where}/{force}: a force 7, 10 or 12 with 4 radii in km, NE SE SW NW")
    return {force: [float(q) for q in quadrants] for force, quadrants in radii.items()}


def _check_gauges(document: Document) -> Document:
    return {"gauges": _things(document.get("gauges"), "/gauges", _gauge)}


def _gauge(item: Document, where: str) -> Document:
    thresholds = _object(item.get("thresholds"), f"{where}/thresholds")
    warning, danger = (
        _number(thresholds, level, f"{where}/thresholds", -100, 10_000)
        for level in ("warning", "danger")
    )
    if danger < warning:
        raise BadFeed(f"{where}/thresholds: danger must not be below warning")
    return {
        "id": _text(item, "id", where),
        "name": _text(item, "name", where),
        "kind": _choice(item, "kind", where, GAUGE_KINDS),
        "unit_code": _code(item, where),
        **_place(item, where),
        "thresholds": {"warning": warning, "danger": danger},
        "readings": _series(item.get("readings"), f"{where}/readings", _reading),
    }


def _reading(item: Document, where: str) -> Document:
    return {
        "at": _moment(item, "at", where),
        "value": _number(item, "value", where, -100, 10_000),
    }


def _check_outages(document: Document) -> Document:
    return {"outages": _things(document.get("outages"), "/outages", _outage)}


def _outage(item: Document, where: str) -> Document:
    team = item.get("team")
    if team is not None:
        team = _object(team, f"{where}/team")
        team = {
            "name": _text(team, "name", f"{where}/team"),
            "people": int(_number(team, "people", f"{where}/team", 0, 100_000)),
            "phone": _text(team, "phone", f"{where}/team"),
        }
    until = item.get("until")
    return {
        "id": _text(item, "id", where),
        "area": _text(item, "area", where),
        "unit_code": _code(item, where),
        **_place(item, where),
        "households": int(_number(item, "households", where, 0, 10_000_000)),
        "since": _moment(item, "since", where),
        "until": None if until is None else _moment(item, "until", where),
        "team": team,
    }


def _check_clouds(document: Document) -> Document:
    return {"pictures": _series(document.get("pictures"), "/pictures", _picture)}


def _picture(item: Document, where: str) -> Document:
    bounds = item.get("bounds")
    if bounds is not None:
        good = isinstance(bounds, list) and len(bounds) == 4
        if not good or not all(_is_number(degree, -180, 180) for degree in bounds):
            raise BadFeed(f"{where}/bounds: must be [south, west, north, east] in degrees")
    href = _text(item, "href", where, longest=500)
    return {"at": _moment(item, "at", where), "href": href, "bounds": bounds}


CHECKS: dict[str, Callable[[Document], Document]] = {
    "track": _check_track,
    "gauges": _check_gauges,
    "outages": _check_outages,
    "clouds": _check_clouds,
}


# The parts that all are made of


def _object(value: Any, where: str) -> Document:
    if not isinstance(value, dict):
        raise BadFeed(f"{where or '/'}: must be an object")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_ITEMS:
        raise BadFeed(f"{where}: must be a list of at most {MOST_ITEMS}")
    return value


def _things(value: Any, where: str, check: Callable[[Document, str], Document]) -> list[Document]:
    """A list whose items have an id each, no two the same."""
    found = [
        check(_object(item, f"{where}/{index}"), f"{where}/{index}")
        for index, item in enumerate(_list(value, where))
    ]
    ids = set()
    for index, item in enumerate(found):
        if item["id"] in ids:
            raise BadFeed(f"{where}/{index}/id: {item['id']} is there twice")
        ids.add(item["id"])
    return found


def _series(value: Any, where: str, check: Callable[[Document, str], Document]) -> list[Document]:
    """A list in order of ``at``."""
    found = [
        check(_object(item, f"{where}/{index}"), f"{where}/{index}")
        for index, item in enumerate(_list(value, where))
    ]
    _in_order([item["at"] for item in found], where, "at")
    return found


def _in_order(moments: list[str], where: str, name: str) -> None:
    times = [datetime.fromisoformat(moment) for moment in moments]
    for index, (one, other) in enumerate(itertools.pairwise(times), start=1):
        if other <= one:
            raise BadFeed(f"{where}/{index}/{name}: must be later than the one before it")


def _text(item: Document, name: str, where: str, *, longest: int = 100) -> str:
    value = item.get(name)
    good = isinstance(value, str) and value.strip() and value.isprintable()
    if not good or len(value) > longest:  # type: ignore[arg-type]
        raise BadFeed(f"{where}/{name}: must be a text of 1 to {longest} characters")
    return str(value)


def _code(item: Document, where: str) -> str:
    code = _text(item, "unit_code", where, longest=15)
    if not (code.isascii() and code.isdigit() and len(code) >= 2):
        raise BadFeed(f"{where}/unit_code: must be a unit's code of 2 to 15 digits")
    return code


def _choice(item: Document, name: str, where: str, words: tuple[str, ...]) -> str:
    if item.get(name) not in words:
        raise BadFeed(f"{where}/{name}: must be one of {', '.join(words)}")
    return str(item[name])


def _is_number(value: Any, least: float, most: float) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and least <= value <= most


def _number(
    item: Document, name: str, where: str, least: float, most: float, *, none: bool = False
) -> Any:
    value = item.get(name)
    if none and value is None:
        return None
    if not _is_number(value, least, most):
        raise BadFeed(f"{where}/{name}: must be a number from {least:g} to {most:g}")
    return value


def _place(item: Document, where: str) -> Document:
    return {
        "lat": _number(item, "lat", where, -90, 90),
        "lon": _number(item, "lon", where, -180, 180),
    }


def _moment(item: Document, name: str, where: str) -> str:
    value = item.get(name)
    try:
        moment = datetime.fromisoformat(str(value))
        if not isinstance(value, str) or moment.utcoffset() is None:
            raise ValueError
        return moment.isoformat()
    except (ValueError, OverflowError) as error:
        raise BadFeed(f"{where}/{name}: must be an ISO 8601 time with its offset") from error
