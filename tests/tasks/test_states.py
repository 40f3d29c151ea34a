"""The table of states and moves, by itself and against its description for people."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zzd.tasks.states import (
    OUT,
    TABLE,
    Move,
    Refusal,
    State,
    Step,
    after,
    due_at,
    overdue,
    replay,
    standing,
    weave,
)

DOCS = Path(__file__).parents[2] / "docs" / "directives.md"
ORDER = list(State)
NOW = datetime(2019, 8, 9, 12, tzinfo=UTC)
histories = st.lists(st.sampled_from(Move), max_size=12)


def carried_out(moves: list[Move], *, asks_figures: bool) -> tuple[State, list[Move]]:
    """The state after trying every move, and those that were written down."""
    state, written = State.ISSUED, []
    for move in moves:
        following = after(state, move, asks_figures=asks_figures)
        if isinstance(following, State):
            state = following
            written.append(move)
    return state, written


@given(histories, st.booleans())
def test_the_state_follows_from_the_written_history(moves: list[Move], asks: bool) -> None:
    state, written = carried_out(moves, asks_figures=asks)
    assert replay(written) is state


@given(histories, st.booleans())
def test_nothing_leads_back_but_taking_what_was_returned(moves: list[Move], asks: bool) -> None:
    seen = [carried_out(moves[:length], asks_figures=asks)[0] for length in range(len(moves) + 1)]
    for before, now in pairwise(seen):
        taken_after_all = (before, now) == (State.RETURNED, State.ACKNOWLEDGED)
        assert taken_after_all or ORDER.index(before) <= ORDER.index(now)


@given(histories, st.booleans(), st.sampled_from([Move.ACKNOWLEDGE, Move.COMPLETE, Move.READ]))
def test_a_repeat_changes_nothing(moves: list[Move], asks: bool, move: Move) -> None:
    once = carried_out([*moves, move], asks_figures=asks)
    assert carried_out([*moves, move, move], asks_figures=asks) == once


@given(histories)
def test_figures_asked_for_are_reported_before_completion(moves: list[Move]) -> None:
    state, written = carried_out(moves, asks_figures=True)
    if state is State.COMPLETED:
        assert Move.REPORT in written


@given(histories, st.booleans())
def test_nobody_reports_passes_on_or_completes_unacknowledged(
    moves: list[Move], asks: bool
) -> None:
    _, written = carried_out(moves, asks_figures=asks)
    answers = {Move.REPORT, Move.CASCADE, Move.COMPLETE} & set(written)
    if answers:
        first = min(written.index(move) for move in answers)
        assert Move.ACKNOWLEDGE in written[:first]


def test_every_move_has_one_answer_in_every_state() -> None:
    for state, (move, rule) in product(State, TABLE.items()):
        assert not set(rule.starts) & set(rule.settled)
        following = after(state, move, asks_figures=False)
        if state in rule.settled:
            assert following is None
        elif state in rule.starts:
            assert following is (rule.leads_to or state)
        else:
            assert isinstance(following, Refusal)
    assert set(TABLE) == set(Move)


def test_the_end_of_a_directive_is_where_its_units_stand_unless_they_handed_it_over() -> None:
    for own in State:
        assert standing(own, "open") is standing(own, "closed") is own
        for status, move in (("cancelled", Move.CANCEL), ("superseded", Move.SUPERSEDE)):
            kept = own is State.TRANSFERRED
            assert standing(own, status) is (own if kept else State(status))
            if own not in (State.TRANSFERRED, State.CANCELLED, State.SUPERSEDED):
                assert after(own, move, asks_figures=False) is State(status)


def test_what_comes_after_the_end_is_a_late_report_and_changes_nothing() -> None:
    for state in OUT:
        assert after(state, Move.LATE_REPORT, asks_figures=True) is state
        assert isinstance(after(state, Move.REPORT, asks_figures=True), Refusal)


MINUTES = st.integers(0, 90).map(lambda minutes: NOW + timedelta(minutes=minutes))


ENDS = {Move.CANCEL: State.CANCELLED, Move.SUPERSEDE: State.SUPERSEDED}


@given(
    histories,
    histories,
    st.lists(MINUTES, min_size=30, max_size=30),
    st.sampled_from(list(ENDS)),
    MINUTES,
)
def test_the_end_of_a_directive_has_one_place_in_the_history_of_each_unit(
    before: list[Move], late: list[Move], times: list[datetime], end: Move, at: datetime
) -> None:
    units = [move for move in before if move not in (*ENDS, Move.CLEAR)]
    state, written = carried_out(units, asks_figures=False)
    stands = standing(state, ENDS[end].value)
    allowed = [move for move in late if TABLE[move].leads_to is None and move is not Move.CLEAR]
    for move in allowed:
        if isinstance(after(stands, move, asks_figures=False), State):
            written.append(move)
    clocks = sorted(times)
    own = [Step(moment, move) for moment, move in zip(clocks, written, strict=False)]
    woven = weave(own, [Step(at, end)])
    assert [step for step in woven if step.move is not end] == own
    assert replay(step.move for step in woven) is stands


def test_reports_after_completion_are_refused() -> None:
    assert after(State.COMPLETED, Move.REPORT, asks_figures=False) is Refusal.COMPLETED


def test_a_history_with_an_impossible_step_has_no_state() -> None:
    with pytest.raises(ValueError, match="report"):
        replay([Move.DELIVER, Move.REPORT])


@pytest.mark.parametrize(
    ("state", "due", "late_with"),
    [
        (State.ISSUED, 1, "acknowledge"),
        (State.READ, 1, "acknowledge"),
        (State.ACKNOWLEDGED, 2, "report"),
        (State.REPORTED, None, None),
        (State.COMPLETED, None, None),
    ],
)
def test_what_is_due_next(state: State, due: int | None, late_with: str | None) -> None:
    ack, report = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    found = due_at(state, ack, report)
    assert found == (None if due is None else NOW + timedelta(hours=due))
    assert overdue(state, found, NOW + timedelta(hours=3)) == late_with
    assert overdue(state, found, NOW) is None
    # At the deadline itself nobody is late.
    assert overdue(state, found, found or NOW) is None


def test_without_a_deadline_to_report_nothing_is_due_after_acknowledging() -> None:
    assert due_at(State.ACKNOWLEDGED, NOW, None) is None


def test_the_table_in_the_docs_is_the_one_in_the_code() -> None:
    rows = {}
    for line in DOCS.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 6 and re.fullmatch(r"`[a-z_]+`", cells[0]):
            rows[cells[0].strip("`")] = [re.findall(r"`(\w+)`", cell) for cell in cells[1:]]
            rows[cells[0].strip("`")][0] = [cells[1]]
    expected = {
        move.value: [
            [rule.by],
            [state.value for state in rule.starts],
            [rule.leads_to.value] if rule.leads_to else [],
            [state.value for state in rule.settled],
            list(rule.stamps),
        ]
        for move, rule in TABLE.items()
    }
    assert rows == expected
