"""Officials in what an app is told: by the ids that its supplier knows them by. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Members that hold an official, as {"id", …}, or several; and those that hold an official's id.
PERSONS, PEOPLE, IDS = {"sender", "recalled_by"}, {"people"}, {"official_id"}


def renamed(data: dict[str, Any], name: Callable[[str], str]) -> dict[str, Any]:
    """The data of an event with every official's id by another name, at any depth."""
    changed: dict[str, Any] = _walk(data, name)
    return changed


def _walk(node: Any, name: Callable[[str], str]) -> Any:
    if isinstance(node, list):
        return [_walk(each, name) for each in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for member, value in node.items():
        if member in PERSONS:
            value = _person(value, name)
        elif member in PEOPLE and isinstance(value, list):
            value = [_person(each, name) for each in value]
        elif member in IDS and isinstance(value, str):
            value = name(value)
        else:
            value = _walk(value, name)
        found[member] = value
    return found


def _person(value: Any, name: Callable[[str], str]) -> Any:
    """A bot or an app that speaks for itself has no id that is an official's."""
    if isinstance(value, dict) and value.get("id") is not None:
        return {**value, "id": name(str(value["id"]))}
    return value
