"""The numbers a directive asks for, and whether a report gives them: pure rules.

A spec is ``{key, name, unit, minimum, required, max_ratio, risks}``; its own shape is checked by
the schema. ``risks`` are the kinds of risk, ``{key, name}``, that a figure is also given by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

# Sums of these over every unit of a province stay within 64 bits.
LARGEST = 10**12
MOST = 30
Key = TypeVar("Key")


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


def part_faults(
    specs: Sequence[Mapping[str, Any]],
    values: Mapping[str, Any],
    parts: Mapping[str, Mapping[str, Any]],
) -> list[dict[str, str]]:
    """What is wrong with the parts by kind of risk that a report gives of its ``values``."""
    known = {spec["key"]: {risk["key"] for risk in spec.get("risks") or ()} for spec in specs}
    found = []
    for key, by_risk in parts.items():
        if not known.get(key):
            found.append(
                _fault(key, "The directive does not ask for this by risk", within="by_risk")
            )
            continue
        if key not in values:
            found.append(_fault(key, "Give the figure that these are parts of"))
        for risk, value in by_risk.items():
            if risk not in known[key]:
                detail = "The directive does not ask for this kind of risk"
            elif type(value) is not int or not 0 <= value <= LARGEST:
                detail = f"Must be a whole number, 0 to {LARGEST}"
            else:
                continue
            found.append(_fault(risk, detail, within=f"by_risk/{_escaped(key)}"))
    return found


def _fault(key: str, detail: str, within: str = "figures") -> dict[str, str]:
    return {"pointer": f"/{within}/{_escaped(key)}", "detail": detail}


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def add(
    specs: Sequence[Mapping[str, Any]], rows: Iterable[Mapping[str, int | None]]
) -> dict[str, int | None]:
    """Sums by key. Nothing reported is no number: it stays null and never counts as zero."""
    return add_up([spec["key"] for spec in specs], rows)


def add_up(keys: Iterable[Key], rows: Iterable[Mapping[Key, int | None]]) -> dict[Key, int | None]:
    """``add`` for whatever has keys."""
    sums: dict[Key, int | None] = dict.fromkeys(keys)
    for row in rows:
        for key, value in row.items():
            if value is not None:
                sums[key] = (sums.get(key) or 0) + value
    return sums
