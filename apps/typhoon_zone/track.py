"""A storm's way over the sphere: where it was, where it may go, how near it comes. Pure.

Times are aware datetimes, places ``(latitude, longitude)`` in degrees, distances kilometres.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

EARTH_KM = 6371.0088
Place = tuple[float, float]
_Vector = tuple[float, float, float]

# Lower bounds of Beaufort forces 7, 10 and 12 in m/s (GB/T 28591-2012), by which circles are named.
FORCES = {"7": 13.9, "10": 24.5, "12": 32.7}
# Where no forecast is fed in, the storm is taken to go on as it went for so long.
MEMORY = timedelta(hours=12)
# How far from the extrapolated place the centre may be, by hours ahead. Ours, for want of a
# forecast: about what published 70 % circles had in 2019, and wider as this is no model.
SPREAD_KM = {12: 80.0, 24: 140.0, 36: 210.0, 48: 290.0, 72: 450.0}


class Radii(NamedTuple):
    """How far winds of a force reach to the north-east, south-east, south-west, north-west."""

    ne: float
    se: float
    sw: float
    nw: float

    def towards(self, bearing: float) -> float:
        return self[int(bearing % 360 // 90)]


@dataclass(frozen=True, slots=True)
class Fix:
    """The storm at a time. ``spread`` is how far off a forecast place may be, 0 for observed."""

    at: datetime
    place: Place
    wind: float | None = None
    pressure: float | None = None
    radii: tuple[tuple[str, Radii], ...] = ()
    spread: float = 0.0


class Approach(NamedTuple):
    at: datetime
    km: float


def distance_km(a: Place, b: Place) -> float:
    """Along the great circle, by the haversine formula."""
    (lat_a, lon_a), (lat_b, lon_b) = _radians(a), _radians(b)
    half = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def bearing(a: Place, b: Place) -> float:
    """In which direction ``b`` lies from ``a``: degrees clockwise from north, 0 to 360."""
    (lat_a, lon_a), (lat_b, lon_b) = _radians(a), _radians(b)
    east = math.sin(lon_b - lon_a) * math.cos(lat_b)
    north = math.cos(lat_a) * math.sin(lat_b) - math.sin(lat_a) * math.cos(lat_b) * math.cos(
        lon_b - lon_a
    )
    return math.degrees(math.atan2(east, north)) % 360


def along(a: Place, b: Place, share: float) -> Place:
    """The place at ``share`` of the way from ``a`` to ``b``; beyond 1 the way goes on straight."""
    arc = _Arc(a, b)
    return arc.at(share * arc.angle)


def position_at(fixes: Sequence[Fix], at: datetime) -> Fix | None:
    """The storm between its fixes, which are in order of time; none before and after them."""
    if not fixes or not fixes[0].at <= at <= fixes[-1].at:
        return None
    after = bisect_right(fixes, at, key=lambda fix: fix.at)
    if after == len(fixes):
        return fixes[-1]
    a, b = fixes[after - 1], fixes[after]
    if at == a.at:
        return a
    share = (at - a.at) / (b.at - a.at)
    nearer = a if share < 0.5 else b
    return Fix(
        at,
        along(a.place, b.place, share),
        _blend(a.wind, b.wind, share),
        _blend(a.pressure, b.pressure, share),
        nearer.radii,
        a.spread + (b.spread - a.spread) * share,
    )


def closest_approach(fixes: Sequence[Fix], place: Place) -> Approach | None:
    """When and how near the centre is on its way through the fixes, the first time it is nearest.

    Between two fixes it moves along the great circle at one speed; the nearest point of an arc
    is known in closed form, so this is exact and not a matter of steps.
    """
    if not fixes:
        return None
    best = Approach(fixes[0].at, distance_km(fixes[0].place, place))
    for a, b in itertools.pairwise(fixes):
        share = _Arc(a.place, b.place).share_nearest_to(place)
        km = distance_km(along(a.place, b.place, share), place)
        if km < best.km - 1e-9:
            best = Approach(a.at + (b.at - a.at) * share, km)
    return best


def arrival_of_wind(
    fixes: Sequence[Fix], place: Place, force: str, *, step: timedelta = timedelta(minutes=30)
) -> datetime | None:
    """When winds of a force first reach the place, to the half hour; None if they do not."""
    at = fixes[0].at if fixes else None
    while at is not None and at <= fixes[-1].at:
        fix = position_at(fixes, at)
        if fix is not None and _reaches(fix, place, force):
            return at
        at += step
    return None


def extrapolate(fixes: Sequence[Fix], at: datetime) -> list[Fix]:
    """Where the storm would be if it went on as it went in the last hours, widening by the hour.

    A stand-in where no forecast is fed in: it knows nothing after ``at``. Empty while the storm
    has no past to go by.
    """
    now, before = position_at(fixes, at), position_at(fixes, at - MEMORY)
    if now is None or before is None:
        return []
    ahead = [now]
    for hours, spread in SPREAD_KM.items():
        share = 1 + timedelta(hours=hours) / MEMORY
        place = along(before.place, now.place, share)
        ahead.append(
            Fix(at + timedelta(hours=hours), place, now.wind, now.pressure, now.radii, spread)
        )
    return ahead


def estimate_radii(wind: float | None, latitude: float) -> tuple[tuple[str, Radii], ...]:
    """Circles for a storm of which only the highest wind (m/s) is known.

    The radius of that wind after Willoughby and Rahn (2004), from there an outward fall with the
    square root of the distance. An estimate, the same in all directions; shown as such.
    """
    if wind is None:
        return ()
    core = 46.4 * math.exp(-0.0155 * wind + 0.0169 * abs(latitude))
    radii = {
        force: round(core * (wind / lowest) ** 2)
        for force, lowest in FORCES.items()
        if wind >= lowest
    }
    return tuple((force, Radii(*[float(km)] * 4)) for force, km in radii.items())


def _reaches(fix: Fix, place: Place, force: str) -> bool:
    radii = dict(fix.radii).get(force)
    return radii is not None and distance_km(fix.place, place) <= radii.towards(
        bearing(fix.place, place)
    )


class _Arc:
    """The great circle from ``a`` to ``b`` by the angle from ``a``, and how long the arc is."""

    def __init__(self, a: Place, b: Place) -> None:
        self.a, end = _vector(a), _vector(b)
        across = _cross(self.a, end)
        length = math.sqrt(_dot(across, across))
        self.angle = math.atan2(length, _dot(self.a, end))
        # At right angles to a, in the plane of both; nowhere in particular if they are one place.
        self.side = _cross(_scale(across, 1 / length), self.a) if length > 1e-12 else None

    def at(self, angle: float) -> Place:
        if self.side is None:
            return _place(self.a)
        ahead, aside = math.cos(angle), math.sin(angle)
        x, y, z = (
            ahead * one + aside * other for one, other in zip(self.a, self.side, strict=True)
        )
        return _place((x, y, z))

    def share_nearest_to(self, place: Place) -> float:
        if self.side is None:
            return 0.0
        target = _vector(place)
        nearest = math.atan2(_dot(target, self.side), _dot(target, self.a))
        if 0 <= nearest <= self.angle:
            return nearest / self.angle
        # The nearest point of the whole circle is off the arc: one of its ends is nearest.
        ends = (_dot(target, self.a), _dot(target, _vector(self.at(self.angle))))
        return 0.0 if ends[0] >= ends[1] else 1.0


def _blend(a: float | None, b: float | None, share: float) -> float | None:
    return None if a is None or b is None else a + (b - a) * share


def _radians(place: Place) -> Place:
    return math.radians(place[0]), math.radians(place[1])


def _vector(place: Place) -> _Vector:
    lat, lon = _radians(place)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _place(vector: _Vector) -> Place:
    x, y, z = vector
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _dot(a: _Vector, b: _Vector) -> float:
    return sum(one * other for one, other in zip(a, b, strict=True))


def _cross(a: _Vector, b: _Vector) -> _Vector:
    return (
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    )


def _scale(vector: _Vector, by: float) -> _Vector:
    return vector[0] * by, vector[1] * by, vector[2] * by
