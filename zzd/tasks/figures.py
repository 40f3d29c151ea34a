"""The numbers a directive asks for, and whether a report gives them: pure rules.

A spec is ``{key, name, unit, minimum, required}``; its own shape is checked by the schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

# Sums of these over every unit of a province stay within 64 bits.
LARGEST = 10**12
MOST = 30


def faults(specs: Sequence[Mapping[str, Any]], values: Mapping[str, Any]) -> list[dict[str, str]]:
    """What is wrong with a report's ``values``, each with a pointer into the report."""
    by_key = {spec["key"]: spec for spec in specs}
    found = [
        _fault(key, "This figure is required")
        for key, spec in by_key.items()
        if spec["required"] and key not in values
    ]
    for key, value in values.items():
        if key not in by_key:
            found.append(_fault(key, "The directive does not ask for this figure"))
        elif type(value) is not int:
            found.append(_fault(key, "Must be a whole number"))
        elif not by_key[key]["minimum"] <= value <= LARGEST:
            found.append(_fault(key, f"Must be {by_key[key]['minimum']} to {LARGEST}"))
    return found


def _fault(key: str, detail: str) -> dict[str, str]:
    escaped = key.replace("~", "~0").replace("/", "~1")
    return {"pointer": f"/figures/{escaped}", "detail": detail}


def add(
    specs: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, int | None]]
) -> dict[str, int | None]:
    """Sums by key. Nothing reported is no number: it stays null and never counts as zero."""
    sums: dict[str, int | None] = {spec["key"]: None for spec in specs}
    for row in rows:
        for key, value in row.items():
            if value is not None:
                sums[key] = (sums[key] or 0) + value
    return sums
