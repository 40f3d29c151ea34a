"""The picture: counties, levels and the course of a directive; and ringing those who are late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Statements
from tests.tasks.scenes import (
    CANGNAN,
    DONGHAI,
    HAIMEN,
    PROVINCE,
    SHITANG,
    SONGMEN,
    WENLING,
    Scene,
    SignedIn,
    UnitId,
    duty,
)
from tests.tasks.test_statements import add_villages
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.messaging.dings.models import Ding, DingPerson
from zzd.orgtree.models import Official
from zzd.tasks.picture.rules import MOST_STEPS, PartState, state_of, width_for

LATE = timedelta(hours=7)


def everywhere(scene: Scene, **more: Any) -> dict[str, Any]:
    return scene.issue(audiences=[scene.all_below(PROVINCE, levels=[3, 4, 5])], **more)


def test_counties_and_levels_are_how_far_all_below_them_are(scene: Scene) -> None:
    directive = everywhere(scene)
    for code in (CANGNAN, "330327101", "330327101201"):
        scene.report(code, directive, moved=1)
    scene.acknowledge(SHITANG, directive)
    shown = scene.issuer.get(f"/directives/{directive['id']}/picture")
    states = {county["unit"]["code"]: county["state"] for county in shown["counties"]}
    assert states == {CANGNAN: "reported", WENLING: "partly", "331002": "waiting"}
    wenling = next(each for each in shown["counties"] if each["unit"]["code"] == WENLING)
    assert (wenling["addressed"], wenling["acknowledged"]) == (6, 1)
    # The same sums as the roll-up's, along another edge.
    total = scene.rollup(directive)["total"]
    for name in ("addressed", "delivered", "acknowledged", "reported", "completed", "overdue"):
        assert sum(each[name] for each in shown["levels"]) == total[name]
        assert sum(each[name] for each in shown["counties"]) == total[name]
    assert [each["level"] for each in shown["levels"]] == [3, 4, 5]


def test_the_course_ends_where_the_sums_are(scene: Scene) -> None:
    directive = everywhere(scene)
    start = clock.now()
    for minutes, code in ((10, SHITANG), (20, SONGMEN), (20, HAIMEN), (90, WENLING)):
        with clock.at(start + timedelta(minutes=minutes)):
            scene.acknowledge(code, directive)
    with clock.at(start + timedelta(minutes=100)):
        scene.report(SHITANG, directive, moved=3)
        series = scene.issuer.get(f"/directives/{directive['id']}/picture")["series"]
    points = series["points"]
    assert series["step_seconds"] == 60
    assert [(p["addressed"], p["acknowledged"], p["reported"]) for p in points] == [
        (12, 0, 0),
        (12, 1, 0),
        (12, 3, 0),
        (12, 4, 0),
        (12, 4, 1),
    ]


def test_a_picture_costs_the_same_for_many_villages(scene: Scene, statements: Statements) -> None:
    costs = []
    for villages in (0, 40):
        add_villages(villages)
        directive = everywhere(scene)
        with statements() as seen:
            scene.issuer.get(f"/directives/{directive['id']}/picture")
        costs.append(len(seen))
    assert costs[0] == costs[1]


def test_the_picture_of_a_branch_is_for_those_who_see_its_roll_up(
    scene: Scene, unit_id: UnitId
) -> None:
    directive = everywhere(scene)
    for path in ("picture", "late"):
        address = f"/directives/{directive['id']}/{path}"
        assert scene.as_(duty(WENLING)).get(address)["unit"]["code"] == WENLING
        scene.as_(duty(WENLING)).get(address, status=404, unit_id=unit_id(CANGNAN))
    body = {"unit_id": unit_id(CANGNAN), "client_id": "a-click"}
    scene.as_(duty(WENLING)).post(f"/directives/{directive['id']}/late", body, status=404)


def test_one_click_rings_whoever_is_late_and_a_double_click_once(
    scene: Scene, as_: SignedIn, unit_id: UnitId, session: Session
) -> None:
    directive = everywhere(scene)
    scene.report(SHITANG, directive, moved=1)
    path, body = f"/directives/{directive['id']}/late", {"unit_id": unit_id(WENLING)}
    scene.issuer.post(path, body, status=409)
    with clock.at(clock.now() + LATE):
        preview = scene.issuer.get(path, **body)
        # Five units of 温岭市 are late; nobody holds a post in one of them.
        assert (preview["units"], preview["people"], preview["last"]) == (5, 8, None)
        assert "转移危险区域人员" in preview["text"]
        clicks = [
            scene.issuer.post(path, {**body, "client_id": "a-click"}, status=status)
            for status in (201, 200)
        ]
        assert clicks[0] == clicks[1]
        assert scene.issuer.get(path, **body)["last"]["id"] == clicks[0]["id"]
        scene.issuer.post(path, {"client_id": "a-click"}, status=409)
    dings = session.scalars(select(Ding).order_by(Ding.id)).all()
    assert [str(ding.id) for ding in dings] == clicks[0]["ding_ids"]
    rung = session.scalars(
        select(Official.staff_no).join(DingPerson, DingPerson.official_id == Official.id)
    ).all()
    late = (WENLING, SONGMEN, DONGHAI, "331081101201")
    assert set(rung) == {f"{code}.{role}" for code in late for role in ("duty_officer", "leader")}
    written = session.scalars(select(AuditEntry).filter_by(action="directive.ring")).all()
    assert [(entry.outcome, entry.detail["people"]) for entry in written] == [("done", 8)]
    # It reaches them as any DING does.
    (received,) = as_(duty(SONGMEN)).get("/dings")["items"]
    assert received["text"] == preview["text"]


def test_an_exercise_says_so_when_it_rings(as_: SignedIn, unit_id: UnitId) -> None:
    scene = Scene(as_, unit_id, mode="exercise")
    directive = everywhere(scene)
    with clock.at(clock.now() + LATE):
        path = f"/directives/{directive['id']}/late"
        assert scene.issuer.get(path)["text"].startswith("【演练】")
        # Whatever else is said.
        scene.issuer.post(path, {"text": "请立即签收！", "unit_id": unit_id(SHITANG)})
        (received,) = as_(duty(SHITANG)).get("/dings")["items"]
    assert received["text"] == "【演练】请立即签收！"


@pytest.mark.parametrize(
    ("done", "state"),
    [
        ((0, 0, 0), PartState.WAITING),
        ((1, 0, 0), PartState.PARTLY),
        ((3, 2, 0), PartState.ACKNOWLEDGED),
        ((3, 3, 2), PartState.REPORTED),
        # What asks for no figures is completed without a report.
        ((3, 0, 3), PartState.COMPLETED),
    ],
)
def test_a_part_is_as_far_as_the_last_of_its_units(
    done: tuple[int, int, int], state: PartState
) -> None:
    counts = dict(zip(("acknowledged", "reported", "completed"), done, strict=True))
    assert state_of({"addressed": 3, **counts}) == state


@pytest.mark.parametrize("hours", [0, 1, 48, 24 * 365 * 30])
def test_a_chart_has_few_steps_however_long_it_takes(hours: int) -> None:
    span = timedelta(hours=hours)
    assert span.total_seconds() / width_for(span) <= MOST_STEPS
