"""A newer version takes the place of the one before, with nothing of what was answered to that."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.tasks.scenes import SHITANG, SONGMEN, TAIZHOU, WENLING, Scene, duty, in_hours
from zzd.audit.models import AuditEntry
from zzd.realtime.models import OutboxEntry


def test_acknowledgements_and_reports_of_one_version_do_not_count_for_the_next(
    scene: Scene, session: Session
) -> None:
    first = scene.issue(SHITANG, SONGMEN)
    scene.report(SHITANG, first, moved=7)
    old = scene.path(SHITANG, first)
    body = {"text": "扩大转移范围。", "report_deadline": in_hours(12), "reason": "路径北偏"}
    second = scene.issuer.post(f"/directives/{first['id']}/update", {**body, "client_id": "once"})
    repeated = scene.issuer.post(
        f"/directives/{first['id']}/update", {**body, "client_id": "once"}, status=200
    )
    assert repeated == second
    assert (second["version"], second["supersedes_id"]) == (2, first["id"])
    assert second["audiences"] == first["audiences"]
    assert [change["field"] for change in second["changes"]] == ["text", "report_deadline"]
    assert second["changes"][0]["before"] == first["text"]
    total = scene.rollup(second)["total"]
    assert (total["addressed"], total["acknowledged"], total["reported"]) == (2, 0, 0)
    assert total["figures"]["moved"] is None

    officer = scene.as_(duty(SHITANG))
    shown = officer.get(old)
    assert (shown["state"], shown["overdue"]) == ("superseded", None)
    assert shown["successor_assignment_id"] == scene.mine(duty(SHITANG), second)["id"]
    assert [step["move"] for step in shown["history"]][-1] == "supersede"
    assert not any(shown["may"][name] for name in ("acknowledge", "start", "report", "cascade"))
    assert officer.post(f"{old}/completion", status=409)["code"] == "directive_superseded"
    waiting = officer.get("/assignments", state="open")["items"]
    assert [item["directive"]["id"] for item in waiting] == [second["id"]]

    late = officer.post(f"{old}/reports", {"figures": {"moved": 9}})
    assert late["counted"] is False
    assert scene.rollup(first)["total"]["figures"]["moved"] == 7
    assert scene.rollup(second)["total"]["figures"]["moved"] is None
    assert [report["counted"] for report in officer.get(old)["reports"]] == [True, False]
    session.rollback()
    entries = select(AuditEntry).filter_by(action="directive.issue").order_by(AuditEntry.id)
    audited = session.scalars(entries).all()
    assert audited[-1].detail["supersedes"] == int(first["id"])
    ended = session.scalars(select(OutboxEntry).filter_by(type="directive.ended")).one()
    assert ended.data["kind"] == "supersede"


def test_an_update_says_anew_whom_it_is_for_and_is_made_of_the_latest_version_alone(
    scene: Scene,
) -> None:
    first = scene.issue(SHITANG, SONGMEN)
    update = f"/directives/{first['id']}/update"
    audiences = [{"unit_id": scene.unit_id(SHITANG), "levels": [4]}]
    second = scene.issuer.post(update, {"reason": "缩小范围", "audiences": audiences})
    assert [change["field"] for change in second["changes"]] == ["audiences"]
    gone = scene.as_(duty(SONGMEN)).get(scene.path(SONGMEN, first))
    assert (gone["state"], gone["successor_id"]) == ("superseded", second["id"])
    assert gone["successor_assignment_id"] is None
    again = scene.issuer.post(update, {"reason": "再改"}, status=409)
    assert again["code"] == "directive_superseded"
    more = {
        "escalation": [{"step": "leader", "after_minutes": 30, "working_days": True}],
        "copies": [{"unit_id": scene.unit_id(TAIZHOU), "levels": [2]}],
    }
    said = {"reason": "重发", **more}
    third = scene.issuer.post(f"/directives/{second['id']}/update", said)
    assert [(each["field"], each["after"]) for each in third["changes"]] == [
        ("escalation", ["leader 30 working_days"]),
        ("copies", [third["copies"][0]["text"]]),
    ]
    assert third["version"] == 3
    assert scene.issuer.get(f"/directives/{first['id']}")["successor_id"] == second["id"]
    document = scene.issuer.request("GET", f"/directives/{third['id']}/cap").get_data(True)
    assert "<msgType>Update</msgType>" in document
    for earlier in (first, second):
        assert f"zzd-directive-{earlier['id']}," in document


def test_level_by_level_reaches_the_first_level_and_each_unit_passes_it_on(scene: Scene) -> None:
    directive = scene.issue(audiences=[scene.all_below("33")], way="stepwise")
    assert directive["way"] == "stepwise"
    assert directive["audiences"][0]["levels"] == [2]
    scene.acknowledge(TAIZHOU, directive)
    for more in ({"levels": [4]}, {"unit_ids": [scene.unit_id(SHITANG)]}):
        problem = scene.pass_on(TAIZHOU, directive, status=422, **more)
        assert "level by level" in problem["errors"][0]["detail"]
    narrower = {"unit_ids": [scene.unit_id(WENLING)], "role": "duty_officer"}
    assert scene.pass_on(TAIZHOU, directive, **narrower)["units"] == 1
    county = scene.mine(duty(WENLING), directive)
    assert county["notes"][0]["text"] == f"{TAIZHOU}补充要求"
    # Narrowed to who is on duty: the leader of the county has nothing of it.
    assert scene.as_("331081.leader").get("/assignments")["items"] == []
    scene.acknowledge(WENLING, directive)
    problem = scene.pass_on(WENLING, directive, status=422, role="leader")
    assert problem["errors"][0]["pointer"] == "/role"
    skipping = scene.body(SHITANG, way="stepwise")
    assert scene.issuer.post("/directives", skipping, status=422)["errors"][0]["pointer"] == "/way"
