"""The review: what was so at any moment follows from the history, which nobody changes."""

from __future__ import annotations

import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.tasks.scenes import (
    CANGNAN,
    HAIMEN,
    PROVINCE,
    SHITANG,
    SONGMEN,
    WENLING,
    Scene,
    UnitId,
    duty,
)
from zzd import clock
from zzd.db import database
from zzd.tasks import states
from zzd.tasks.escalation import steps
from zzd.tasks.review.replaying import COUNTS, Film, Past, changes
from zzd.tasks.review.timings import percentile
from zzd.tasks.states import Move, State, Step

START = datetime(2019, 8, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MOVES = [each for each in Move if each not in (Move.CANCEL, Move.SUPERSEDE, Move.STAND_DOWN)]


@st.composite
def pasts(draw: st.DrawFn) -> Past:
    """Any history that the table allows, with moments in half minutes."""
    state, made, at = State.ISSUED, [], START
    for _ in range(draw(st.integers(0, 6))):
        fitting = [
            move
            for move in MOVES
            if isinstance(states.after(state, move, asks_figures=False), State)
        ]
        if not fitting:
            break
        move = draw(st.sampled_from(fitting))
        at += draw(st.integers(0, 40)) * MINUTE / 2
        following = states.after(state, move, asks_figures=False)
        assert isinstance(following, State)
        state = following
        made.append(Step(at, move))
    return Past(START, START + 21 * MINUTE, START + 44 * MINUTE, made)


def at_moment(past: Past, now: datetime, ended_at: datetime | None) -> dict[str, int]:
    """The same by going through the history from its beginning for this one moment."""
    made = [step for step in past.steps if step.at <= now]
    moves = [step.move for step in made]
    if Move.TRANSFER in moves:
        return dict.fromkeys(COUNTS, 0)
    due = states.due_at(states.replay(moves), past.ack_deadline, past.report_deadline)
    over = ended_at is not None and ended_at <= now
    late = due is not None and due < now and Move.CLEAR not in moves and not over
    return {
        "addressed": 1,
        "acknowledged": int(Move.ACKNOWLEDGE in moves),
        "reported": int(Move.REPORT in moves),
        "completed": int(Move.COMPLETE in moves),
        "overdue": int(late),
    }


@settings(max_examples=60)
@given(st.lists(pasts(), max_size=4), st.none() | st.integers(0, 90))
def test_each_frame_is_what_the_histories_say_of_its_moment(
    all_pasts: list[Past], ended_after: int | None
) -> None:
    ended_at = None if ended_after is None else START + ended_after * MINUTE
    film = Film(START, MINUTE, 120)
    for past in all_pasts:
        film.add("", changes(past, ended_at))
    shots = dict(film.shots(""))
    shown = dict.fromkeys(COUNTS, 0)
    for frame in range(film.frames):
        shown = dict(zip(COUNTS, shots[frame], strict=True)) if frame in shots else shown
        now = START + frame * MINUTE
        expected = [at_moment(past, now, ended_at) for past in all_pasts]
        assert shown == {name: sum(each[name] for each in expected) for name in COUNTS}, frame


def test_nothing_is_late_after_the_final_report() -> None:
    made = [Step(START, Move.ACKNOWLEDGE), Step(START + MINUTE, Move.REPORT, is_last=True)]
    past = Past(START, START + 21 * MINUTE, START + 44 * MINUTE, made, interval=10)
    assert "overdue" not in {change.count for change in changes(past, None)}


@settings(max_examples=30)
@given(st.lists(st.integers(0, 10_000), min_size=2, max_size=30))
def test_percentiles_are_exact(values: list[int]) -> None:
    values.sort()
    assert percentile(values, 0.5) == pytest.approx(statistics.median(values))
    deciles = statistics.quantiles(values, n=10, method="inclusive")
    assert percentile(values, 0.9) == pytest.approx(deciles[-1])
    assert percentile([], 0.5) is None


def course(scene: Scene) -> dict[str, Any]:
    directive = scene.issue(audiences=[scene.all_below(PROVINCE, levels=[3, 4, 5])])
    start = datetime.fromisoformat(directive["issued_at"])
    for minutes, code in ((10, SHITANG), (20, SONGMEN), (40, HAIMEN), (50, WENLING)):
        with clock.at(start + timedelta(minutes=minutes)):
            scene.acknowledge(code, directive)
    with clock.at(start + timedelta(minutes=55)):
        scene.report(SHITANG, directive, moved=3)
    return directive


def test_a_review_replays_each_county_and_says_how_long_it_took(scene: Scene) -> None:
    directive = course(scene)
    path = f"/directives/{directive['id']}/review"
    with clock.at(datetime.fromisoformat(directive["issued_at"]) + timedelta(hours=7)):
        shown = scene.issuer.get(path)
        again = scene.issuer.get(path)
        total = scene.rollup(directive)["total"]
    assert (shown["sha256"], shown["moves"]) == (again["sha256"], 5)
    # The last frame is what the roll-up says of that moment.
    assert shown["total"][-1]["counts"] == [total[name] for name in shown["counts"]]
    wenling = next(each for each in shown["counties"] if each["unit"]["code"] == WENLING)
    step = shown["step_seconds"]
    told = [(round(shot["frame"] * step / 60), shot["counts"]) for shot in wenling["shots"]]
    assert [counts for _, counts in told[1:5]] == [
        [6, 1, 0, 0, 0],
        [6, 2, 0, 0, 0],
        [6, 3, 0, 0, 0],
        [6, 3, 1, 0, 0],
    ]
    assert all(
        0 <= at - minutes <= step / 60
        for (at, _), minutes in zip(told[1:5], (10, 20, 50, 55), strict=True)
    )
    assert wenling["timing"]["addressed"] == 6
    assert wenling["timing"]["median_seconds"] == pytest.approx(20 * 60, abs=2)
    assert wenling["timing"]["p90_seconds"] == pytest.approx(44 * 60, abs=2)
    by_level = {each["level"]: each for each in shown["levels"]}
    assert by_level[5]["median_seconds"] is None
    assert by_level[4]["median_seconds"] == pytest.approx(20 * 60, abs=2)


def test_nothing_is_late_after_a_directive_was_cancelled(scene: Scene) -> None:
    directive = course(scene)
    start = datetime.fromisoformat(directive["issued_at"])
    path = f"/directives/{directive['id']}"
    # 海门 and others are late by then; the event goes on.
    with clock.at(start + timedelta(hours=7)):
        scene.issuer.post(f"{path}/cancellation", {"reason": "误发"})
    with clock.at(start + timedelta(hours=30)):
        shown = scene.issuer.get(f"{path}/review")
    assert datetime.fromisoformat(shown["end"]) == start + timedelta(hours=7)
    late = [dict(zip(shown["counts"], s["counts"], strict=True))["overdue"] for s in shown["total"]]
    assert (max(late), late[-1]) == (8, 0)


def test_a_review_is_for_whoever_sees_the_roll_up(scene: Scene, unit_id: UnitId) -> None:
    path = f"/directives/{course(scene)['id']}/review"
    own = scene.as_(duty(WENLING)).get(path)
    assert [county["unit"]["code"] for county in own["counties"]] == [WENLING]
    scene.as_(duty(WENLING)).get(path, status=404, unit_id=unit_id(CANGNAN))


def test_the_history_is_not_changed_by_anybody(scene: Scene) -> None:
    """Neither what units did nor what they reported, how orders ended, who was told and rung."""
    rule = [{"step": "remind", "after_minutes": 0}]
    directive = scene.issue(SHITANG, SONGMEN, HAIMEN, escalation=rule)
    path = f"/directives/{directive['id']}"
    with clock.at(datetime.fromisoformat(directive["issued_at"]) + timedelta(hours=7)):
        steps.take_due()
        scene.report(SHITANG, directive, moved=3)
        given = {"unit_id": scene.unit_id(WENLING), "reason": "属地"}
        scene.as_(duty(HAIMEN)).post(f"{scene.path(HAIMEN, directive)}/transfer", given)
        scene.issuer.post(f"{path}/late", {"client_id": "all"})
        scene.issuer.post(f"{path}/cancellation", {"reason": "误发"})
    kept = ("assignment_move", "event_level", "directive_end", "transfer", "report")
    kept += ("report_figure", "late_call")
    changes_ = [
        *(f"UPDATE {table} SET {column_of(table)} = {column_of(table)}" for table in kept),
        *(f"DELETE FROM {table}" for table in (*kept, "escalation_step")),
        "UPDATE escalation_step SET told = '[]'",
        # When a step was over is written once.
        "UPDATE escalation_step SET ended_at = fired_at WHERE ended_at IS NOT NULL",
        "UPDATE escalation_step SET ended_at = NULL",
    ]
    for change in changes_:
        with (
            pytest.raises(DBAPIError, match="append-only"),
            database().engine.begin() as connection,
        ):
            connection.execute(text(change))


def column_of(table: str) -> str:
    return "value" if table == "report_figure" else "at" if table != "report" else "no"


def test_a_review_says_what_was_escalated_and_counts_late_further_reports(scene: Scene) -> None:
    rule = [{"step": "remind", "after_minutes": 0}, {"step": "leader", "after_minutes": 20}]
    directive = scene.issue(
        *(SHITANG, SONGMEN, HAIMEN, CANGNAN), escalation=rule, report_interval_minutes=60
    )
    start = datetime.fromisoformat(directive["issued_at"])
    with clock.at(start + timedelta(hours=1)):
        scene.report(SHITANG, directive, moved=3)
        given = {"unit_id": scene.unit_id(WENLING), "reason": "属地"}
        scene.as_(duty(CANGNAN)).post(f"{scene.path(CANGNAN, directive)}/transfer", given)
        scene.acknowledge(WENLING, directive)
        final = {"figures": {"moved": 1}, "kind": "final"}
        scene.as_(duty(WENLING)).post(f"{scene.path(WENLING, directive)}/reports", final)
    for hours in (6.1, 6.5):
        with clock.at(start + timedelta(hours=hours)):
            steps.take_due()
    with clock.at(start + timedelta(hours=7)):
        scene.acknowledge(SONGMEN, directive)
        shown = scene.issuer.get(f"/directives/{directive['id']}/review")
        total = scene.rollup(directive)["total"]
    counted = {
        (each["kind"], each["step"]): (each["units"], each["answered"])
        for each in shown["escalations"]
    }
    assert counted["acknowledge", "remind"] == (2, 1)
    assert counted["acknowledge", "leader"] == (2, 1)
    told = {(each["unit"]["code"], each["step"]) for each in shown["escalated"]}
    assert {(SONGMEN, "leader"), (HAIMEN, "remind")} <= told
    # What 苍南县 handed over is timed where it went.
    assert shown["timing"]["addressed"] == total["addressed"] == 4
    # 石塘镇 reported once and owes its further reports; 温岭市 made its final one.
    assert shown["total"][-1]["counts"] == [total[name] for name in shown["counts"]]
    assert total["overdue"] == 2
