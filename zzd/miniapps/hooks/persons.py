"""Officials in what an app is told: by the ids that its supplier knows them by, and no more than that
of whoever is outside its part. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

# Members that hold an official, as {"id", …}, or several; and those that hold an official's id.
PERSONS, PEOPLE, IDS = {"sender", "recalled_by"}, {"people"}, {"official_id"}
# Whoever is quoted, by a name that nobody can look up.
QUOTED = "sender_name"
# The kind of message that carries what was said elsewhere.
PASSED_ON = "forward"

Person = dict[str, Any]


def people_in(node: Any) -> Iterator[str]:
    """The ids of the officials that an event describes, at any depth."""
    if isinstance(node, list):
        for each in node:
            yield from people_in(each)
    elif isinstance(node, dict):
        for member, value in node.items():
            for person in _persons(member, value):
                if person.get("id") is not None:
                    yield str(person["id"])
            yield from people_in(value)


def renamed(
    data: dict[str, Any],
    name: Callable[[str], str],
    known: Callable[[Person], Person] | None = None,
) -> dict[str, Any]:
    """The data of an event with every official's id by another name, at any depth; ``known`` says
    what the app may know of an official who is described."""

    def describe(person: Any) -> Any:
        if not isinstance(person, dict) or person.get("id") is None:
            # A bot or an app that speaks for itself has no id that is an official's.
            return person
        return known(person) if known else {**person, "id": name(str(person["id"]))}

    changed: dict[str, Any] = _walk(_without_elsewhere(data) if known else data, name, describe)
    return changed


def _without_elsewhere(data: dict[str, Any]) -> dict[str, Any]:
    """Of what was passed on from another conversation only how much it is: neither where nor by
    whom it was said."""
    if data.get("kind") != PASSED_ON or not isinstance(data.get("content"), dict):
        return data
    return {**data, "content": {**data["content"], "title": "", "preview": []}}


def _walk(node: Any, name: Callable[[str], str], describe: Callable[[Any], Any]) -> Any:
    if isinstance(node, list):
        return [_walk(each, name, describe) for each in node]
    if not isinstance(node, dict):
        return node
    found = {}
    for member, value in node.items():
        if member in PERSONS:
            value = describe(value)
        elif member in PEOPLE and isinstance(value, list):
            value = [describe(each) for each in value]
        elif member in IDS and isinstance(value, str):
            value = name(value)
        elif member == QUOTED:
            value = ""
        else:
            value = _walk(value, name, describe)
        found[member] = value
    return found


def _persons(member: str, value: Any) -> list[Person]:
    held = value if member in PEOPLE and isinstance(value, list) else [value]
    wanted = member in PERSONS or member in PEOPLE
    return [each for each in held if wanted and isinstance(each, dict)]
