"""Lekima's night as feeds would have told it. The track is the best track of IBTrACS; gauges,
outages and cloud pictures are invented around it, the same each time, and labelled as samples.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from apps.typhoon_zone import clouds, track
from apps.typhoon_zone.geography import DATA, Area, areas, is_within
from apps.typhoon_zone.ibtracs import read_best_track

BEST_TRACK = DATA / "typhoon" / "lekima_2019_ibtracs.csv"
STORM: dict[str, Any] = {
    "storm": {"id": "2019214N15134", "number": "1909", "name": {"zh": "利奇马", "en": "Lekima"}}
}
SOURCE = "IBTrACS v04 (CC BY 4.0)"
INVENTED = "示例 sample"
# Gauges speak from the evening before the landfall to the day after it.
FIRST = datetime.fromisoformat("2019-08-08T00:00:00+00:00")
LAST = datetime.fromisoformat("2019-08-11T12:00:00+00:00")
EVERY = timedelta(hours=3)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙林朱郑"


def make_document(feed: str) -> dict[str, Any]:
    """What a source of this feed would send."""
    return {
        "track": _track,
        "gauges": lambda: {"source": INVENTED, "gauges": list(_gauges())},
        "outages": lambda: {"source": INVENTED, "outages": list(_outages())},
        "clouds": _clouds,
    }[feed]()


def draw_picture(href: str) -> bytes:
    """The cloud picture that ``_clouds`` named."""
    index = int(href.removesuffix(".svg"))
    fix = lekima()[index]
    return clouds.draw(fix.at, fix.place, fix.wind or 15.0, turn=index * 47.0)


@cache
def lekima() -> tuple[track.Fix, ...]:
    with BEST_TRACK.open(encoding="utf-8") as lines:
        return tuple(
            track.Fix(
                datetime.fromisoformat(row["at"]),
                (row["lat"], row["lon"]),
                row["wind_ms"],
                row["pressure_hpa"],
            )
            for row in read_best_track(lines)
        )


def point_in(area: Area, draw: random.Random) -> tuple[float, float]:
    """Somewhere in the area, the same for the same draw."""
    ring = max(area.rings, key=len)
    lats, lons = [lat for lat, _ in ring], [lon for _, lon in ring]
    for _ in range(200):
        point = draw.uniform(min(lats), max(lats)), draw.uniform(min(lons), max(lons))
        if is_within(point, area):
            return round(point[0], 4), round(point[1], 4)
    return area.centre


def _track() -> dict[str, Any]:
    with BEST_TRACK.open(encoding="utf-8") as lines:
        return {**STORM, "source": SOURCE, "fixes": read_best_track(lines)}


def _counties() -> Iterator[tuple[Area, random.Random]]:
    for code, area in sorted(areas().items()):
        if len(code) == 6:
            # The same figures each time; no secret is drawn here.
            yield area, random.Random(code)  # noqa: S311


def _moments() -> Iterator[datetime]:
    at = FIRST
    while at <= LAST:
        yield at
        at += EVERY


def _rain(area: Area, at: datetime, draw: random.Random) -> float:
    """Millimetres in an hour: more the nearer and the stronger the storm is."""
    fix = track.position_at(lekima(), at)
    if fix is None:
        return 0.0
    near = math.exp(-((track.distance_km(fix.place, area.centre) / 170) ** 2))
    return round(75 * near * (fix.wind or 15) / 47 * draw.uniform(0.55, 1.1), 1)


def _gauges() -> Iterator[dict[str, Any]]:
    for area, draw in _counties():
        lat, lon = point_in(area, draw)
        common = {"unit_code": area.code, "lat": lat, "lon": lon}
        rain = [(at, _rain(area, at, draw)) for at in _moments()]
        yield {
            **common,
            "id": f"rain-{area.code}",
            "name": f"{area.name}雨量站",
            "kind": "rain_1h",
            "thresholds": {"warning": 20, "danger": 50},
            "readings": [{"at": at.isoformat(), "value": value} for at, value in rain],
        }
        warning = round(draw.uniform(2.6, 5.4), 1)
        yield {
            **common,
            "id": f"level-{area.code}",
            "name": f"{area.name}水位站",
            "kind": "water_level",
            "thresholds": {"warning": warning, "danger": round(warning + 0.8, 1)},
            "readings": _levels(rain, warning - draw.uniform(1.0, 1.6)),
        }


def _levels(rain: list[tuple[datetime, float]], low: float) -> list[dict[str, Any]]:
    """A river that swells with the rain of the last hours and drains slowly."""
    held, readings = 0.0, []
    for at, value in rain:
        held = held * 0.86 + value
        readings.append({"at": at.isoformat(), "value": round(low + held / 48, 2)})
    return readings


def _outages() -> Iterator[dict[str, Any]]:
    for area, draw in _counties():
        nearest = track.closest_approach(lekima(), area.centre)
        if nearest is None or nearest.km > 170:
            continue
        for number in range(1 if nearest.km > 90 else 2):
            lat, lon = point_in(area, draw)
            since = nearest.at - timedelta(minutes=draw.randrange(30, 360))
            repaired = draw.random() < 0.8
            until = since + timedelta(minutes=draw.randrange(300, 1500)) if repaired else None
            yield {
                "id": f"outage-{area.code}-{number}",
                "area": f"{area.name}{'沿海' if number else '城区'}配电线路",
                "unit_code": area.code,
                "lat": lat,
                "lon": lon,
                "households": draw.randrange(2, 90) * 100,
                "since": since.isoformat(timespec="minutes"),
                "until": until.isoformat(timespec="minutes") if until else None,
                "team": {
                    "name": f"{area.name}供电抢修{draw.randint(1, 6)}队",
                    "people": draw.randrange(6, 30),
                    "phone": f"0570-8{draw.randint(0, 9_999_999):07d}",
                },
            }


def _clouds() -> dict[str, Any]:
    pictures = [
        {
            "at": fix.at.isoformat(),
            "href": f"{index}.svg",
            "bounds": clouds.bounds_of(fix.place),
        }
        for index, fix in enumerate(lekima())
        if FIRST - timedelta(days=3) <= fix.at <= LAST
    ]
    return {"source": INVENTED, "pictures": pictures}
