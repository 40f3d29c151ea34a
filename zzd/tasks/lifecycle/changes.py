"""What is different between two versions of a directive, in words of one line each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

# In the order in which they are shown.
FIELDS = (
    *("title", "text", "number", "urgency", "ack_deadline", "report_deadline"),
    *("report_interval_minutes", "figures", "audiences", "way"),
)


def between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each field that differs with what it was and what it is: a text, or a list of them."""
    return [
        {"field": name, "before": as_shown(before[name]), "after": as_shown(now[name])}
        for name in FIELDS
        if before[name] != now[name]
    ]


def as_shown(value: Any) -> Any:
    """Times as the API writes them, figures by their names."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return [
            f"{each['name']}（{each['unit']}）" if isinstance(each, dict) else each
            for each in value
        ]
    return value
