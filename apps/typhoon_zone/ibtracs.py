"""A best track of IBTrACS (CSV, as in data/typhoon) in the form of the track feed."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from typing import Any

KNOT = 0.514444


def read_best_track(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Its fixes as FEEDS.md has them. Raises ValueError, KeyError for what is no such table."""
    return [
        {
            "at": row["time_utc"].replace("Z", "+00:00"),
            "lat": float(row["lat"]),
            "lon": float(row["lon"]),
            "wind_ms": round(float(row["wmo_wind_kt"]) * KNOT, 1) if row["wmo_wind_kt"] else None,
            "pressure_hpa": float(row["wmo_pres_hpa"]) if row["wmo_pres_hpa"] else None,
        }
        for row in csv.DictReader(lines)
    ]
