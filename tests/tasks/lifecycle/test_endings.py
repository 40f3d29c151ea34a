"""Cancelled in flight, and all clear."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tasks.scenes import (
    DONGHAI,
    HAIMEN,
    JIAOJIANG,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
)
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.tasks.lifecycle.rescues import Word, lines_of, still_open


def waiting(scene: Scene, code: str) -> list[str]:
    items = scene.as_(duty(code)).get("/assignments", state="open")["items"]
    return [item["state"] for item in items]


def test_an_end_is_in_the_history_whatever_the_clocks_of_two_processes_say(scene: Scene) -> None:
    """One that is an hour ahead issues; the other ends a branch, and then all of it."""
    with clock.at(clock.now() + timedelta(hours=1)):
        directive = scene.issue(SHITANG, HAIMEN)
        scene.acknowledge(SHITANG, directive)
    path = f"/directives/{directive['id']}"
    branch = {"reason": "风已过", "unit_id": scene.unit_id(WENLING)}
    scene.issuer.post(f"{path}/all-clear", branch)
    scene.issuer.post(f"{path}/cancellation", {"reason": "误发"})
    for code, moves in (
        (SHITANG, ["issue", "acknowledge", "clear", "cancel"]),
        (HAIMEN, ["issue", "cancel"]),
    ):
        shown = scene.issuer.get(scene.path(code, directive))
        assert shown["state"] == "cancelled"
        assert sorted(step["move"] for step in shown["history"]) == sorted(moves)
    with clock.at(clock.now() + timedelta(hours=9)):
        review = scene.issuer.get(f"{path}/review")
        assert review["total"][-1]["counts"][review["counts"].index("overdue")] == 0


def test_who_had_a_directive_acknowledges_its_cancel_and_nobody_else_sees_it_active(
    scene: Scene,
) -> None:
    directive = scene.issue(SHITANG, SONGMEN, HAIMEN)
    scene.acknowledge(SHITANG, directive)
    receipt = {"assignment_ids": [scene.mine(duty(HAIMEN), directive)["id"]], "kind": "delivered"}
    scene.as_(duty(HAIMEN)).post("/assignments/receipts", receipt, status=200)
    path = f"/directives/{directive['id']}/cancellation"
    cancelled = scene.issuer.post(path, {"reason": "误发"})
    assert (cancelled["status"], cancelled["endings"][0]["reason"]) == ("cancelled", "误发")
    assert scene.issuer.post(path, {"reason": "别的"}, status=200) == cancelled

    assert waiting(scene, SHITANG) == waiting(scene, HAIMEN) == ["cancelled"]
    assert waiting(scene, SONGMEN) == []
    songmen = scene.mine(duty(SONGMEN), directive)
    assert (songmen["state"], songmen["may"]["stand_down"]) == ("cancelled", False)
    # A client that was away notes it as read all the same: nothing is written.
    late = {"assignment_ids": [songmen["id"]], "kind": "read"}
    answered = scene.as_(duty(SONGMEN)).post("/assignments/receipts", late, status=200)
    assert answered["items"][0]["state"] == "cancelled"
    total = scene.rollup(directive)["total"]
    assert (total["delivered"], total["stood_down"], total["overdue"]) == (2, 0, 0)
    list_path = f"/directives/{directive['id']}/assignments"
    asked = scene.issuer.get(list_path, state="not_stood_down")["items"]
    assert {item["unit"]["code"] for item in asked} == {SHITANG, HAIMEN}

    officer, own = scene.as_(duty(SHITANG)), scene.path(SHITANG, directive)
    assert officer.post(f"{own}/acknowledgement", status=409)["code"] == "directive_cancelled"
    assert officer.post(f"{own}/reports", {"figures": {"moved": 3}})["counted"] is False
    assert officer.post(f"{own}/cancellation-acknowledgement")["stood_down_at"]
    officer.post(f"{own}/cancellation-acknowledgement", status=200)
    # Nothing was begun where it was not delivered.
    path = f"{scene.path(SONGMEN, directive)}/cancellation-acknowledgement"
    assert scene.as_(duty(SONGMEN)).post(path, status=200)["stood_down_at"] is None
    assert waiting(scene, SHITANG) == []
    total = scene.rollup(directive)["total"]
    assert (total["stood_down"], total["reported"], total["figures"]["moved"]) == (1, 0, None)
    history = [step["move"] for step in officer.get(own)["history"]]
    assert history == ["issue", "acknowledge", "cancel", "late_report", "stand_down"]
    document = scene.issuer.request("GET", f"/directives/{directive['id']}/cap").get_data(True)
    assert "<msgType>Cancel</msgType>" in document
    assert f"zzd-directive-{directive['id']}," in document
    assert "误发" in document


def test_open_rescues_hold_up_the_all_clear_of_their_branch(scene: Scene, session: Session) -> None:
    directive = scene.issue(audiences=[scene.all_below(TAIZHOU, levels=[3, 4, 5])])
    scene.acknowledge(DONGHAI, directive)
    village, own = scene.as_(duty(DONGHAI)), scene.path(DONGHAI, directive)
    village.post(f"{own}/reports", {"figures": {"moved": 3}, "rescue_open": True})
    assert village.post(f"{own}/completion", status=409)["code"] == "rescues_open"
    path = f"/directives/{directive['id']}/all-clear"
    branch = {"unit_id": scene.unit_id(WENLING), "reason": "风已过"}
    city = scene.as_(duty(TAIZHOU))
    problem = city.post(path, branch, status=409)
    assert (problem["code"], problem["count"]) == ("rescues_open", 1)
    assert problem["units"][0]["name"] == "东海村"
    may = city.get(f"/directives/{directive['id']}")["may"]
    assert (may["all_clear"], may["clear_branch"]) == (False, True)
    assert village.get(f"/directives/{directive['id']}")["may"]["clear_branch"] is False
    # 海门 is in another branch, where nobody is being rescued.
    city.post(path, {"unit_id": scene.unit_id(HAIMEN), "reason": "风已过"})
    assert waiting(scene, HAIMEN) == []
    assert waiting(scene, SHITANG) == ["issued"]

    cleared = city.post(path, {**branch, "override_reason": "已移交消防"})
    assert cleared["status"] == "open"
    assert (cleared["endings"][-1]["rescues"], cleared["endings"][-1]["override_reason"]) == (
        1,
        "已移交消防",
    )
    assert city.post(path, {**branch, "override_reason": "已移交消防"}, status=200) == cleared
    assert waiting(scene, SHITANG) == waiting(scene, DONGHAI) == []
    # What was cleared does not keep those above from completing; what was not does.
    scene.acknowledge(WENLING, directive)
    county, of_county = scene.as_(duty(WENLING)), scene.path(WENLING, directive)
    county.post(f"{of_county}/reports", {"figures": {"moved": 0}})
    county.post(f"{of_county}/completion")
    # Answers are still taken in, and counted.
    assert village.post(f"{own}/reports", {"figures": {"moved": 5}})["counted"] is True
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 5
    assert [step["move"] for step in village.get(own)["history"]][-2:] == ["clear", "report"]
    scene.acknowledge(SHITANG, directive)
    assert scene.mine(duty(SHITANG), directive)["may"]["cascade"] is False
    assert scene.pass_on(SHITANG, directive, status=409)["code"] == "directive_closed"
    session.rollback()
    entries = select(AuditEntry).filter_by(action="directive.all_clear").order_by(AuditEntry.id)
    entry = session.scalars(entries).all()[-1]
    assert (entry.detail["rescues"], entry.detail["overridden"]) == (1, "已移交消防")


def test_a_newer_version_and_a_cancel_forget_no_rescue(scene: Scene) -> None:
    first = scene.issue(DONGHAI, SHITANG)
    village, own = scene.as_(duty(DONGHAI)), scene.path(DONGHAI, first)
    scene.acknowledge(DONGHAI, first)
    village.post(f"{own}/reports", {"figures": {"moved": 3}, "rescue_open": True})
    # It is no longer addressed; one version more, and it is.
    narrower = [{"unit_id": scene.unit_id(SHITANG), "levels": [4]}]
    update = {"reason": "缩小范围", "audiences": narrower}
    second = scene.issuer.post(f"/directives/{first['id']}/update", update)
    wider = [{"unit_id": scene.unit_id(SHITANG), "levels": [4, 5]}]
    update = {"reason": "扩大范围", "audiences": wider, "figures": []}
    third = scene.issuer.post(f"/directives/{second['id']}/update", update)
    reason, path = {"reason": "风已过"}, f"/directives/{third['id']}"
    for branch in ({}, {"unit_id": scene.unit_id(WENLING)}):
        problem = scene.issuer.post(f"{path}/all-clear", {**reason, **branch}, status=409)
        assert (problem["code"], problem["count"]) == ("rescues_open", 1)
        assert problem["units"][0] == {
            "id": scene.unit_id(DONGHAI),
            "name": "东海村",
            "directive_id": first["id"],
            "title": first["title"],
        }
    scene.issuer.post(f"{path}/all-clear", {**reason, "unit_id": scene.unit_id(HAIMEN)})
    scene.acknowledge(DONGHAI, third)
    done = village.post(f"{scene.path(DONGHAI, third)}/completion", status=409)
    assert done["code"] == "rescues_open"

    scene.issuer.post(f"{path}/cancellation", {"reason": "误发"})
    event = f"/events/{scene.event['id']}/all-clear"
    assert scene.issuer.post(event, reason, status=409)["count"] == 1
    # However late: what a unit says last is so.
    village.post(f"{own}/reports", {"figures": {"moved": 3}, "rescue_open": False})
    assert scene.issuer.post(event, reason, status=200)["status"] == "closed"


def test_of_the_words_of_each_unit_the_last_one_counts() -> None:
    lines = lines_of([(5, 3), (3, 1), (1, None), (2, None), (4, 2)])
    assert lines == {1: 1, 3: 1, 5: 1, 2: 2, 4: 2}
    start = datetime(2019, 8, 9, tzinfo=UTC)

    def word(unit_id: int, directive_id: int, hour: int, rescue_open: bool) -> Word:
        at = start + timedelta(hours=hour)
        return Word(unit_id, lines[directive_id], directive_id, at, rescue_open)

    said = [
        *(word(1, 5, 2, False), word(1, 1, 3, True)),
        *(word(2, 3, 2, False), word(2, 1, 1, True)),
        *(word(3, 4, 1, True), word(3, 5, 2, False)),
        *(word(4, 1, 1, True), word(4, 1, 1, False)),
    ]
    assert {(each.unit_id, each.line) for each in still_open(said)} == {(1, 1), (3, 2)}


def test_nothing_is_passed_on_or_handed_over_into_a_branch_that_is_over(scene: Scene) -> None:
    directive = scene.issue(TAIZHOU, HAIMEN, SONGMEN)
    scene.acknowledge(TAIZHOU, directive)
    over = {"unit_id": scene.unit_id(WENLING), "reason": "风已过"}
    scene.issuer.post(f"/directives/{directive['id']}/all-clear", over)
    assert scene.mine(duty(SONGMEN), directive)["may"]["transfer"] is False
    given = {"unit_id": scene.unit_id(SHITANG), "reason": "属地"}
    closed = scene.as_(duty(SONGMEN)).post(
        f"{scene.path(SONGMEN, directive)}/transfer", given, status=409
    )
    assert closed["code"] == "directive_closed"
    path = f"{scene.path(HAIMEN, directive)}/transfer"
    problem = scene.as_(duty(HAIMEN)).post(path, given, status=422)
    assert problem["errors"][0]["pointer"] == "/unit_id"
    picked = [scene.unit_id(code) for code in (SHITANG, JIAOJIANG)]
    problem = scene.pass_on(TAIZHOU, directive, unit_ids=picked, status=422)
    assert "石塘镇" in problem["errors"][0]["detail"]
    # Below 椒江 alone: 海门 had it already.
    assert scene.pass_on(TAIZHOU, directive, levels=[3, 4, 5])["units"] == 2
    assert waiting(scene, SHITANG) == waiting(scene, WENLING) == []
    assert waiting(scene, JIAOJIANG) == ["issued"]


def test_all_clear_of_an_event_ends_its_directives_and_no_exercise(scene: Scene) -> None:
    drill = Scene(scene.as_, scene.unit_id, mode="exercise")
    directive, exercise = scene.issue(SHITANG), drill.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    own = scene.path(SHITANG, directive)
    officer = scene.as_(duty(SHITANG))
    officer.post(f"{own}/reports", {"figures": {"moved": 1}, "rescue_open": True})
    path = f"/events/{scene.event['id']}"
    reason = {"reason": "响应结束"}
    assert scene.issuer.post(f"{path}/close", status=409)["code"] == "rescues_open"
    assert scene.issuer.post(f"{path}/all-clear", reason, status=409)["count"] == 1
    officer.post(f"{own}/reports", {"figures": {"moved": 1}, "rescue_open": False})
    assert scene.issuer.post(f"{path}/all-clear", reason, status=200)["status"] == "closed"
    assert scene.issuer.get(f"/directives/{directive['id']}")["status"] == "closed"
    assert scene.issuer.get(f"/directives/{exercise['id']}")["status"] == "open"
    problem = scene.issuer.post(f"/directives/{directive['id']}/cancellation", reason, status=409)
    assert problem["code"] == "directive_closed"
