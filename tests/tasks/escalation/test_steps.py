"""What is due is done once, in its order, by whichever worker, and stops when it is answered."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from tests.client import writing_rows
from tests.conftest import Listening
from tests.tasks.escalation.conftest import DEADLINE, MINUTE, RULE, START, Issue, at, work
from tests.tasks.scenes import (
    DONGHAI,
    HAILI,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
    moment,
)
from tests.tasks.test_statements import plan_of
from zzd import clock, realtime
from zzd.db import transaction
from zzd.orgtree.models import Official, Post, Unit
from zzd.tasks.escalation import steps
from zzd.tasks.escalation.models import EscalationStep
from zzd.tasks.models import Assignment, Directive


def history(scene: Scene, code: str, directive: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = scene.as_(duty(code)).get(scene.path(code, directive))[
        "escalations"
    ]
    return found


def names(steps_: list[dict[str, Any]]) -> list[str]:
    return [step["step"] for step in steps_]


def test_each_step_is_taken_in_its_time_and_says_who_was_told(scene: Scene, issue: Issue) -> None:
    directive = issue(SHITANG)
    for minute in range(DEADLINE - 1, DEADLINE + 60):
        work(minute)
    with at(200):
        taken = history(scene, SHITANG, directive)
        assert [(each["step"], moment(each["due_at"]), each["due_at"]) for each in taken] == [
            (step, START + (DEADLINE + after) * MINUTE, each["fired_at"])
            for (step, after), each in zip(
                [("remind", 0), ("deputy", 10), ("leader", 20), ("parent", 30)], taken, strict=True
            )
        ]
        told = [[person["post_title"] for person in each["told"]] for each in taken]
        places = [{person["unit_name"] for person in each["told"]} for each in taken]
        # 石塘镇 has no deputy, so the leader is told in that step already.
        assert told == [["值班员", "主任"], ["主任"], ["主任"], ["值班员"]]
        assert places == [{"石塘镇"}, {"石塘镇"}, {"石塘镇"}, {"温岭市"}]
        assert [each["vacant"] for each in taken] == [[], ["deputy"], [], []]
        total = scene.rollup(directive)["total"]
        assert (total["escalated"], total["overdue"]) == (1, 1)
        escalated = scene.issuer.get(
            f"/directives/{directive['id']}/assignments", state="escalated"
        )
        assert [item["unit"]["code"] for item in escalated["items"]] == [SHITANG]


def test_where_nobody_holds_a_post_those_above_are_told(scene: Scene, issue: Issue) -> None:
    """海利村 has no officials at all: the township's duty officer hears of it at once."""
    directive = issue(HAILI)
    work(DEADLINE)
    with at(DEADLINE + 1):
        (told,) = scene.as_(duty(SHITANG)).get("/escalations")["items"]
        assert (told["step"], told["vacant"]) == ("remind", ["remind", "deputy", "leader"])
        assert told["told"][0]["unit_name"] == "石塘镇"
        assert told["assignment"]["directive"]["id"] == directive["id"]


def test_a_unit_above_where_nobody_is_on_duty_either_is_passed_over(
    scene: Scene, issue: Issue
) -> None:
    issue(HAILI)
    with writing_rows() as session:
        township = select(Unit.id).where(Unit.code == SHITANG).scalar_subquery()
        on_duty = (Post.unit_id == township, Post.role == "duty_officer")
        session.execute(update(Post).where(*on_duty).values(ended_at=START))
    work(DEADLINE)
    with at(DEADLINE + 1):
        (told,) = scene.as_(duty(WENLING)).get("/escalations")["items"]
        assert told["vacant"] == ["remind", "deputy", "leader"]
        assert {person["unit_name"] for person in told["told"]} == {"温岭市"}


def test_no_exercise_pushes_what_is_actual_off_the_list(scene: Scene, issue: Issue) -> None:
    actual = issue(SHITANG, SONGMEN)
    work(DEADLINE + 1)
    with at(DEADLINE + 2):
        drill = Scene(scene.as_, scene.unit_id, mode="exercise")
        terms = {"ack_deadline": (START + (DEADLINE + 3) * MINUTE).isoformat()}
        exercise = drill.issue(SHITANG, SONGMEN, **terms, report_deadline=None, escalation=RULE)
    for minute in (3, 33, 34, 35, 36):
        work(DEADLINE + minute)
    with at(DEADLINE + 37):
        county, seen, cursor = scene.as_(duty(WENLING)), [], {}
        while cursor is not None:
            found = county.get("/escalations", limit=1, **cursor)
            seen += [each["assignment"]["directive"]["id"] for each in found["items"]]
            cursor = {"cursor": found["next"]} if found["next"] else None
        assert seen == [actual["id"]] * 2 + [exercise["id"]] * 2
        drills = county.get("/escalations", mode="exercise")["items"]
        assert {each["assignment"]["directive"]["id"] for each in drills} == {exercise["id"]}


def test_nobody_above_the_issuer_is_told(scene: Scene, issue: Issue) -> None:
    """The province does not see what 台州 orders below it, and does not hear that it is late."""
    with at(0):
        city = scene.as_(duty(TAIZHOU))
        deadline = (START + DEADLINE * MINUTE).isoformat()
        terms = {"ack_deadline": deadline, "report_deadline": None, "escalation": RULE}
        own = city.post("/directives", scene.body(TAIZHOU, WENLING, **terms))
    for minute in (30, 31, 32, 33):
        work(DEADLINE + minute)
    with at(DEADLINE + 40):
        (last, *_) = reversed(history(scene, TAIZHOU, own))
        assert (last["step"], last["told"], last["vacant"]) == ("parent", [], ["parent"])
        (last, *_) = reversed(history(scene, WENLING, own))
        assert last["told"][0]["unit_name"] == "台州市"
        assert scene.issuer.get("/escalations")["items"] == []
        scene.issuer.get(f"/directives/{own['id']}", status=404)


def test_an_end_of_the_directive_stops_it_at_once(
    scene: Scene, issue: Issue, session: Session
) -> None:
    ended = {name: issue(SHITANG) for name in ("cancelled", "superseded", "cleared", "branch")}
    going_on = issue(SHITANG)
    work(DEADLINE + 1)
    with at(DEADLINE + 2):
        county = scene.as_(duty(SHITANG))
        assert len(county.get("/escalations")["items"]) == 5
        paths = {name: f"/directives/{each['id']}" for name, each in ended.items()}
        reason = {"reason": "风已过"}
        scene.issuer.post(f"{paths['cancelled']}/cancellation", reason)
        later = {"ack_deadline": (START + 9 * DEADLINE * MINUTE).isoformat()}
        terms = {**reason, **later, "report_deadline": None}
        scene.issuer.post(f"{paths['superseded']}/update", terms)
        scene.issuer.post(f"{paths['cleared']}/all-clear", reason)
        branch = {**reason, "unit_id": scene.unit_id(WENLING)}
        scene.issuer.post(f"{paths['branch']}/all-clear", branch)
        (left,) = county.get("/escalations")["items"]
        assert left["assignment"]["directive"]["id"] == going_on["id"]
    work(DEADLINE + 40)
    with at(DEADLINE + 41):
        for each in ended.values():
            assert names(history(scene, SHITANG, each)) == ["remind"]
        assert len(history(scene, SHITANG, going_on)) > 1
    # Nor do they wait for the clock any more, for workers to look at again and again.
    waits = select(Assignment.directive_id).where(
        Assignment.next_step_at <= START + (DEADLINE + 40) * MINUTE
    )
    assert session.scalars(waits).all() == []


def test_an_answer_stops_it_at_once_and_what_was_stays(scene: Scene, issue: Issue) -> None:
    directive = issue(SHITANG, SONGMEN)
    work(DEADLINE + 15)
    work(DEADLINE + 16)
    with at(DEADLINE + 17):
        assert len(scene.as_(duty(SHITANG)).get("/escalations")["items"]) == 1
        assert scene.mine(duty(SHITANG), directive)["next_step"]["step"] == "leader"
        scene.acknowledge(SHITANG, directive)
        assert scene.as_(duty(SHITANG)).get("/escalations")["items"] == []
    work(DEADLINE + 40)
    with at(DEADLINE + 41):
        late = history(scene, SHITANG, directive)
        assert names(late) == ["remind", "deputy"]
        assert {each["ended_at"] for each in late} == {
            (START + (DEADLINE + 17) * MINUTE).isoformat()
        }
        assert names(history(scene, SONGMEN, directive)) == ["remind", "deputy", "leader", "parent"]
        assert scene.rollup(directive)["total"]["escalated"] == 2
    # Now it is the report that is waited for, by the same rule.
    work(2 * DEADLINE)
    with at(2 * DEADLINE + 1):
        assert [
            (each["step"], each["kind"]) for each in history(scene, SHITANG, directive)[2:]
        ] == [("remind", "report")]
        scene.report(SHITANG, directive, moved=1)
    work(2 * DEADLINE + 90)
    with at(2 * DEADLINE + 91):
        assert len(history(scene, SHITANG, directive)) == 3


def test_nobody_is_told_once_the_event_is_over(scene: Scene, issue: Issue) -> None:
    directive = issue(SHITANG, WENLING)
    work(DEADLINE)
    with at(DEADLINE + 1):
        path, reason = f"/directives/{directive['id']}", {"reason": "风已过"}
        branch = {**reason, "unit_id": scene.unit_id(SHITANG)}
        scene.issuer.post(f"{path}/all-clear", branch)
    with at(DEADLINE + 2):
        scene.issuer.post(f"/events/{scene.event['id']}/close", status=200)
    work(DEADLINE + 90)
    with at(DEADLINE + 91):
        for code, over in ((SHITANG, 1), (WENLING, 2)):
            (taken,) = history(scene, code, directive)
            assert (taken["step"], moment(taken["ended_at"])) == (
                "remind",
                START + (DEADLINE + over) * MINUTE,
            )
            assert scene.as_(duty(code)).get("/escalations")["items"] == []
        review = scene.issuer.get(f"{path}/review")
        # Over, and yet nobody answered.
        assert [each["ended_at"] for each in review["escalated"]].count(None) == 0
        assert [each["answered"] for each in review["escalations"]] == [0]


def test_a_deadline_that_was_drawn_nearer_draws_the_steps_nearer(
    scene: Scene, issue: Issue
) -> None:
    directive = issue(WENLING, SHITANG)
    with at(1):
        scene.acknowledge(WENLING, directive)
        nearer = (START + 10 * MINUTE).isoformat()
        scene.pass_on(WENLING, directive, levels=[4], ack_deadline=nearer)
    work(9)
    work(10)
    with at(11):
        assert names(history(scene, SHITANG, directive)) == ["remind"]
        # Units that it reached only then have the rule as well.
        assert names(history(scene, SONGMEN, directive)) == ["remind"]


def test_a_report_is_asked_for_again_and_again_and_a_missed_one_is_overdue(
    scene: Scene, issue: Issue, listening: Listening
) -> None:
    directive = issue(SHITANG, report_interval_minutes=60)
    with at(30):
        scene.report(SHITANG, directive, moved=1)
        mine = scene.mine(duty(SHITANG), directive)
        assert moment(mine["due_at"]) == START + 90 * MINUTE
        assert (mine["state"], mine["overdue"]) == ("reported", None)
        device = listening(duty(SHITANG))
    work(79)
    assert device.hear("escalation.fired") == []
    work(80)
    (heard,) = device.hear("escalation.fired")
    assert (heard["step"], heard["kind"]) == ("ask", "report")
    with at(85):
        assert scene.rollup(directive)["total"]["escalated"] == 0
        scene.report(SHITANG, directive, moved=2)
    work(95)
    with at(146):
        assert scene.mine(duty(SHITANG), directive)["overdue"] == "report"
        assert scene.rollup(directive)["total"]["overdue"] == 1
    for minute in (135, 145, 155):
        work(minute)
    with at(156):
        assert names(history(scene, SHITANG, directive)) == ["ask", "ask", "remind", "deputy"]
        scene.complete(SHITANG, directive)
        assert scene.mine(duty(SHITANG), directive)["due_at"] is None
    work(500)
    with at(501):
        assert len(history(scene, SHITANG, directive)) == 4


def test_after_two_hours_without_a_line_a_county_finds_all_of_it_in_its_order(
    scene: Scene, issue: Issue
) -> None:
    """It missed every push; what it asks for then has each step once, with its own time."""
    directive = issue(WENLING, SHITANG)
    for minute in range(DEADLINE - 5, DEADLINE + 120, 2):
        work(minute)
    with at(DEADLINE + 120):
        county = scene.as_(duty(WENLING))
        told = county.get("/escalations")["items"]
        assert [(each["assignment"]["unit"]["code"], each["step"]) for each in told] in (
            [(SHITANG, "parent"), (WENLING, "remind")],
            [(WENLING, "remind"), (SHITANG, "parent")],
        )
        for code in (WENLING, SHITANG):
            taken = history(scene, code, directive)
            assert names(taken) == ["remind", "deputy", "leader", "parent"]
            times = [moment(each["fired_at"]) for each in taken]
            assert times == sorted(times)
            for each in taken:
                assert (
                    timedelta() <= moment(each["fired_at"]) - moment(each["due_at"]) <= 2 * MINUTE
                )
        body = {"figures": {"moved": 7}, "client_id": "queued", "device_time": START.isoformat()}
        county.post(f"{scene.path(WENLING, directive)}/acknowledgement")
        path = f"{scene.path(WENLING, directive)}/reports"
        first = county.post(path, body)
        assert county.post(path, body, status=200)["id"] == first["id"]
        assert moment(first["device_time"]) == START


def test_a_clock_that_jumps_takes_no_step_twice(scene: Scene, issue: Issue) -> None:
    directive = issue(SHITANG)
    for minute in (DEADLINE, DEADLINE - 60, DEADLINE + 60, DEADLINE, DEADLINE + 61, DEADLINE + 120):
        work(minute)
    with at(200):
        taken = history(scene, SHITANG, directive)
        assert names(taken) == ["remind", "deputy", "leader", "parent"]


@pytest.fixture
def batches_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "AT_ONCE", 2)


def steps_written(session: Session) -> list[tuple[int, int, str]]:
    session.rollback()
    query = select(EscalationStep.assignment_id, EscalationStep.no, EscalationStep.step)
    return sorted(tuple(row) for row in session.execute(query))


def expected(session: Session) -> list[tuple[int, int, str]]:
    ids = session.scalars(select(Assignment.id)).all()
    order = ("remind", "deputy", "leader", "parent")
    return sorted((id_, no, step) for id_ in ids for no, step in enumerate(order, start=1))


def test_many_workers_take_each_step_once(
    app: Flask, scene: Scene, issue: Issue, session: Session, batches_of_two: None
) -> None:
    issue(audiences=[scene.all_below(TAIZHOU)])
    barrier = Barrier(4)

    def run(skew: timedelta) -> None:
        with app.app_context(), clock.at(START + (DEADLINE + 100) * MINUTE + skew):
            barrier.wait(timeout=30)
            for _ in range(3):
                steps.take_due()

    # Their clocks are an hour apart, and all of them past the last step.
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(run, timedelta(hours=hours)) for hours in (0, 1, -0.5, 0)]
        for future in futures:
            future.result(timeout=60)
    work(DEADLINE + 200)
    assert steps_written(session) == expected(session)
    assert session.scalar(select(func.count()).where(Assignment.next_step_at.is_not(None))) == 0


def test_a_worker_that_dies_in_the_middle_of_a_batch_did_nothing_of_it(
    scene: Scene,
    issue: Issue,
    session: Session,
    batches_of_two: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issue(audiences=[scene.all_below(TAIZHOU)])
    moved_on, calls = steps._move_on, []

    def die_the_third_time(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 3:
            raise SystemExit
        moved_on(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(steps, "_move_on", die_the_third_time)
        with at(DEADLINE), pytest.raises(SystemExit):
            steps.take_due()
    assert len(steps_written(session)) == 4
    for _ in range(4):
        work(DEADLINE + 100)
    assert steps_written(session) == expected(session)


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_a_unit_that_answers_at_that_moment_is_left_alone(
    app: Flask, scene: Scene, issue: Issue, session: Session
) -> None:
    """Whoever acknowledges holds the row; the worker does not wait for it, and finds it over. On
    SQLite there is one writer at a time."""
    directive = issue(SHITANG)
    with transaction() as holding:
        holding.scalars(select(Assignment).with_for_update()).all()
        with ThreadPoolExecutor(1) as pool:

            def look() -> int:
                with app.app_context(), at(DEADLINE):
                    return steps.take_due()

            assert pool.submit(look).result(timeout=20) == 0
    with at(DEADLINE):
        scene.acknowledge(SHITANG, directive)
    work(DEADLINE + 1)
    assert steps_written(session) == []


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_a_worker_waits_for_nobody_who_ends_a_directive(
    app: Flask, issue: Issue, session: Session
) -> None:
    """It holds assignments, which others may wait for who hold the directive. What it left is taken
    once nobody holds it any more."""
    ending, other = issue(SHITANG), issue(SONGMEN)
    with transaction() as holding:
        holding.get(Directive, int(ending["id"]), with_for_update={"key_share": True})
        with ThreadPoolExecutor(1) as pool:

            def look() -> int:
                with app.app_context(), at(DEADLINE):
                    return steps.take_due()

            assert pool.submit(look).result(timeout=20) == 1
    taken = {assignment_id for assignment_id, *_ in steps_written(session)}
    its_own = select(Assignment.id).where(Assignment.directive_id == int(other["id"]))
    assert taken == set(session.scalars(its_own))
    work(DEADLINE)
    assert len(steps_written(session)) == 2


@pytest.mark.parametrize("engine_kind", ["postgresql"], indirect=True)
def test_a_directive_that_is_being_ended_holds_up_no_other(
    app: Flask, scene: Scene, issue: Issue, session: Session, batches_of_two: None
) -> None:
    """Its steps are the oldest, and more than a batch: those of the other are taken all the same."""
    ending = issue(audiences=[scene.all_below(TAIZHOU)])
    other = issue(SHITANG, ack_deadline=(START + (DEADLINE + 1) * MINUTE).isoformat())
    with transaction() as holding:
        holding.get(Directive, int(ending["id"]), with_for_update={"key_share": True})
        with ThreadPoolExecutor(1) as pool:

            def look() -> int:
                with app.app_context(), at(DEADLINE + 1):
                    return steps.take_due()

            assert pool.submit(look).result(timeout=20) == 1
    taken = {assignment_id for assignment_id, *_ in steps_written(session)}
    its_own = select(Assignment.id).where(Assignment.directive_id == int(other["id"]))
    assert taken == set(session.scalars(its_own))


def test_of_a_batch_each_directive_tells_those_whom_it_addresses(
    scene: Scene, issue: Issue
) -> None:
    leaders = scene.all_below(WENLING, role="leader")
    officers = scene.all_below(SHITANG, levels=[4], role="duty_officer")
    told = {
        name: issue(audiences=audiences)
        for name, audiences in (
            ("both", [leaders, officers]),
            ("anybody", [scene.all_below(WENLING)]),
        )
    }
    work(DEADLINE)
    with at(DEADLINE + 1):
        for name, code, titles in (
            ("both", SHITANG, ["值班员", "主任"]),
            ("both", SONGMEN, ["主任"]),
            ("anybody", SONGMEN, ["值班员", "主任"]),
        ):
            shown = scene.as_(f"{code}.leader").get(
                f"/directives/{told[name]['id']}/assignments", state="escalated", limit=200
            )
            row = next(each for each in shown["items"] if each["unit"]["code"] == code)
            (step,) = scene.as_(f"{code}.leader").get(f"/assignments/{row['id']}")["escalations"]
            assert [person["post_title"] for person in step["told"]] == titles


def test_of_a_unit_the_first_five_are_told_each_once_and_nobody_who_left(
    scene: Scene, issue: Issue, session: Session
) -> None:
    with transaction() as writing:
        unit_id = writing.scalars(select(Unit.id).where(Unit.code == SONGMEN)).one()
        duties = update(Post).where(Post.unit_id == unit_id, Post.role == "duty_officer")
        writing.execute(duties.values(ended_at=START))
        for order, name in enumerate(("走了", "甲", "乙", "丙", "丁", "戊", "己")):
            status = "gone" if name == "走了" else "active"
            official = Official(name=name, staff_no=f"songmen.{order}", status=status)
            writing.add(official)
            writing.flush()
            post = {"unit_id": unit_id, "line_code": "flood_control", "role": "member", "title": ""}
            # The first of those who stayed holds two.
            writing.add_all(
                Post(official_id=official.id, order=order - 20, **post)
                for _ in range(2 if name == "甲" else 1)
            )
    issue(audiences=[scene.all_below(SONGMEN, levels=[4])])
    work(DEADLINE)
    (told,) = session.scalars(select(EscalationStep.told))
    assert [person["name"] for person in told] == ["甲", "乙", "丙", "丁", "戊"]


def test_a_worker_looks_along_an_index_of_what_waits(app: Flask, session: Session) -> None:
    with transaction() as writing:
        writing.execute(
            text(
                "INSERT INTO assignment (id, directive_id, unit_id, path, level, state, ack_deadline,"
                " issued_at, moves) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
                " WHERE i < 3000) SELECT i, 1, i, '00001', 4, 'issued', '2026-01-01', '2026-01-01',"
                " 0 FROM n"
            )
        )
        writing.execute(text("ANALYZE"))
    due = "SELECT id FROM assignment WHERE next_step_at <= '2026-01-01' ORDER BY next_step_at LIMIT 500"
    assert "ix_assignment_next_step" in plan_of(session, due)


def test_a_batch_costs_the_same_however_many_units_are_in_it(
    scene: Scene, issue: Issue, statements: Any
) -> None:
    def cost(*codes: str) -> int:
        issue(*codes)
        with statements() as seen:
            work(DEADLINE)
        # SQLite takes rows to be written one by one.
        return len(set(seen))

    # Nor are the many lines of a ledger, which are copied, a statement; a few are.
    assert cost(SHITANG, SONGMEN, DONGHAI, WENLING) <= cost(SHITANG)


def test_the_server_looks_often_enough_and_takes_all_that_is_due(
    app: Flask, scene: Scene, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the embedded default there is no worker: the server itself must see to it that no step
    comes more than five seconds late."""
    directive = issue(SHITANG, SONGMEN, DONGHAI)
    looks: list[float] = []

    def begin(function: Callable[..., Any], *given: Any) -> None:
        """Each task once; of those that are repeated the one that takes steps."""
        if function is realtime.work:
            function(*given)
        elif function is realtime._repeat and given[1] is steps.take_due:
            looks.append(given[2])
            steps.take_due()

    monkeypatch.setattr(app.extensions["zzd.sockets"].io, "start_background_task", begin)
    monkeypatch.setattr(app.extensions["zzd.fanout"], "start", lambda: None)
    monkeypatch.setattr(realtime, "_repeat", lambda *_given: None)
    monkeypatch.setattr(realtime, "_beat", lambda *_given: None)
    monkeypatch.setitem(app.extensions, "zzd.timers", [*app.extensions["zzd.timers"]])
    monkeypatch.setattr(steps, "AT_ONCE", 1)
    with at(DEADLINE):
        realtime.start(app)
    assert looks
    assert looks[0] < 5
    with at(DEADLINE + 1):
        for code in (SHITANG, SONGMEN, DONGHAI):
            assert names(history(scene, code, directive)) == ["remind"]
