"""How long it took: exact medians and ninetieth percentiles, pure."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Of values in ascending order, between the two nearest: what PERCENTILE_CONT gives."""
    if not ordered:
        return None
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def summed_up(seconds: Sequence[float], addressed: int) -> dict[str, float | int | None]:
    """Of those who acknowledged; how many did not stands beside it and is in no percentile."""
    ordered = sorted(seconds)
    return {
        "addressed": addressed,
        "acknowledged": len(ordered),
        "median_seconds": percentile(ordered, 0.5),
        "p90_seconds": percentile(ordered, 0.9),
    }
