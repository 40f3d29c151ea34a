"""Whatever the tree and whatever the order of acts: sums equal a computation of our own, and every
assignment has one history that its state follows from."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import partial
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from tests.tasks.books import Version, World, numbers
from zzd import clock
from zzd.db import transaction
from zzd.orgtree.audiences import PATH_END, ancestor_ids, path_segment
from zzd.tasks import rollups, states
from zzd.tasks.ledger.lines import DEEPEST
from zzd.tasks.lifecycle.history import history_of
from zzd.tasks.models import Assignment, AssignmentMove
from zzd.tasks.moves import standing
from zzd.tasks.picture import pictures
from zzd.tasks.states import Move

COUNTS = (
    *("addressed", "delivered", "acknowledged", "reported", "completed", "overdue"),
    "returned",
)
ACTS = st.tuples(
    st.integers(0, 30),
    st.sampled_from(
        [
            *("acknowledge", "acknowledge", "acknowledge", "start", "report", "report", "report"),
            *("cascade", "cascade", "complete", "return", "transfer", "transfer", "stand_down"),
            *("update", "cancel", "clear", "clear", "fold", "fold", "final", "final", "correct"),
        ]
    ),
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
    minute=st.sampled_from([0, 45, 65, 130]),
)
def test_sums_at_every_unit_equal_an_independent_computation(
    app: Flask, parents: list[int], levels: set[int], acts: list[tuple[int, str, int]], minute: int
) -> None:
    class Undo(Exception):
        """Each example leaves the database as it found it."""

    try:
        with transaction() as session:
            world = World(session, parents, sorted(levels | {1}))
            for which, act, number in acts:
                world.act(which, act, number)
            # The last versions: how those before them stand does not change with their number.
            for version in world.versions[-2:]:
                for unit in world.units:
                    with clock.at(world.moment(minute)):
                        shown = rollups.roll_up(
                            session,
                            by=world.issuer,
                            directive_id=version.directive.id,
                            unit_id=unit.id,
                        )
                    expected = partial(world.expected, version, minute=minute)
                    assert numbers(shown["total"]) == expected(unit, whole=True)
                    own = expected(unit, whole=False)
                    assert (numbers(shown["own"]) if shown["own"] else None) == (
                        own if own["addressed"] else None
                    )
                    below = {each.id: each for each in world.units if each.parent_id == unit.id}
                    for row in shown["rows"]:
                        child = below[row["unit"]["id"]]
                        assert numbers(row) == expected(child, whole=True)
                        assert row["unit"]["has_children"] is any(
                            expected(each, whole=False)["addressed"]
                            for each in world.units
                            if each.path.startswith(child.path) and each is not child
                        )
                with clock.at(world.moment(minute)):
                    check_picture(session, world, version, minute)
                check_histories(session, version.directive.id)
            raise Undo
    except Undo:
        pass


def check_picture(session: Session, world: World, version: Version, minute: int) -> None:
    """The same by level and by county, and the course ends where the sums are."""
    shown = pictures.show_picture(
        session, by=world.issuer, directive_id=version.directive.id, unit_id=world.units[0].id
    )
    own = {
        unit.id: world.expected(version, unit, whole=False, minute=minute) for unit in world.units
    }
    for parts, path_of in (
        ({row["level"]: row for row in shown["levels"]}, lambda unit: unit.level),
        (
            {row["unit"].path: row for row in shown["counties"]},
            lambda unit: unit.path[:DEEPEST] if unit.level >= 3 else None,
        ),
    ):
        found: dict[Any, Counter[str]] = defaultdict(Counter)
        for unit in world.units:
            if own[unit.id]["addressed"] and (part := path_of(unit)) is not None:
                found[part].update({name: own[unit.id][name] for name in COUNTS})
        assert {part: {name: row[name] for name in COUNTS} for part, row in parts.items()} == {
            part: {name: counts[name] for name in COUNTS} for part, counts in found.items()
        }
    last = (shown["series"]["points"] or [dict.fromkeys(pictures.SERIES, 0)])[-1]
    for name in pictures.SERIES:
        assert last[name] == sum(counts[name] for counts in own.values())


def check_histories(session: Session, directive_id: int) -> None:
    query = (
        select(Assignment)
        .filter_by(directive_id=directive_id)
        .options(joinedload(Assignment.directive))
        .execution_options(populate_existing=True)
    )
    for assignment in session.scalars(query):
        moves = session.scalars(
            select(AssignmentMove.move)
            .filter_by(assignment_id=assignment.id)
            .order_by(AssignmentMove.no)
        ).all()
        history = history_of(session, assignment)
        assert states.replay(step.move for step in history) is standing(assignment)
        ends = (Move.CANCEL, Move.SUPERSEDE, Move.CLEAR)
        told = [step.move for step in history if step.move not in ends]
        assert told == [Move(move) for move in moves]
        cleared = Move.CLEAR in [step.move for step in history]
        assert cleared == (assignment.cleared_at is not None)
        due = states.due_at(
            states.State(assignment.state), assignment.ack_deadline, assignment.report_deadline
        )
        assert assignment.due_at == (None if assignment.cleared_at else due)


def test_prefix_ranges_end_after_every_path() -> None:
    assert all(digit < PATH_END for digit in "0123456789abcdefghijklmnopqrstuvwxyz")
    assert ancestor_ids(path_segment(7) + path_segment(36**5 - 1)) == [7, 36**5 - 1]
