"""Issuing: whom a directive reaches, and what it takes to issue one."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.tasks.scenes import (
    CANGAO,
    CANGNAN,
    DONGHAI,
    HAILI,
    HAIMEN,
    JIAOJIANG,
    MOVED,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    duty,
    in_hours,
)
from zzd.orgtree.models import AudienceInUse
from zzd.realtime import rooms
from zzd.realtime.models import OutboxEntry
from zzd.tasks.models import Assignment

TOWNSHIPS = [4]


def test_every_unit_in_the_audience_gets_one_assignment(scene: Scene) -> None:
    directive = scene.issue(audiences=[scene.all_below(TAIZHOU, levels=[3, 4])])
    assert directive["units"] == 5
    items = scene.issuer.get(f"/directives/{directive['id']}/assignments")["items"]
    assert sorted(item["unit"]["code"] for item in items) == sorted(
        [JIAOJIANG, WENLING, HAIMEN, SHITANG, SONGMEN]
    )
    assert {item["state"] for item in items} == {"issued"}


def test_overlapping_audiences_assign_a_unit_once(scene: Scene) -> None:
    directive = scene.issue(
        audiences=[
            scene.all_below(TAIZHOU, levels=TOWNSHIPS),
            scene.all_below(WENLING, levels=TOWNSHIPS),
            scene.all_below(TAIZHOU, levels=TOWNSHIPS),
        ]
    )
    assert directive["units"] == 3
    assert len(directive["audiences"]) == 2


def test_what_was_issued_is_shown_to_its_issuer_and_to_whom_it_reached(scene: Scene) -> None:
    directive = scene.issue(SHITANG, number="浙防指〔2019〕12号")
    assert directive["number"] == "浙防指〔2019〕12号"
    assert directive["event"]["mode"] == "actual"
    assert directive["issuer"]["unit_name"] == directive["issuer_unit"]["name"] == "浙江省"
    assert directive["audiences"][0]["text"] == "石塘镇"
    assert directive["figures"][1] == {
        "key": "boats",
        "name": "回港渔船",
        "unit": "艘",
        "minimum": 0,
        "required": False,
        "max_ratio": None,
        "risks": [],
    }
    assert directive["my_assignment_id"] is None
    (issued,) = scene.issuer.get("/directives", box="issued")["items"]
    assert issued["id"] == directive["id"]
    assert scene.issuer.get("/directives", box="received")["items"] == []
    (received,) = scene.as_(duty(SHITANG)).get("/directives")["items"]
    assert received["my_assignment_id"] == scene.mine(duty(SHITANG), directive)["id"]


def test_a_line_and_a_role_say_who_in_a_unit_is_meant(scene: Scene) -> None:
    directive = scene.issue(
        audiences=[scene.all_below(SHITANG, levels=[4], line="flood_control", role="duty_officer")]
    )
    assert scene.as_("331081100.leader").get("/assignments")["items"] == []
    assert scene.as_("331081100.leader").get("/directives")["items"] == []
    assert scene.mine(duty(SHITANG), directive)["may"]["acknowledge"]


def test_the_acting_post_decides_whose_assignments_are_mine(scene: Scene) -> None:
    """一人多岗: 松门's duty officer is also in Wenling's water line."""
    directive = scene.issue(audiences=[scene.all_below(WENLING, levels=[3], line="water")])
    officer = scene.as_(duty(SONGMEN))
    assert officer.get("/assignments")["items"] == []
    second = next(post for post in officer.get("/me")["posts"] if not post["is_primary"])
    officer.put("/me/post", {"post_id": second["id"]})
    assert scene.mine(duty(SONGMEN), directive)["unit"]["code"] == WENLING


def test_audiences_without_a_unit_are_refused_and_leave_nothing(
    scene: Scene, session: Session
) -> None:
    problem = scene.issue(audiences=[scene.all_below(CANGAO, levels=[6])], status=422)
    assert problem["errors"][0]["pointer"] == "/audiences"
    assert session.scalar(select(func.count()).select_from(Assignment)) == 0
    assert scene.issuer.get("/directives", box="issued")["items"] == []


@pytest.mark.parametrize(
    ("deadlines", "pointer"),
    [
        ({"ack_deadline": -1}, "/ack_deadline"),
        ({"ack_deadline": 0}, "/ack_deadline"),
        ({"report_deadline": -1}, "/report_deadline"),
        ({"ack_deadline": 5, "report_deadline": 4}, "/report_deadline"),
        ({"ack_deadline": 24 * 800}, "/ack_deadline"),
    ],
)
def test_deadlines_lie_ahead_and_in_order(
    scene: Scene, deadlines: dict[str, float], pointer: str
) -> None:
    more = {name: in_hours(hours) for name, hours in deadlines.items()}
    assert scene.issue(SHITANG, status=422, **more)["errors"][0]["pointer"] == pointer


def test_an_issuer_issues_within_the_grant_only(scene: Scene) -> None:
    taizhou = scene.as_(duty(TAIZHOU))
    taizhou.post("/directives", scene.body(SHITANG))
    problem = taizhou.post("/directives", scene.body(SHITANG, CANGNAN), status=403)
    assert problem["errors"][0]["pointer"] == "/audiences/1"
    taizhou.post("/directives", scene.body(PROVINCE), status=403)


def test_only_issuers_issue(scene: Scene) -> None:
    for username in (duty(SHITANG), "33.leader"):
        problem = scene.as_(username).post("/directives", scene.body(SHITANG), status=403)
        assert problem["code"] == "not_permitted"


def test_an_event_of_elsewhere_is_no_event_to_issue_under(scene: Scene) -> None:
    event = {"name": "演练", "kind": "flood", "mode": "exercise"}
    taizhou = scene.as_(duty(TAIZHOU)).post("/events", event)
    body = {**scene.body(SHITANG), "event_id": taizhou["id"]}
    assert scene.issuer.post("/directives", body)["event"]["mode"] == "exercise"
    absent = scene.issuer.post("/directives", {**body, "event_id": "999999"}, status=422)
    assert absent["errors"][0]["pointer"] == "/event_id"


@pytest.mark.parametrize(
    "figures",
    [
        [MOVED, MOVED],
        [{**MOVED, "key": "Moved"}],
        [{**MOVED, "key": "moved people"}],
        [{**MOVED, "minimum": 10**13}],
        [{**MOVED, "minimum": 0.5}],
        [{**MOVED, "colour": "red"}],
        [{"key": "moved"}],
        [{**MOVED, "key": f"k{number}"} for number in range(31)],
    ],
)
def test_figures_asked_for_are_well_formed(scene: Scene, figures: Any) -> None:
    problem = scene.issue(SHITANG, figures=figures, status=422)
    assert problem["errors"][0]["pointer"].startswith("/figures")


def test_issuing_tells_the_audiences_and_nobody_else(scene: Scene, session: Session) -> None:
    directive = scene.issue(SHITANG, SONGMEN)
    (entry,) = session.scalars(select(OutboxEntry).filter_by(type="directive.issued"))
    kept = session.scalars(select(AudienceInUse.id)).all()
    assert sorted(entry.rooms) == sorted(rooms.audience(id_) for id_ in kept)
    assert entry.data["directive_id"] == directive["id"]
    assert entry.data["event"]["mode"] == "actual"


def test_an_exercise_and_the_actual_event_never_mix(scene: Scene) -> None:
    exercise = scene.issuer.post(
        "/events", {"name": "台风利奇马", "kind": "typhoon", "mode": "exercise"}
    )
    actual = scene.issue(SHITANG, SONGMEN)
    drill = scene.issue(SHITANG, SONGMEN, event_id=exercise["id"])
    scene.report(SHITANG, actual, moved=300)
    scene.report(SHITANG, drill, moved=7)
    scene.complete(SHITANG, drill)
    assert scene.rollup(actual)["total"]["figures"]["moved"] == 300
    assert scene.rollup(drill)["total"]["figures"]["moved"] == 7
    assert scene.rollup(actual)["total"]["completed"] == 0
    modes = {
        item["directive"]["id"]: item["directive"]["event"]["mode"]
        for item in scene.as_(duty(SHITANG)).get("/assignments")["items"]
    }
    assert modes == {actual["id"]: "actual", drill["id"]: "exercise"}


def test_lists_of_directives_are_paged(scene: Scene) -> None:
    made = [scene.issue(SHITANG)["id"] for _ in range(3)]
    for client, box in ((scene.issuer, "issued"), (scene.as_(duty(SHITANG)), "received")):
        first = client.get("/directives", box=box, limit=2)
        assert [item["id"] for item in first["items"]] == [made[2], made[1]]
        rest = client.get("/directives", box=box, limit=2, cursor=first["next"])
        assert [item["id"] for item in rest["items"]] == [made[0]]
        assert rest["next"] is None


def test_a_directive_is_shown_where_it_concerns_somebody(scene: Scene) -> None:
    directive = scene.issue(DONGHAI, HAILI)
    path = f"/directives/{directive['id']}"
    for code in (PROVINCE, TAIZHOU, WENLING, SHITANG, DONGHAI):
        scene.as_(duty(code)).get(path)
    for code in (WENZHOU, JIAOJIANG, SONGMEN):
        scene.as_(duty(code)).get(path, status=404)


def test_what_a_city_orders_is_not_the_provinces_to_see(scene: Scene) -> None:
    """The reach of a directive is its issuer's unit and below."""
    directive = scene.as_(duty(TAIZHOU)).post("/directives", scene.body(SHITANG))
    scene.as_(duty(WENLING)).get(f"/directives/{directive['id']}")
    scene.issuer.get(f"/directives/{directive['id']}", status=404)
    scene.issuer.get(f"/directives/{directive['id']}/rollup", status=404)
    path = scene.path(SHITANG, directive)
    scene.as_(duty(WENLING)).get(path)
    scene.issuer.get(path, status=404)
