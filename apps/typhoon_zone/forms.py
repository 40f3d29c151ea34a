"""What people write about shelters, roads and power, checked. Pure; the texts are for the page.

A fault is a short word that the page says in the reader's language: ``{"field": "required"}``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

MOST = 1_000_000
_PHONE = re.compile(r"[0-9+][0-9 -]{4,19}")
# What lies outside is a slip of the finger: Zhejiang with its sea, and some more.
_LATITUDES, _LONGITUDES = (26.0, 32.5), (117.0, 124.5)

Check = Callable[[Any], Any]


class Wrong(Exception):
    """A field's value is refused; the argument says why, in a word."""


def _text(longest: int, *, required: bool = True) -> Check:
    def check(value: Any) -> str:
        text = value.strip() if isinstance(value, str) else "" if value is None else None
        if text is None or not text.isprintable() or len(text) > longest:
            raise Wrong("text")
        if required and not text:
            raise Wrong("required")
        return text

    return check


def _number(least: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= MOST:
            raise Wrong("number")
        return value

    return check


def _one_of(*words: str) -> Check:
    def check(value: Any) -> str:
        if value not in words:
            raise Wrong("choice")
        return str(value)

    return check


def _phone(*, required: bool = True) -> Check:
    text = _text(20, required=required)

    def check(value: Any) -> str:
        phone: str = text(value)
        if phone and not _PHONE.fullmatch(phone):
            raise Wrong("phone")
        return phone

    return check


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise Wrong("choice")
    return value


def _degree(bounds: tuple[float, float]) -> Check:
    def check(value: Any) -> float | None:
        if value is None:
            return None
        if type(value) not in (int, float) or not bounds[0] <= value <= bounds[1]:
            raise Wrong("place")
        return round(float(value), 5)

    return check


def _moment(value: Any) -> str | None:
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value)
        if moment.utcoffset() is None:
            raise ValueError
        return moment.isoformat(timespec="minutes")
    except (TypeError, ValueError, OverflowError) as error:
        raise Wrong("time") from error


_PLACE: dict[str, Check] = {"lat": _degree(_LATITUDES), "lon": _degree(_LONGITUDES)}
FORMS: Mapping[str, dict[str, Check]] = {
    "shelter": {
        "name": _text(60),
        "address": _text(120),
        "capacity": _number(1),
        "occupied": _number(0),
        "is_open": _flag,
        "contact_name": _text(30),
        "contact_phone": _phone(),
        **_PLACE,
    },
    "road": {
        "name": _text(80),
        "state": _one_of("closed", "limited", "open"),
        "reason": _one_of("flood", "landslide", "rockfall", "trees", "damage", "control", "other"),
        "note": _text(200, required=False),
        "expected_at": _moment,
        **_PLACE,
    },
    "power": {
        "name": _text(80),
        "state": _one_of("out", "repairing", "restored"),
        "households": _number(0),
        "team": _text(40, required=False),
        "team_people": _number(0),
        "team_phone": _phone(required=False),
        "expected_at": _moment,
        **_PLACE,
    },
}


def check_fields(kind: str, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields of a record of this kind, and what is wrong with them by field."""
    fields: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, check in FORMS[kind].items():
        try:
            fields[name] = check(body.get(name))
        except Wrong as wrong:
            faults[name] = str(wrong)
    if not faults and (fields["lat"] is None) != (fields["lon"] is None):
        faults["lat"] = "place"
    return fields, faults
