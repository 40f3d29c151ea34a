"""Whatever the tree and whatever the order of acts: sums equal a computation of our own, and every
assignment has one history that its state follows from."""

from __future__ import annotations

from functools import partial

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from tests.tasks.books import World, numbers
from zzd import clock
from zzd.db import transaction
from zzd.orgtree.audiences import PATH_END, ancestor_ids, path_segment
from zzd.tasks import rollups, states
from zzd.tasks.lifecycle.history import history_of
from zzd.tasks.models import Assignment, AssignmentMove
from zzd.tasks.moves import standing
from zzd.tasks.states import Move

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
                check_histories(session, version.directive.id)
            raise Undo
    except Undo:
        pass


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
