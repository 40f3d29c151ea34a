"""What is different between two versions of a directive, in words of one line each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

# What goes with a directive (zzd.tasks.drafts.company) and may differ.
COMPANY = ("lead_unit", "cooperating_units", "copies", "files")
# In the order in which they are shown.
FIELDS = (
    *("title", "text", "number", "urgency", "ack_deadline", "report_deadline"),
    *("report_interval_minutes", "escalation", "figures", "audiences", "way"),
    *COMPANY,
)
# Names of units that may lie outside an app's part.
NOT_FOR_APPS = {"audiences", "lead_unit", "cooperating_units", "copies"}


def between(
    before: Mapping[str, Any], now: Mapping[str, Any], *, to_app: bool = False
) -> list[dict[str, Any]]:
    """Each field that differs with what it was and what it is: a text, or a list of them."""
    return [
        {"field": name, "before": as_shown(before[name]), "after": as_shown(now[name])}
        for name in FIELDS
        if before[name] != now[name] and not (to_app and name in NOT_FOR_APPS)
    ]


def as_shown(value: Any) -> Any:
    """Times as the API writes them; figures, units and files by their names, audiences by their
    words, steps of the escalation by their kind and minutes."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list):
        return [_named(each) if isinstance(each, Mapping) else each for each in value]
    return _named(value) if isinstance(value, Mapping) else value


def _named(value: Mapping[str, Any]) -> str:
    if "step" in value:
        working = " working_days" if value.get("working_days") else ""
        return f"{value['step']} {value['after_minutes']}{working}"
    if "unit" in value:
        return f"{value['name']}（{value['unit']}）"
    return str(value.get("name") or value["text"])
