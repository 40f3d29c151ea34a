"""Changes of the tree's shape: create, rename, move, merge, abolish.

Each begins with ``begin_change``, so they happen one after the other; each leaves a version of
every unit whose shape it changed. A unit's level never changes, and neither does its id.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.orm import Session

from zzd.audit import log as audit
from zzd.errors import Invalid, NotFound
from zzd.orgtree import events, policy
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.codes import check_code
from zzd.orgtree.creations import Creation
from zzd.orgtree.models import Post, Unit, UnitTerm, UnitVersion
from zzd.orgtree.refusals import (
    DuplicateCode,
    RootIsFixed,
    UnitCycle,
    UnitNotActive,
    UnitNotEmpty,
    WrongLevel,
)
from zzd.orgtree.revisions import (
    begin_change,
    in_block,
    move_paths,
    open_versions,
    renew_versions,
)
from zzd.orgtree.terms import unit_terms
from zzd.principal import PATH_SEGMENT, Principal
from zzd.realtime import outbox


def create_unit(
    session: Session,
    *,
    by: Principal,
    parent_id: int,
    name: str,
    code: str,
    client_id: str | None = None,
) -> tuple[Unit, bool]:
    """Create a unit one level below its parent; the flag says whether it was made just now.

    Raises NotPermitted, UnitNotActive, WrongLevel, CodeOutsideParent, DuplicateCode.
    """
    creation = Creation(
        session, by=by, kind="unit", client_id=client_id, parent_id=parent_id, name=name, code=code
    )
    if creation.found:
        return session.get_one(Unit, creation.found), False
    rev = begin_change(session)
    parent = _other(session, parent_id, "/parent_id")
    policy.require_administrator(by, "unit.create", [(parent.id, parent.path)])
    _check_active(parent, "/parent_id")
    check_code(code, level=parent.level + 1, parent_code=parent.code)
    _check_code_is_free(session, code)
    unit = Unit(
        code=code,
        name=name.strip(),
        level=parent.level + 1,
        parent_id=parent.id,
        path=parent.path,
        status="active",
    )
    session.add(unit)
    session.flush()
    unit.path = parent.path + path_segment(unit.id)
    session.flush()
    open_versions(session, rev, Unit.id == unit.id)
    _write_terms(session, unit)
    creation.made(unit.id)
    _record(session, by, "create", unit, rev, concerned=[parent.id], parent_id=parent.id)
    return unit, True


def rename_unit(session: Session, *, by: Principal, unit_id: int, name: str) -> Unit:
    """Give a unit another name. Sockets stay where they are: no room depends on a name.

    Raises NotFound, NotPermitted, UnitNotActive.
    """
    rev = begin_change(session)
    unit = _subject(session, unit_id)
    policy.require_administrator(by, "unit.rename", [(unit.id, unit.path)])
    _check_active(unit)
    before, unit.name = unit.name, name.strip()
    session.flush()
    renew_versions(session, rev, UnitVersion.unit_id == unit.id)
    _forget_terms(session, unit)
    _write_terms(session, unit)
    concerned = [unit.id, *([unit.parent_id] if unit.parent_id else [])]
    _record(session, by, "rename", unit, rev, concerned=concerned, before=before, name=unit.name)
    return unit


def move_unit(
    session: Session, *, by: Principal, unit_id: int, parent_id: int, code: str | None = None
) -> Unit:
    """Put a unit, and with it all below, under another parent of the same level.

    Codes stay as they are, but for the unit's own if one is given: that one begins with the
    new parent's. The caller administers the parents, for it is their membership that changes.
    Raises NotFound, NotPermitted, RootIsFixed, UnitNotActive, UnitCycle, WrongLevel,
    CodeOutsideParent, DuplicateCode.
    """
    rev = begin_change(session)
    unit = _subject(session, unit_id)
    parent = _other(session, parent_id, "/parent_id")
    old_path, old_parent_id = unit.path, unit.parent_id
    if old_parent_id is None:
        raise RootIsFixed
    old_parent_path = old_path[:-PATH_SEGMENT]
    policy.require_administrator(
        by, "unit.move", [(old_parent_id, old_parent_path), (parent.id, parent.path)]
    )
    _check_active(unit)
    _check_active(parent, "/parent_id")
    if parent.path.startswith(old_path):
        raise UnitCycle("/parent_id", "The new parent is the unit itself or below it")
    if parent.level != unit.level - 1:
        raise WrongLevel("/parent_id", f"The new parent must be of level {unit.level - 1}")
    if parent.id == old_parent_id and code in (None, unit.code):
        return unit
    if code is not None and code != unit.code:
        check_code(code, level=unit.level, parent_code=parent.code)
        _check_code_is_free(session, code)
        unit.code = code
    unit.parent_id = parent.id
    session.flush()
    if parent.id == old_parent_id:
        renew_versions(session, rev, UnitVersion.unit_id == unit.id)
    else:
        move_paths(session, old_path, parent.path, keep_from=len(old_parent_path))
        renew_versions(session, rev, in_block(UnitVersion.path, old_path))
        session.refresh(unit)
        # Sockets still know their posts by the paths from before.
        outbox.tell_processes(session, "renew", {"unit_path": old_path})
    _record(
        session,
        by,
        "move",
        unit,
        rev,
        concerned=[unit.id, old_parent_id, parent.id],
        before=old_parent_id,
        parent_id=parent.id,
        code=unit.code,
    )
    return unit


def merge_unit(session: Session, *, by: Principal, unit_id: int, into_unit_id: int) -> Unit:
    """Dissolve a unit into another of its level, which takes over its units and posts.

    Raises NotFound, NotPermitted, RootIsFixed, UnitNotActive, UnitCycle, WrongLevel.
    """
    return _dissolve(session, by, "merge", "merged", unit_id, into_unit_id, "/into_unit_id")


def abolish_unit(
    session: Session, *, by: Principal, unit_id: int, successor_id: int | None = None
) -> Unit:
    """Dissolve a unit; what is left in it goes to the successor, without which it must be empty.

    Raises NotFound, NotPermitted, RootIsFixed, UnitNotActive, UnitNotEmpty, UnitCycle, WrongLevel.
    """
    return _dissolve(session, by, "abolish", "abolished", unit_id, successor_id, "/successor_id")


def _dissolve(
    session: Session,
    by: Principal,
    change: str,
    status: str,
    unit_id: int,
    successor_id: int | None,
    pointer: str,
) -> Unit:
    rev = begin_change(session)
    unit = _subject(session, unit_id)
    successor = None if successor_id is None else _other(session, successor_id, pointer)
    policy.require_administrator(
        by, f"unit.{change}", [(each.id, each.path) for each in (unit, successor) if each]
    )
    if unit.parent_id is None:
        raise RootIsFixed
    _check_active(unit)
    reshaped = UnitVersion.unit_id == unit.id
    if successor is None:
        _check_empty(session, unit)
    else:
        _check_successor(unit, successor, pointer)
        _hand_over(session, unit, successor)
        reshaped = in_block(UnitVersion.path, unit.path)
    unit.status, unit.successor_id = status, successor_id
    session.flush()
    renew_versions(session, rev, reshaped)
    _forget_terms(session, unit)
    outbox.tell_processes(session, "renew", {"unit_path": unit.path})
    concerned = [unit.id, unit.parent_id, *([successor.id] if successor else [])]
    _record(session, by, change, unit, rev, concerned=concerned, successor_id=successor_id)
    return unit


def _check_successor(unit: Unit, successor: Unit, pointer: str) -> None:
    _check_active(successor, pointer)
    if successor.path.startswith(unit.path):
        raise UnitCycle(pointer, "A unit cannot succeed itself, nor can one below it")
    if successor.level != unit.level:
        raise WrongLevel(pointer, f"The successor must be of level {unit.level}")


def _check_empty(session: Session, unit: Unit) -> None:
    below = exists().where(Unit.parent_id == unit.id, Unit.status == "active")
    held = exists().where(Post.unit_id == unit.id, Post.ended_at.is_(None))
    if session.execute(select(below | held)).scalar_one():
        raise UnitNotEmpty


def _hand_over(session: Session, unit: Unit, successor: Unit) -> None:
    """Everything below the unit, dissolved units too, and the posts held in it."""
    session.execute(
        update(Post)
        .where(Post.unit_id == unit.id, Post.ended_at.is_(None))
        .values(unit_id=successor.id)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Unit)
        .where(Unit.parent_id == unit.id)
        .values(parent_id=successor.id)
        .execution_options(synchronize_session=False)
    )
    move_paths(session, unit.path, successor.path, keep_from=len(unit.path))


def _write_terms(session: Session, unit: Unit) -> None:
    if rows := [
        {"level": unit.level, "term": term, "unit_id": unit.id} for term in unit_terms(unit.name)
    ]:
        session.execute(insert(UnitTerm), rows)


def _forget_terms(session: Session, unit: Unit) -> None:
    session.execute(delete(UnitTerm).where(UnitTerm.unit_id == unit.id))


def _subject(session: Session, unit_id: int) -> Unit:
    """The unit that the address names. Raises NotFound."""
    if (unit := session.get(Unit, unit_id, populate_existing=True)) is None:
        raise NotFound
    return unit


def _other(session: Session, unit_id: int, pointer: str) -> Unit:
    """The unit that the body names. Raises Invalid."""
    if (unit := session.get(Unit, unit_id, populate_existing=True)) is None:
        raise Invalid.at(pointer, "There is no such unit")
    return unit


def _check_active(unit: Unit, pointer: str = "/path/unit_id") -> None:
    if unit.status != "active":
        raise UnitNotActive(pointer, f"The unit {unit.name} was {unit.status}")


def _check_code_is_free(session: Session, code: str) -> None:
    if session.scalar(select(Unit.id).where(Unit.code == code, Unit.status == "active")):
        raise DuplicateCode("/code", f"Another active unit has the code {code}")


def _record(
    session: Session,
    by: Principal,
    change: str,
    unit: Unit,
    rev: int,
    *,
    concerned: list[int],
    **detail: Any,
) -> None:
    audit.append(
        session,
        f"unit.{change}",
        by=by,
        object_kind="unit",
        object_id=unit.id,
        rev=rev,
        **detail,
    )
    events.publish_unit_change(session, unit.id, change, rev, concerned=concerned)
