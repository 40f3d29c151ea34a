"""Whatever is done to the tree in whatever order: it stays a tree, and remembers what it was."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.db import database
from zzd.errors import Problem
from zzd.orgtree import structure
from zzd.orgtree.audiences import path_segment
from zzd.orgtree.codes import CODE_LENGTHS
from zzd.orgtree.models import OrgState, Post, Unit, UnitVersion
from zzd.principal import Grant, Principal

Shape = tuple[int | None, int, str, str, str, str]


@dataclass(frozen=True)
class ModelUnit:
    """A unit as anybody would write it down."""

    id: int
    parent: int | None
    level: int
    code: str
    name: str
    status: str = "active"
    posts: int = 0


@dataclass
class ModelTree:
    """The rules once more, by walking from parent to parent."""

    units: dict[int, ModelUnit]
    history: dict[int, dict[int, Shape]] = field(default_factory=dict)

    def line(self, unit_id: int | None) -> list[int]:
        """From the root down to the unit."""
        return [] if unit_id is None else [*self.line(self.units[unit_id].parent), unit_id]

    def shape(self, unit: ModelUnit) -> Shape:
        path = "".join(path_segment(id_) for id_ in self.line(unit.id))
        return (unit.parent, unit.level, unit.code, unit.name, path, unit.status)

    def snapshot(self) -> dict[int, Shape]:
        return {unit.id: self.shape(unit) for unit in self.units.values()}

    def has_code(self, code: str) -> bool:
        return any(unit.code == code and unit.status == "active" for unit in self.units.values())

    def may_create(self, parent: int, code: str) -> bool:
        above = self.units[parent]
        return (
            above.status == "active"
            and CODE_LENGTHS.get(above.level + 1) == len(code)
            and code.startswith(above.code)
            and not self.has_code(code)
        )

    def may_move(self, unit: int, parent: int) -> bool:
        moved, above = self.units[unit], self.units[parent]
        return (
            moved.parent is not None
            and moved.status == above.status == "active"
            and unit not in self.line(parent)
            and above.level == moved.level - 1
        )

    def may_dissolve(self, unit: int, successor: int | None) -> bool:
        gone = self.units[unit]
        if gone.parent is None or gone.status != "active":
            return False
        if successor is None:
            return not gone.posts and not any(
                child.parent == unit and child.status == "active" for child in self.units.values()
            )
        heir = self.units[successor]
        return heir.status == "active" and unit != successor and heir.level == gone.level

    def dissolve(self, unit: int, successor: int | None, status: str) -> None:
        gone = self.units[unit]
        if successor is not None:
            heir = self.units[successor]
            self.units[successor] = replace(heir, posts=heir.posts + gone.posts)
            for child in list(self.units.values()):
                if child.parent == unit:
                    self.units[child.id] = replace(child, parent=successor)
            gone = replace(gone, posts=0)
        self.units[unit] = replace(gone, status=status)


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["create", "rename", "move", "move", "merge", "abolish", "abolish"]),
        # Which unit, which other one; taken modulo how many there are.
        st.integers(0, 10_000),
        st.integers(0, 10_000),
        st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def _read_model(session: Session) -> ModelTree:
    held: dict[int, int] = {}
    for unit_id in session.scalars(select(Post.unit_id).where(Post.ended_at.is_(None))):
        held[unit_id] = held.get(unit_id, 0) + 1
    return ModelTree(
        {
            unit.id: ModelUnit(
                unit.id,
                unit.parent_id,
                unit.level,
                unit.code,
                unit.name,
                posts=held.get(unit.id, 0),
            )
            for unit in session.scalars(select(Unit))
        }
    )


def _root_administrator(session: Session) -> Principal:
    root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
    return Principal(
        account_id=1,
        username="33.leader",
        session_id=None,
        grants=(Grant(1, "unit_admin", root.id, root.path),),
    )


@contextmanager
def _undone() -> Iterator[Session]:
    """A transaction of which nothing is left."""

    class Undo(Exception):
        pass

    try:
        with database().transaction() as session:
            yield session
            raise Undo
    except Undo:
        pass


def _attempt(session: Session, call: Any, **arguments: Any) -> Any:
    """The unit, or None if it was refused; a refusal leaves nothing behind."""
    with session.begin_nested() as savepoint:
        try:
            return call(session, **arguments)
        except Problem:
            savepoint.rollback()
            return None


def _step(
    session: Session, model: ModelTree, by: Principal, step: tuple[str, int, int, bool], number: int
) -> None:
    """Do one thing to the tree and to the model; both must agree whether it can be done."""
    kind, first, second, flag = step
    ids = sorted(model.units)
    unit_id, other_id = ids[first % len(ids)], ids[second % len(ids)]
    unit = model.units[unit_id]
    if kind == "create":
        digits = max(1, CODE_LENGTHS.get(unit.level + 1, 18) - len(unit.code))
        code = unit.code + str(second % 3 + 1).zfill(digits)
        allowed = model.may_create(unit_id, code)
        made = _attempt(
            session,
            structure.create_unit,
            by=by,
            parent_id=unit_id,
            name=f"单位{number}",
            code=code,
        )
        assert (made is not None) == allowed, (kind, unit, code)
        if made:
            new = made[0]
            model.units[new.id] = ModelUnit(new.id, unit_id, unit.level + 1, code, new.name)
    elif kind == "rename":
        done = _attempt(
            session, structure.rename_unit, by=by, unit_id=unit_id, name=f"新名{number}"
        )
        assert (done is not None) == (unit.status == "active")
        if done:
            model.units[unit_id] = replace(unit, name=f"新名{number}")
    elif kind == "move":
        allowed = model.may_move(unit_id, other_id)
        done = _attempt(session, structure.move_unit, by=by, unit_id=unit_id, parent_id=other_id)
        assert (done is not None) == allowed, (kind, unit, model.units[other_id])
        if done:
            model.units[unit_id] = replace(unit, parent=other_id)
    else:
        successor = other_id if kind == "merge" or flag else None
        allowed = model.may_dissolve(unit_id, successor)
        if kind == "merge":
            call, arguments = structure.merge_unit, {"into_unit_id": successor}
        else:
            call, arguments = structure.abolish_unit, {"successor_id": successor}
        done = _attempt(session, call, by=by, unit_id=unit_id, **arguments)
        assert (done is not None) == allowed, (kind, unit, successor)
        if done:
            model.dissolve(unit_id, successor, "merged" if kind == "merge" else "abolished")


def _check(session: Session, model: ModelTree, first_rev: int) -> None:
    session.expire_all()
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    stored = {
        id_: (unit.parent_id, unit.level, unit.code, unit.name, unit.path, unit.status)
        for id_, unit in units.items()
    }
    assert stored == model.snapshot()
    for unit in units.values():
        parent = units[unit.parent_id] if unit.parent_id else None
        assert unit.path == (parent.path if parent else "") + path_segment(unit.id)
        assert unit.level == (parent.level + 1 if parent else 1)
    active = [unit.code for unit in units.values() if unit.status == "active"]
    assert len(active) == len(set(active))
    versions: dict[int, list[UnitVersion]] = {}
    for version in session.scalars(select(UnitVersion).order_by(UnitVersion.rev_from)):
        versions.setdefault(version.unit_id, []).append(version)
    assert versions.keys() == units.keys()
    for own in versions.values():
        # Each ends where the next begins, and the last goes on.
        assert [v.rev_to for v in own] == [v.rev_from for v in own[1:]] + [None]
    for rev, snapshot in model.history.items():
        then = {
            id_: (v.parent_id, v.level, v.code, v.name, v.path, v.status)
            for id_, own in versions.items()
            for v in own
            if v.rev_from <= rev and (v.rev_to is None or v.rev_to > rev)
        }
        assert then == snapshot, f"as of revision {rev}"
    assert first_rev in model.history


@given(steps=OPERATIONS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_sequence_of_changes_keeps_the_tree_whole(
    app: Flask, steps: list[tuple[str, int, int, bool]]
) -> None:
    with _undone() as session:
        model, by = _read_model(session), _root_administrator(session)
        first_rev = session.execute(select(OrgState.rev)).scalar_one()
        model.history[first_rev] = model.snapshot()
        for number, step in enumerate(steps):
            _step(session, model, by, step, number)
            rev = session.execute(select(OrgState.rev)).scalar_one()
            model.history[rev] = model.snapshot()
        _check(session, model, first_rev)


@pytest.mark.parametrize("movers", [8])
def test_changes_at_the_same_time_leave_no_broken_path(app: Flask, movers: int) -> None:
    """Counties between cities, towns between counties, villages between towns, all at once."""
    with database().reading() as session:
        by = _root_administrator(session)
        by_level: dict[int, list[int]] = {}
        for unit_id, level in session.execute(select(Unit.id, Unit.level)):
            by_level.setdefault(level, []).append(unit_id)

    def move_about(seed: int) -> int:
        chance, moved = random.Random(seed), 0
        with app.app_context():
            for _ in range(12):
                level = chance.choice((3, 4, 5))
                with database().transaction() as session:
                    structure.move_unit(
                        session,
                        by=by,
                        unit_id=chance.choice(by_level[level]),
                        parent_id=chance.choice(by_level[level - 1]),
                    )
                moved += 1
        return moved

    with ThreadPoolExecutor(movers) as pool:
        assert sum(pool.map(move_about, range(movers))) == movers * 12
    with database().reading() as session:
        model = _read_model(session)
        first_rev = 1
        rev = session.execute(select(OrgState.rev)).scalar_one()
        model.history[rev] = model.snapshot()
        model.history[first_rev] = {
            v.unit_id: (v.parent_id, v.level, v.code, v.name, v.path, v.status)
            for v in session.scalars(select(UnitVersion).where(UnitVersion.rev_from == 1))
        }
        _check(session, model, first_rev)
    assert rev == 1 + movers * 12
