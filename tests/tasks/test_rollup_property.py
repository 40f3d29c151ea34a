"""Whatever the tree and whatever the order of acts: sums equal a computation of our own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd import clock
from zzd.db import transaction
from zzd.errors import Conflict, Invalid
from zzd.orgtree.audiences import PATH_END, ancestor_ids, path_segment
from zzd.orgtree.models import Unit, UnitVersion
from zzd.principal import Grant, PostRef, Principal
from zzd.tasks import assignments, cascades, directives, responses, rollups, states
from zzd.tasks.models import Assignment, AssignmentMove
from zzd.tasks.reporting import reports
from zzd.tasks.states import Move

SPEC = {"key": "moved", "name": "转移人数", "unit": "人", "minimum": 0, "required": False}
NOTES = {"number": None, "title": "转移", "text": "转移", "urgency": "urgent", "figures": [SPEC]}


@dataclass
class Told:
    """What our own book-keeping says of one unit's assignment."""

    acknowledged: bool = False
    completed: bool = False
    # The figure of the latest report; None within a report that left it out.
    reports: list[int | None] = field(default_factory=list)


class World:
    """A tree below a unit of its own, its officials, and what they were seen to do."""

    def __init__(self, session: Session, parents: list[int]) -> None:
        self.session = session
        self.units = [self._unit(None, 1, 0)]
        for number, wanted in enumerate(parents, start=1):
            candidates = [unit for unit in self.units if unit.level < 6]
            parent = candidates[wanted % len(candidates)]
            self.units.append(self._unit(parent, parent.level + 1, number))
        self.told: dict[int, Told] = {}

    def _unit(self, parent: Unit | None, level: int, number: int) -> Unit:
        unit = Unit(
            code=f"9{number}",
            name=f"单位{number}",
            level=level,
            parent_id=parent.id if parent else None,
            path=f"new {number}",
        )
        self.session.add(unit)
        self.session.flush()
        unit.path = (parent.path if parent else "") + path_segment(unit.id)
        self.session.add(
            UnitVersion(
                unit_id=unit.id,
                rev_from=1,
                parent_id=unit.parent_id,
                level=level,
                code=unit.code,
                name=unit.name,
                path=unit.path,
                status="active",
            )
        )
        self.session.flush()
        return unit

    def official(self, unit: Unit) -> Principal:
        post = PostRef(
            unit.id, unit.id, unit.name, unit.path, unit.level, "water", "member", "职员"
        )
        grant = Grant(1, "issuer", self.units[0].id, self.units[0].path)
        return Principal(
            account_id=unit.id,
            username=f"u{unit.id}",
            session_id=None,
            official_id=unit.id,
            official_name="某人",
            post=post,
            posts=(post,),
            grants=(grant,) if unit is self.units[0] else (),
        )

    def issue(self, levels: list[int]) -> Any:
        issuer = self.official(self.units[0])
        event, _ = responses.declare_event(
            self.session,
            by=issuer,
            name="台风",
            kind="typhoon",
            mode="actual",
            level=1,
            client_id=None,
        )
        directive, _ = directives.issue_directive(
            self.session,
            by=issuer,
            event_id=event.id,
            audiences=[{"unit_id": self.units[0].id, "levels": levels, "line": None, "role": None}],
            ack_deadline=clock.now() + timedelta(hours=1),
            report_deadline=clock.now() + timedelta(hours=2),
            client_id=None,
            **NOTES,
        )
        self.told = {unit.id: Told() for unit in self.units if unit.level in levels}
        return directive

    def act(self, directive: Any, unit: Unit, act: str, number: int) -> None:
        """Try it; what is refused must be what our own books refuse."""
        told = self.told.get(unit.id)
        if told is None:
            return
        own = self.session.scalars(
            select(Assignment.id).filter_by(directive_id=directive.id, unit_id=unit.id)
        ).one()
        common: dict[str, Any] = {"by": self.official(unit), "assignment_id": own}
        if act == "acknowledge":
            assignments.acknowledge(self.session, **common)
            told.acknowledged = True
        elif act == "report":
            figures = {} if number % 7 == 0 else {"moved": number}
            with refused_unless(told.acknowledged and not told.completed):
                reports.report(
                    self.session,
                    **common,
                    figures=figures,
                    text="情况",
                    device_time=None,
                    client_id=None,
                )
                told.reports.append(figures.get("moved"))
        elif act == "complete":
            with refused_unless(told.completed or bool(told.reports)):
                assignments.complete(self.session, **common, reason="其余已确认")
                told.completed = True
        else:
            self._pass_on(directive, unit, common, number)

    def _pass_on(self, directive: Any, unit: Unit, common: dict[str, Any], number: int) -> None:
        told = self.told[unit.id]
        depth = number % 2 + 1
        chosen = [
            other
            for other in self.units
            if other.path.startswith(unit.path) and other.level == unit.level + depth
        ]
        if unit.level + depth > 6:
            return
        with refused_unless(told.acknowledged and not told.completed and bool(chosen)):
            cascade, _ = cascades.pass_on(
                self.session,
                **common,
                levels=[unit.level + depth],
                unit_ids=None,
                note="请落实",
                ack_deadline=self.session.get_one(Assignment, common["assignment_id"]).ack_deadline,
                report_deadline=None,
                client_id=None,
            )
            fresh = [other for other in chosen if other.id not in self.told]
            assert (cascade.units, cascade.noted) == (len(fresh), len(chosen) - len(fresh))
            self.told.update({other.id: Told() for other in fresh})

    def expected(self, top: Unit, whole: bool) -> dict[str, Any]:
        """Counts and the sum of a unit, or of it and all below, from our own books."""
        parts = [
            told
            for unit in self.units
            if (told := self.told.get(unit.id)) is not None
            and (unit.path.startswith(top.path) if whole else unit is top)
        ]
        moved = [
            told.reports[-1] for told in parts if told.reports and told.reports[-1] is not None
        ]
        return {
            "addressed": len(parts),
            "acknowledged": sum(told.acknowledged for told in parts),
            "reported": sum(bool(told.reports) for told in parts),
            "not_reported": sum(not told.reports for told in parts),
            "completed": sum(told.completed for told in parts),
            "moved": sum(moved) if moved else None,
        }


@contextmanager
def refused_unless(allowed: bool) -> Iterator[None]:
    try:
        yield
    except (Conflict, Invalid):
        assert not allowed
    else:
        assert allowed


def numbers(row: dict[str, Any]) -> dict[str, Any]:
    names = ("addressed", "acknowledged", "reported", "not_reported", "completed")
    return {**{name: row[name] for name in names}, "moved": row["figures"]["moved"]}


ACTS = st.tuples(
    st.integers(0, 30),
    st.sampled_from(["acknowledge", "acknowledge", "report", "report", "cascade", "complete"]),
    st.integers(0, 10**12),
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    parents=st.lists(st.integers(0, 50), min_size=3, max_size=16),
    levels=st.sets(st.integers(1, 6), min_size=1),
    acts=st.lists(ACTS, max_size=40),
)
def test_sums_at_every_unit_equal_an_independent_computation(
    app: Flask, parents: list[int], levels: set[int], acts: list[tuple[int, str, int]]
) -> None:
    class Undo(Exception):
        """Each example leaves the database as it found it."""

    try:
        with transaction() as session:
            world = World(session, parents)
            chosen = sorted(levels | {1})
            directive = world.issue(chosen)
            for which, act, number in acts:
                world.act(directive, world.units[which % len(world.units)], act, number)
            issuer = world.official(world.units[0])
            for unit in world.units:
                shown = rollups.roll_up(
                    session, by=issuer, directive_id=directive.id, unit_id=unit.id
                )
                assert numbers(shown["total"]) == world.expected(unit, whole=True)
                if unit.id in world.told:
                    assert numbers(shown["own"]) == world.expected(unit, whole=False)
                else:
                    assert shown["own"] is None
                children = {other.id: other for other in world.units if other.parent_id == unit.id}
                for row in shown["rows"]:
                    child = children[row["unit"]["id"]]
                    assert numbers(row) == world.expected(child, whole=True)
            check_histories(session, directive.id)
            raise Undo
    except Undo:
        pass


def check_histories(session: Session, directive_id: int) -> None:
    for assignment in session.scalars(select(Assignment).filter_by(directive_id=directive_id)):
        moves = session.scalars(
            select(AssignmentMove.move)
            .filter_by(assignment_id=assignment.id)
            .order_by(AssignmentMove.no)
        ).all()
        state = states.replay(map(Move, moves))
        assert state == assignment.state
        assert assignment.due_at == states.due_at(
            state, assignment.ack_deadline, assignment.report_deadline
        )


def test_prefix_ranges_end_after_every_path() -> None:
    assert all(digit < PATH_END for digit in "0123456789abcdefghijklmnopqrstuvwxyz")
    assert ancestor_ids(path_segment(7) + path_segment(36**5 - 1)) == [7, 36**5 - 1]
