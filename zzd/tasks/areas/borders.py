"""The borders of provinces, cities and counties, and which of them an area touches: no database.

Points are (longitude, latitude) in degrees of CGCS2000, WGS-84 to within centimetres. Townships and villages have no borders here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from shapely import Polygon, STRtree, is_valid_reason, make_valid
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

FILES = Path(__file__).resolve().parents[3] / "data" / "geo"
# Which level of the tree a file has the borders of.
LEVEL_FILES = {1: "zhejiang_province", 2: "zhejiang_cities", 3: "zhejiang_districts"}
MOST_POINTS = 500

Point = Sequence[float]


class NotAnArea(ValueError):
    """The points enclose nothing, or cross themselves; the text says which."""


@dataclass(frozen=True, slots=True)
class Border:
    code: str
    name: str
    level: int
    shape: BaseGeometry


@cache
def borders() -> tuple[tuple[Border, ...], STRtree]:
    """All of them, with an index; read once for each process."""
    found = tuple(
        # As the tree has it: 33, 3310, 331081.
        Border(feature["properties"]["adcode"][: 2 * level], _name(feature), level, _shape(feature))
        for level, name in LEVEL_FILES.items()
        for feature in orjson.loads((FILES / f"{name}.geojson").read_bytes())["features"]
    )
    return found, STRtree([border.shape for border in found])


def read_area(points: Sequence[Point]) -> Polygon:
    """The area that a line through these points encloses. Raises NotAnArea."""
    if len({tuple(point) for point in points}) < 3:
        raise NotAnArea("An area has at least three different points")
    area = Polygon(points)
    if not area.is_valid:
        raise NotAnArea(f"The line must not cross itself ({is_valid_reason(area)})")
    if area.area == 0:
        raise NotAnArea("The points lie on one line")
    return area


def touched_by(area: BaseGeometry) -> list[Border]:
    """Those that lie inside the area or touch it, be it in one point."""
    found, index = borders()
    return [found[i] for i in sorted(index.query(area, predicate="intersects"))]


def _name(feature: dict[str, Any]) -> str:
    name: str = feature["properties"]["name"]
    return name


def _shape(feature: dict[str, Any]) -> BaseGeometry:
    drawn = shape(feature["geometry"])
    # A border that crosses itself somewhere would make every question about it an error.
    return drawn if drawn.is_valid else make_valid(drawn)
