"""The notations inside CAP's elements: times, references, addresses, polygons, circles."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime

from zzd.tasks.cap.alerts import Reference

TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)

Point = tuple[float, float]


def read_time(text: str) -> datetime:
    """A time as CAP writes it: whole seconds and a numeric offset, never ``Z``.

    Raises ValueError for every other, and for what no calendar holds.
    """
    if not TIME.fullmatch(text):
        raise ValueError("Must be like 2019-08-09T21:30:00+08:00, with a numeric offset, never Z")
    try:
        moment = datetime.fromisoformat(text)
        # 9999-12-31T23:59:59-12:00 has no place in the calendar of UTC, by which it is compared.
        moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError("There is no such time") from error
    return moment


def write_time(moment: datetime) -> str:
    """``-00:00`` for UTC, as the standard wants it. Parts of a second are not told."""
    text = moment.replace(microsecond=0).isoformat()
    return text[:-6] + "-00:00" if text.endswith("+00:00") else text


def read_references(text: str) -> list[Reference]:
    """``sender,identifier,sent`` and so on, with spaces between. Raises ValueError."""
    found = []
    for triple in text.split():
        parts = triple.split(",")
        if len(parts) != 3 or not all(parts):
            raise ValueError("Each must be sender,identifier,sent")
        found.append(Reference(parts[0], parts[1], read_time(parts[2])))
    if not found:
        raise ValueError("Names no message")
    return found


def write_references(references: list[Reference]) -> str:
    return " ".join(
        f"{each.sender},{each.identifier},{write_time(each.sent)}" for each in references
    )


def read_words(text: str) -> list[str]:
    """A list with spaces between, of which those in quotes may hold some. Raises ValueError."""
    if text.count('"') % 2:
        raise ValueError("A quotation mark is missing")
    return [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^\s"]+)', text)]


def read_polygon(text: str) -> list[Point]:
    """``lat,lon`` four times at least, the last the same as the first. Raises ValueError."""
    points = [_point(pair) for pair in text.split()]
    if len(points) < 4:
        raise ValueError("A polygon has at least four points, the last of which is the first")
    if points[0] != points[-1]:
        raise ValueError("A polygon ends where it begins")
    return points


def write_polygon(points: Sequence[Point]) -> str:
    """A line of ``lat,lon``, closed: to about ten centimetres, never in powers of ten."""
    closed = [*points] if points[0] == points[-1] else [*points, points[0]]
    return " ".join(f"{latitude:.6f},{longitude:.6f}" for latitude, longitude in closed)


def read_circle(text: str) -> tuple[Point, float]:
    """``lat,lon radius``, in kilometres. Raises ValueError."""
    parts = text.split()
    if len(parts) != 2:
        raise ValueError("A circle is lat,lon and, after a space, a radius in kilometres")
    centre, radius = _point(parts[0]), _number(parts[1])
    # Half of the way round the Earth.
    if not 0 <= radius <= 20_040:
        raise ValueError("A circle's radius is 0 to 20,040 km")
    return centre, radius


def _point(pair: str) -> Point:
    parts = pair.split(",")
    if len(parts) != 2:
        raise ValueError("A point is lat,lon")
    latitude, longitude = _number(parts[0]), _number(parts[1])
    if not -90 <= latitude <= 90:
        raise ValueError("A latitude is -90 to 90; it comes before the longitude")
    if not -180 <= longitude <= 180:
        raise ValueError("A longitude is -180 to 180")
    return latitude, longitude


def _number(text: str) -> float:
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError("Must be a decimal number")
    return float(text)
