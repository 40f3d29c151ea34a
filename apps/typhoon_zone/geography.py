"""Where the units are: borders by code, and a point within each. Borders are public map data."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[2] / "data"
GEO = DATA / "geo"
# Three digits are about 100 m: finer than any screen shows a county.
DIGITS = 3
LAYERS = ("province", "cities", "districts")
Ring = list[list[float]]


@dataclass(frozen=True)
class Area:
    """A part of the map: the code its units begin with, and its outlines as (lat, lon)."""

    code: str
    name: str
    rings: tuple[Ring, ...]

    @property
    def centre(self) -> tuple[float, float]:
        """The centroid of the largest part."""
        return _centroid(max(self.rings, key=lambda ring: abs(_doubled_area(ring))))


@cache
def areas() -> dict[str, Area]:
    """By the code of 2, 4 or 6 digits that units carry."""
    found = {}
    for layer, digits in zip(LAYERS, (2, 4, 6), strict=True):
        for feature in _features(layer):
            code = feature["properties"]["adcode"][:digits]
            found[code] = Area(code, feature["properties"]["name"], tuple(_rings(feature)))
    return found


def area_of(code: str) -> Area:
    """The county of a unit, its city, or the province: the smallest that the map knows."""
    known = areas()
    for digits in (6, 4, 2):
        if len(code) >= digits and code[:digits] in known:
            return known[code[:digits]]
    return known["33"]


def borders() -> dict[str, Any]:
    """What the page draws, by layer; the rings are (lat, lon) as Leaflet wants them."""
    by_digits = {2: "province", 4: "cities", 6: "districts"}
    drawn: dict[str, list[dict[str, Any]]] = {layer: [] for layer in LAYERS}
    for code, area in areas().items():
        drawn[by_digits[len(code)]].append(
            {"code": code, "name": area.name, "rings": area.rings, "centre": area.centre}
        )
    return drawn


def is_within(point: tuple[float, float], area: Area) -> bool:
    """Whether a point lies in one of the area's parts: a ray crosses its outline an odd time."""
    lat, lon = point
    inside = False
    for ring in area.rings:
        for (lat_a, lon_a), (lat_b, lon_b) in itertools.pairwise(ring):
            crosses = (lat_a > lat) != (lat_b > lat)
            if crosses and lon < lon_a + (lat - lat_a) * (lon_b - lon_a) / (lat_b - lat_a):
                inside = not inside
    return inside


def _features(layer: str) -> list[dict[str, Any]]:
    text = (GEO / f"zhejiang_{layer}.geojson").read_text(encoding="utf-8")
    features: list[dict[str, Any]] = json.loads(text)["features"]
    return features


def _rings(feature: dict[str, Any]) -> Iterator[Ring]:
    """The outlines; the map has no holes worth drawing."""
    shape = feature["geometry"]
    parts = shape["coordinates"] if shape["type"] == "MultiPolygon" else [shape["coordinates"]]
    for outline, *_holes in parts:
        yield [[round(lat, DIGITS), round(lon, DIGITS)] for lon, lat in outline]


def _doubled_area(ring: Ring) -> float:
    return sum(
        lon_a * lat_b - lon_b * lat_a
        for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, [*ring[1:], ring[0]], strict=True)
    )


def _centroid(ring: Ring) -> tuple[float, float]:
    doubled = _doubled_area(ring)
    lat = lon = 0.0
    for (lat_a, lon_a), (lat_b, lon_b) in zip(ring, [*ring[1:], ring[0]], strict=True):
        cross = lon_a * lat_b - lon_b * lat_a
        lat += (lat_a + lat_b) * cross
        lon += (lon_a + lon_b) * cross
    return round(lat / (3 * doubled), DIGITS), round(lon / (3 * doubled), DIGITS)
