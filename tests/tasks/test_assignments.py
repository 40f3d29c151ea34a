"""What a unit's officials do with an assignment, and what is kept of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tasks.scenes import (
    DONGHAI,
    HAILI,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
    in_hours,
    moment,
)
from zzd import clock
from zzd.tasks import states
from zzd.tasks.models import Assignment, AssignmentMove
from zzd.tasks.states import Move


def receipts(scene: Scene, code: str, kind: str, *ids: str, status: int = 200) -> object:
    body = {"assignment_ids": list(ids), "kind": kind}
    return scene.as_(duty(code)).post("/assignments/receipts", body, status=status)


def test_delivered_read_and_acknowledged_are_kept_apart(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    officer, path = scene.as_(duty(SHITANG)), scene.path(SHITANG, directive)
    id_ = path.rsplit("/", 1)[1]
    start = clock.now()
    with clock.at(start + timedelta(minutes=1)):
        assert receipts(scene, SHITANG, "delivered", id_) == {
            "items": [{"id": id_, "state": "delivered"}]
        }
    with clock.at(start + timedelta(minutes=2)):
        receipts(scene, SHITANG, "read", id_)
    with clock.at(start + timedelta(minutes=3)):
        officer.post(f"{path}/acknowledgement")
    shown = officer.get(path)
    assert shown["state"] == "acknowledged"
    times = [shown["delivered_at"], shown["read_at"], shown["acknowledged"]["at"]]
    assert [round((moment(time) - start).total_seconds()) for time in times] == [60, 120, 180]
    assert [entry["move"] for entry in shown["history"]] == [
        "issue",
        "deliver",
        "read",
        "acknowledge",
    ]
    assert shown["history"][0]["by"]["unit_name"] == "浙江省"
    assert shown["history"][3]["by"]["name"] == "陈石塘"


def test_acknowledging_implies_delivered_and_read(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    shown = scene.acknowledge(SHITANG, directive)
    assert shown["delivered_at"] == shown["read_at"] == shown["acknowledged"]["at"]
    possible = {name for name, allowed in shown["may"].items() if allowed}
    assert possible == {"start", "report", "cascade", "give_back", "transfer", "proxy"}
    id_ = shown["id"]
    assert receipts(scene, SHITANG, "read", id_) == {
        "items": [{"id": id_, "state": "acknowledged"}]
    }


def test_acknowledging_again_gives_the_first_result(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    first = scene.acknowledge(SHITANG, directive)
    for username in (duty(SHITANG), "331081100.leader"):
        path = scene.path(SHITANG, directive)
        again = scene.as_(username).post(f"{path}/acknowledgement", status=200)
        assert again["acknowledged"] == first["acknowledged"]
    history = scene.as_(duty(SHITANG)).get(scene.path(SHITANG, directive))["history"]
    assert [entry["move"] for entry in history] == ["issue", "acknowledge"]


def test_receipts_are_noted_all_or_none(scene: Scene) -> None:
    directive = scene.issue(SHITANG, SONGMEN)
    own = scene.mine(duty(SHITANG), directive)["id"]
    others = scene.mine(duty(SONGMEN), directive)["id"]
    receipts(scene, SHITANG, "read", own, others, status=404)
    receipts(scene, SHITANG, "read", own, "999999", status=404)
    assert scene.mine(duty(SHITANG), directive)["state"] == "issued"
    receipts(scene, SHITANG, "read", own, own)


@pytest.mark.parametrize("act", ["reports", "cascade", "completion"])
def test_acknowledge_comes_first(scene: Scene, act: str) -> None:
    directive = scene.issue(SHITANG)
    body = {
        "reports": {"figures": {"moved": 1}},
        "cascade": {"note": "请落实", "ack_deadline": in_hours(1)},
        "completion": {},
    }[act]
    path = f"{scene.path(SHITANG, directive)}/{act}"
    problem = scene.as_(duty(SHITANG)).post(path, body, status=409)
    assert problem["code"] == "not_acknowledged"


def test_figures_asked_for_come_before_completion(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    path = f"{scene.path(SHITANG, directive)}/completion"
    problem = scene.as_(duty(SHITANG)).post(path, {"reason": "无人"}, status=409)
    assert problem["code"] == "not_reported"
    scene.report(SHITANG, directive, moved=0)
    assert scene.complete(SHITANG, directive)["state"] == "completed"


def test_without_figures_a_unit_completes_unreported(scene: Scene) -> None:
    directive = scene.issue(SHITANG, figures=[], report_deadline=None)
    scene.acknowledge(SHITANG, directive)
    assert scene.complete(SHITANG, directive)["state"] == "completed"
    officer, path = scene.as_(duty(SHITANG)), scene.path(SHITANG, directive)
    again = officer.post(f"{path}/completion", status=200)
    assert again["state"] == "completed"
    problem = officer.post(f"{path}/reports", {"text": "补报"}, status=409)
    assert problem["code"] == "assignment_completed"
    problem = officer.post(
        f"{path}/cascade", {"note": "请落实", "ack_deadline": in_hours(1)}, status=409
    )
    assert problem["code"] == "assignment_completed"


def test_open_units_below_are_named_and_overridden_with_a_reason(scene: Scene) -> None:
    directive = scene.issue(SHITANG, DONGHAI, HAILI)
    scene.report(SHITANG, directive, moved=1)
    officer, path = scene.as_(duty(SHITANG)), scene.path(SHITANG, directive)
    problem = officer.post(f"{path}/completion", status=409)
    assert problem["code"] == "units_below_open"
    assert problem["count"] == 2
    assert [unit["name"] for unit in problem["units"]] == ["东海村", "海利村"]
    assert officer.get(path)["state"] == "reported"
    officer.post(f"{path}/completion", {"reason": "海利村已撤空"})
    shown = officer.get(path)
    assert shown["history"][-1]["detail"] == {"reason": "海利村已撤空"}


def test_completed_units_below_need_no_reason(scene: Scene) -> None:
    directive = scene.issue(SHITANG, DONGHAI)
    for code in (DONGHAI, SHITANG):
        scene.report(code, directive, moved=1)
        assert scene.complete(code, directive)["state"] == "completed"


def test_deadlines_pass_by_the_servers_clock(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    now = clock.now()
    officer = duty(SHITANG)
    assert scene.mine(officer, directive)["overdue"] is None
    with clock.at(now + timedelta(hours=7)):
        assert scene.mine(officer, directive)["overdue"] == "acknowledge"
        assert scene.rollup(directive)["total"]["overdue"] == 1
        scene.acknowledge(SHITANG, directive)
        assert scene.mine(officer, directive)["overdue"] is None
    with clock.at(now + timedelta(hours=9)):
        assert scene.mine(officer, directive)["overdue"] == "report"
        scene.report(SHITANG, directive, moved=2)
        assert scene.mine(officer, directive)["overdue"] is None
        assert scene.rollup(directive)["total"]["overdue"] == 0


def test_open_assignments_come_first_by_what_is_due_next(scene: Scene) -> None:
    done = scene.issue(SHITANG, title="已办结", figures=[])
    scene.acknowledge(SHITANG, done)
    scene.complete(SHITANG, done)
    later = scene.issue(SHITANG, title="较晚", ack_deadline=in_hours(5))
    nothing_due = scene.issue(SHITANG, title="已签收", figures=[], report_deadline=None)
    scene.acknowledge(SHITANG, nothing_due)
    sooner = scene.issue(SHITANG, title="较早", ack_deadline=in_hours(1))
    same = scene.issue(SHITANG, title="同时", ack_deadline=sooner["ack_deadline"])
    expected = [directive["id"] for directive in (same, sooner, later, nothing_due, done)]
    officer = scene.as_(duty(SHITANG))
    items = officer.get("/assignments")["items"]
    assert [item["directive"]["id"] for item in items] == expected
    seen, cursor = [], None
    while True:
        query = {"limit": 1, **({"cursor": cursor} if cursor else {})}
        part = officer.get("/assignments", **query)
        seen += [item["directive"]["id"] for item in part["items"]]
        if (cursor := part["next"]) is None:
            break
    assert seen == expected
    states_of = {
        state: [
            item["directive"]["id"] for item in officer.get("/assignments", state=state)["items"]
        ]
        for state in ("open", "closed")
    }
    assert states_of == {"open": expected[:4], "closed": expected[4:]}


def test_what_is_below_is_counted_without_the_unit_itself(scene: Scene) -> None:
    directive = scene.issue(WENLING, SHITANG, SONGMEN, DONGHAI)
    scene.report(DONGHAI, directive, moved=3)
    scene.acknowledge(SONGMEN, directive)
    assert scene.mine(duty(WENLING), directive)["below"] == {
        "addressed": 3,
        "acknowledged": 2,
        "reported": 1,
        "completed": 0,
    }
    assert scene.mine(duty(DONGHAI), directive)["below"]["addressed"] == 0


def test_every_state_follows_from_its_history(scene: Scene, session: Session) -> None:
    directive = scene.issue(TAIZHOU, WENLING, SHITANG, SONGMEN, DONGHAI)
    scene.report(DONGHAI, directive, moved=1)
    scene.report(DONGHAI, directive, moved=2)
    scene.complete(DONGHAI, directive)
    scene.acknowledge(SHITANG, directive)
    scene.pass_on(SHITANG, directive)
    receipts(scene, SONGMEN, "read", scene.mine(duty(SONGMEN), directive)["id"])
    receipts(scene, WENLING, "delivered", scene.mine(duty(WENLING), directive)["id"])
    seen = set()
    for assignment in session.scalars(select(Assignment)):
        moves = session.scalars(
            select(AssignmentMove.move)
            .filter_by(assignment_id=assignment.id)
            .order_by(AssignmentMove.no)
        ).all()
        assert states.replay(map(Move, moves)) == assignment.state
        assert assignment.moves == len(moves)
        seen.add(assignment.state)
    assert seen == {"issued", "delivered", "read", "acknowledged", "completed"}


def test_those_to_call_are_listed_with_their_numbers(scene: Scene) -> None:
    directive = scene.issue(
        audiences=[scene.all_below(SHITANG, levels=[4, 5], line="flood_control")]
    )
    scene.acknowledge(DONGHAI, directive)
    path = f"/directives/{directive['id']}/assignments"
    items = scene.issuer.get(path, state="not_acknowledged")["items"]
    assert [item["unit"]["code"] for item in items] == [SHITANG, HAILI]
    (called,) = items[0]["contacts"]
    assert (called["name"], called["post_title"]) == ("陈石塘", "值班员")
    assert (called["phone"], called["role"]) == ("13800000000", "duty_officer")
    # Nobody holds a post there.
    assert items[1]["contacts"] == []


def test_whoever_is_on_duty_is_called_first(scene: Scene) -> None:
    directive = scene.issue(audiences=[scene.all_below(SHITANG, levels=[4])])
    path = f"/directives/{directive['id']}/assignments"
    (item,) = scene.issuer.get(path, state="not_acknowledged")["items"]
    assert [contact["role"] for contact in item["contacts"]] == ["duty_officer", "leader"]


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        ("any", [WENLING, SHITANG, DONGHAI, SONGMEN]),
        ("not_delivered", [SONGMEN]),
        ("not_acknowledged", [WENLING, SONGMEN]),
        ("not_reported", [WENLING, SHITANG, SONGMEN]),
        ("not_completed", [WENLING, SHITANG, SONGMEN]),
        ("overdue", [WENLING, SHITANG, SONGMEN]),
    ],
)
def test_units_are_listed_by_how_far_they_are(scene: Scene, state: str, codes: list[str]) -> None:
    directive = scene.issue(WENLING, SHITANG, SONGMEN, DONGHAI)
    receipts(scene, WENLING, "delivered", scene.mine(duty(WENLING), directive)["id"])
    scene.acknowledge(SHITANG, directive)
    scene.report(DONGHAI, directive, moved=1)
    scene.complete(DONGHAI, directive)
    path = f"/directives/{directive['id']}/assignments"
    seen, cursor = [], None
    with clock.at(clock.now() + timedelta(hours=12)):
        while True:
            query = {"state": state, "limit": 2, **({"cursor": cursor} if cursor else {})}
            part = scene.issuer.get(path, **query)
            seen += [item["unit"]["code"] for item in part["items"]]
            if (cursor := part["next"]) is None:
                break
    assert sorted(seen) == sorted(codes)
