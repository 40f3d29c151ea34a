"""What an app is told of orders: what its official sees, without whom and what its installation
may not know of.

An order often comes from above the part of the organisation that an app was installed for. The
order itself is its official's, and is told; the units and officials outside are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.orgtree.models import Post, Unit
from zzd.principal import Principal, Reach

# By what a person is known in every answer of this package.
PERSON = {"id", "name", "post_title"}


def as_told(session: Session, by: Principal, shown: Any) -> Any:
    """The answer as the caller may have it: unchanged for people, who have no reach.

    Units and officials outside are null, and missing where there is a list of them. At most two
    statements, whatever is shown.
    """
    if by.reach is None:
        return shown
    units, people = _units_inside(session, by.reach, shown), _people_inside(session, by, shown)
    return _told(shown, "", units, people)


def _units_inside(session: Session, reach: Reach, shown: Any) -> set[int]:
    ids = {int(unit_id) for unit_id in _unit_ids(shown, "")}
    rows = session.execute(select(Unit.id, Unit.path, Unit.level).where(Unit.id.in_(ids)))
    return {unit_id for unit_id, path, level in rows if reach.holds_unit(path, level)}


def _people_inside(session: Session, by: Principal, shown: Any) -> set[int]:
    assert by.reach is not None
    ids = set(_person_ids(shown))
    rows = session.execute(
        select(Post.official_id, Unit.path, Unit.level, Post.line_code, Post.role)
        .join(Unit, Unit.id == Post.unit_id)
        .where(Post.official_id.in_(ids), Post.ended_at.is_(None))
    )
    holds = by.reach.holds_post
    return {row[0] for row in rows if holds(row[1], row[2], row[3], row[4])}


def _told(node: Any, key: str, units: set[int], people: set[int]) -> Any:
    if isinstance(node, list):
        items = [_told(item, key, units, people) for item in node]
        return [
            item for item, was in zip(items, node, strict=True) if item is not None or was is None
        ]
    if not isinstance(node, dict):
        return node
    if _is_unit(node, key) and int(node["id"]) not in units:
        return None
    if node.get("unit_id") is not None and int(node["unit_id"]) not in units:
        return None
    if node.keys() >= PERSON and int(node["id"]) not in people:
        return None
    told: dict[str, Any] = {name: _told(value, name, units, people) for name, value in node.items()}
    if told.get("by", 0) is None and "unit_name" in told:
        told["unit_name"] = ""
    if "move" in told:
        # What a step says beside itself may name anybody, and whose device it was is theirs.
        told |= {"detail": {}, "device": None}
    return told


def _unit_ids(node: Any, key: str) -> Iterator[Any]:
    if isinstance(node, list):
        for item in node:
            yield from _unit_ids(item, key)
    elif isinstance(node, dict):
        if _is_unit(node, key):
            yield node["id"]
        if node.get("unit_id") is not None:
            yield node["unit_id"]
        for name, value in node.items():
            yield from _unit_ids(value, name)


def _is_unit(node: dict[str, Any], key: str) -> bool:
    return key.endswith(("unit", "units")) and "id" in node


def _person_ids(node: Any) -> Iterator[int]:
    if isinstance(node, list):
        for item in node:
            yield from _person_ids(item)
    elif isinstance(node, dict):
        if node.keys() >= PERSON:
            yield int(node["id"])
        for value in node.values():
            yield from _person_ids(value)
