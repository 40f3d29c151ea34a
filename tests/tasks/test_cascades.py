"""Passing on: to one's own sub-units, with a note, never later than one's own deadline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tasks.scenes import (
    CANGAO,
    CANGNAN,
    DONGHAI,
    HAILI,
    HAIMEN,
    JIAOJIANG,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    duty,
    in_hours,
    moment,
)
from zzd import clock
from zzd.orgtree.models import Unit
from zzd.realtime.models import OutboxEntry


def texts(assignment: dict[str, Any]) -> list[str]:
    return [note["text"] for note in assignment["notes"]]


def test_without_a_choice_all_direct_children_get_it(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU)
    scene.acknowledge(TAIZHOU, directive)
    answer = scene.pass_on(TAIZHOU, directive)
    assert (answer["units"], answer["noted"]) == (2, 0)
    for code in (WENLING, JIAOJIANG):
        assignment = scene.mine(duty(code), directive)
        assert assignment["state"] == "issued"
        assert texts(assignment) == ["3310补充要求"]
        assert assignment["notes"][0]["unit_name"] == "台州市"
        assert assignment["report_deadline"] == directive["report_deadline"]
    assert scene.as_(duty(SHITANG)).get("/assignments")["items"] == []


def test_each_level_adds_its_note_after_those_above(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU, WENLING, SHITANG)
    for code in (TAIZHOU, WENLING, SHITANG):
        scene.acknowledge(code, directive)
    scene.pass_on(WENLING, directive, levels=[4, 5], note="温岭")
    scene.pass_on(SHITANG, directive, note="石塘")
    scene.pass_on(TAIZHOU, directive, note="台州", levels=[3, 5])
    assert texts(scene.mine(duty(WENLING), directive)) == ["台州"]
    assert texts(scene.mine(duty(SHITANG), directive)) == ["温岭"]
    assert texts(scene.mine(duty(DONGHAI), directive)) == ["台州", "温岭", "石塘"]
    # 松门 has no note of 石塘, its sister.
    assert texts(scene.mine(duty(CANGAO), directive)) == ["台州", "温岭"]


def test_who_had_it_keeps_one_assignment_with_the_earlier_deadlines(scene: Scene) -> None:
    directive = scene.issue(WENLING, SHITANG, SONGMEN)
    scene.acknowledge(WENLING, directive)
    scene.acknowledge(SONGMEN, directive)
    answer = scene.pass_on(
        WENLING, directive, ack_deadline=in_hours(5), report_deadline=in_hours(7)
    )
    assert (answer["units"], answer["noted"]) == (0, 2)
    tightened = scene.mine(duty(SHITANG), directive)
    scene.pass_on(WENLING, directive, ack_deadline=in_hours(5.5), report_deadline=in_hours(7.5))
    assert scene.mine(duty(SHITANG), directive)["ack_deadline"] == tightened["ack_deadline"]
    with clock.at(clock.now() + timedelta(hours=5.2)):
        assert scene.mine(duty(SHITANG), directive)["overdue"] == "acknowledge"
        assert scene.mine(duty(SONGMEN), directive)["overdue"] is None
        assert scene.rollup(directive, WENLING)["total"]["overdue"] == 1
    with clock.at(clock.now() + timedelta(hours=7.2)):
        assert scene.mine(duty(SONGMEN), directive)["overdue"] == "report"


def test_units_are_picked_at_any_depth_below(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU)
    scene.acknowledge(TAIZHOU, directive)
    answer = scene.pass_on(
        TAIZHOU, directive, unit_ids=[scene.unit_id(SHITANG), scene.unit_id(CANGAO)]
    )
    assert answer["units"] == 2
    assert texts(scene.mine(duty(CANGAO), directive)) == ["3310补充要求"]
    assert scene.mine(duty(SHITANG), directive)["may"]["acknowledge"]
    assert scene.as_(duty(SONGMEN)).get("/assignments")["items"] == []


@pytest.mark.parametrize("code", [WENZHOU, CANGNAN, TAIZHOU, PROVINCE])
def test_nobody_passes_on_outside_the_own_subtree(scene: Scene, code: str) -> None:
    directive = scene.issue(TAIZHOU)
    scene.acknowledge(TAIZHOU, directive)
    chosen = [scene.unit_id(WENLING), scene.unit_id(code)]
    problem = scene.pass_on(TAIZHOU, directive, unit_ids=chosen, status=422)
    assert problem["errors"][0]["pointer"] == "/unit_ids"
    assert scene.as_(duty(WENLING)).get("/assignments")["items"] == []


@pytest.mark.parametrize("levels", [[2], [1, 3], [2, 3]])
def test_levels_chosen_are_below_the_own(scene: Scene, levels: list[int]) -> None:
    directive = scene.issue(TAIZHOU)
    scene.acknowledge(TAIZHOU, directive)
    problem = scene.pass_on(TAIZHOU, directive, levels=levels, status=422)
    assert problem["errors"][0]["pointer"] == "/levels"


def test_there_must_be_somebody_to_pass_it_on_to(scene: Scene) -> None:
    directive = scene.issue(CANGAO)
    scene.acknowledge(CANGAO, directive)
    assert scene.pass_on(CANGAO, directive, status=422)["errors"][0]["pointer"] == "/levels"


@pytest.mark.parametrize(
    ("deadlines", "pointer"),
    [
        ({"ack_deadline": 6.1}, "/ack_deadline"),
        ({"ack_deadline": -1}, "/ack_deadline"),
        ({"report_deadline": 8.1}, "/report_deadline"),
        ({"ack_deadline": 5, "report_deadline": 4}, "/report_deadline"),
    ],
)
def test_deadlines_are_no_later_than_the_own(
    scene: Scene, deadlines: dict[str, float], pointer: str
) -> None:
    directive = scene.issue(TAIZHOU)
    scene.acknowledge(TAIZHOU, directive)
    more = {name: in_hours(hours) for name, hours in deadlines.items()}
    problem = scene.pass_on(TAIZHOU, directive, status=422, **more)
    assert problem["errors"][0]["pointer"] == pointer


def test_a_deadline_tightened_from_above_binds_further_down(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU, WENLING)
    for code in (TAIZHOU, WENLING):
        scene.acknowledge(code, directive)
    scene.pass_on(TAIZHOU, directive, ack_deadline=in_hours(3))
    scene.pass_on(WENLING, directive, ack_deadline=in_hours(4), status=422)
    scene.pass_on(WENLING, directive, ack_deadline=in_hours(2))
    assert moment(scene.mine(duty(SHITANG), directive)["ack_deadline"]) < clock.now() + timedelta(
        hours=2
    )


def test_a_late_unit_passes_on_its_own_deadline_as_it_is(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU)
    with clock.at(clock.now() + timedelta(hours=7)):
        scene.acknowledge(TAIZHOU, directive)
        problem = scene.pass_on(TAIZHOU, directive, ack_deadline=in_hours(-5), status=422)
        assert problem["errors"][0]["pointer"] == "/ack_deadline"
        scene.pass_on(TAIZHOU, directive, ack_deadline=directive["ack_deadline"])
        assert scene.mine(duty(WENLING), directive)["overdue"] == "acknowledge"


def test_line_and_role_are_inherited(scene: Scene) -> None:
    directive = scene.issue(
        audiences=[scene.all_below(TAIZHOU, levels=[2], line="flood_control", role="duty_officer")]
    )
    scene.acknowledge(TAIZHOU, directive)
    scene.pass_on(TAIZHOU, directive)
    assert scene.as_("331081.leader").get("/assignments")["items"] == []
    id_ = scene.mine(duty(WENLING), directive)["id"]
    # A leader of the unit may see it, and may not act on it.
    problem = scene.as_("331081.leader").post(f"/assignments/{id_}/acknowledgement", status=403)
    assert problem["code"] == "not_permitted"
    scene.acknowledge(WENLING, directive)
    scene.pass_on(WENLING, directive, unit_ids=[scene.unit_id(SHITANG)])
    scene.acknowledge(SHITANG, directive)
    assert scene.as_("331081100.leader").get("/assignments")["items"] == []


def test_passing_on_tells_those_chosen_and_moves_the_sums_above(
    scene: Scene, session: Session
) -> None:
    directive = scene.issue(WENLING)
    scene.acknowledge(WENLING, directive)
    scene.pass_on(WENLING, directive, unit_ids=[scene.unit_id(SHITANG)])
    events = select(OutboxEntry).order_by(OutboxEntry.id)
    issued = list(session.scalars(events.filter_by(type="directive.issued")))
    assert len(issued) == 2
    assert issued[1].data["directive_id"] == directive["id"]
    rolled = list(session.scalars(events.filter_by(type="rollup.updated")))
    expected = [scene.unit_id(code) for code in (PROVINCE, TAIZHOU, WENLING)]
    assert [entry.data["unit_ids"] for entry in rolled] == [expected] * 3


def test_passing_on_is_kept_in_the_history_and_leaves_the_state(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    scene.pass_on(SHITANG, directive, note="逐户上门")
    shown = scene.as_(duty(SHITANG)).get(scene.path(SHITANG, directive))
    assert shown["state"] == "acknowledged"
    assert shown["history"][-1]["move"] == "cascade"
    assert shown["history"][-1]["detail"] == {"units": 2, "noted": 0, "note": "逐户上门"}
    issued = scene.as_(duty(DONGHAI)).get(scene.path(DONGHAI, directive))["history"][0]
    assert issued["by"]["unit_name"] == "石塘镇"


def test_a_repeat_gives_the_first_result(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    more = {"client_id": "once", "ack_deadline": in_hours(1)}
    first = scene.pass_on(SHITANG, directive, **more)
    assert scene.pass_on(SHITANG, directive, status=200, **more) == first
    scene.pass_on(SHITANG, directive, status=409, **{**more, "note": "另一说明"})
    assert texts(scene.mine(duty(DONGHAI), directive)) == ["331081100补充要求"]


def test_units_passed_on_to_count_in_the_rollup_above(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU)
    assert directive["units"] == 1
    scene.acknowledge(TAIZHOU, directive)
    scene.pass_on(TAIZHOU, directive, levels=[4])
    scene.report(SHITANG, directive, moved=12)
    shown = scene.rollup(directive, TAIZHOU)
    assert {row["unit"]["code"]: row["addressed"] for row in shown["rows"]} == {
        JIAOJIANG: 1,
        WENLING: 2,
    }
    assert shown["own"]["addressed"] == 1
    assert shown["total"]["addressed"] == 4
    assert shown["total"]["figures"]["moved"] == 12
    assert scene.mine(duty(HAIMEN), directive)["notes"]


def test_a_unit_moved_since_hangs_where_the_directive_knew_it(
    scene: Scene, session: Session
) -> None:
    """松门镇 goes from 温岭市 to 椒江区 after the day of the directive."""
    directive = scene.issue(WENLING, JIAOJIANG, SONGMEN)
    for code in (WENLING, JIAOJIANG):
        scene.acknowledge(code, directive)
    scene.as_("33.leader").post(
        f"/units/{scene.unit_id(SONGMEN)}/move",
        {"parent_id": scene.unit_id(JIAOJIANG)},
        status=200,
    )
    assert session.scalars(select(Unit.level).filter_by(code=SONGMEN)).one() == 4
    # 温岭's note and deadline still concern it; 椒江 finds a unit that has the directive.
    scene.pass_on(WENLING, directive, note="温岭")
    scene.pass_on(JIAOJIANG, directive, note="椒江", levels=[4, 5])
    assert texts(scene.mine(duty(SONGMEN), directive)) == ["温岭"]
    scene.report(SONGMEN, directive, moved=9)
    by_county = {
        row["unit"]["code"]: row["figures"]["moved"]
        for row in scene.rollup(directive, TAIZHOU)["rows"]
    }
    assert by_county == {WENLING: 9, JIAOJIANG: None}
    # Its village had no part in the directive: it came by 椒江, and counts there.
    scene.report(CANGAO, directive, moved=4)
    shown = scene.rollup(directive, JIAOJIANG)
    assert shown["total"]["figures"]["moved"] == 4


def test_a_village_that_had_it_is_noted_once_by_two_levels(scene: Scene) -> None:
    directive = scene.issue(WENLING, SHITANG)
    for code in (WENLING, SHITANG):
        scene.acknowledge(code, directive)
    assert scene.pass_on(SHITANG, directive)["units"] == 2
    answer = scene.pass_on(WENLING, directive, levels=[5], ack_deadline=in_hours(2))
    assert (answer["units"], answer["noted"]) == (1, 2)
    shown = scene.rollup(directive, SHITANG)
    assert {row["unit"]["code"]: row["addressed"] for row in shown["rows"]} == {
        DONGHAI: 1,
        HAILI: 1,
    }
