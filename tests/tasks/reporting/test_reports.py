"""Reports over the API: once, explained, frozen, with photos that their readers alone may have."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.messaging.files.conftest import add, announce, content, picture
from tests.tasks.scenes import (
    BOATS,
    DONGHAI,
    HAIMEN,
    MOVED,
    PROVINCE,
    SHITANG,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
    in_hours,
)
from zzd import clock
from zzd.audit.models import AuditEntry

RISKS = [{"key": "landslides", "name": "地质灾害"}, {"key": "others", "name": "其他"}]
FIGURES = [{**MOVED, "max_ratio": 3, "risks": RISKS}, BOATS]
Reporting = Callable[..., Any]


@pytest.fixture
def directive(scene: Scene) -> dict[str, Any]:
    """To 台州市, 温岭市, 石塘镇 and 东海村, which has acknowledged it."""
    made = scene.issue(TAIZHOU, WENLING, SHITANG, DONGHAI, figures=FIGURES)
    scene.acknowledge(DONGHAI, made)
    return made


@pytest.fixture
def report(scene: Scene, directive: dict[str, Any]) -> Reporting:
    """``report(moved=3, text="...")``: what 东海村 says."""

    def send(*, status: int = 201, moved: int | None = 100, **more: Any) -> Any:
        figures = {} if moved is None else {"moved": moved}
        path = f"{scene.path(DONGHAI, directive)}/reports"
        return scene.as_(duty(DONGHAI)).post(path, {"figures": figures, **more}, status=status)

    return send


def test_a_report_says_its_kind_parts_casualties_and_place(
    scene: Scene, directive: dict[str, Any], report: Reporting
) -> None:
    place = {"latitude": 28.36701234567, "longitude": 121.4, "accuracy": 12.5, "name": "东海码头"}
    said = {
        "by_risk": {"moved": {"landslides": 60, "others": 40}},
        "casualties": {"dead": 0, "missing": 1},
        "position": place,
        "kind": "follow_up",
    }
    first = report(**said)
    assert (first["kind"], report(moved=120, casualties={"dead": 0})["kind"]) == (
        "first",
        "follow_up",
    )
    assert first["by_risk"] == said["by_risk"]
    assert first["casualties"] == {"dead": 0, "missing": 1, "injured": None}
    assert first["position"] == place
    shown = scene.as_(duty(WENLING)).get(scene.path(DONGHAI, directive))
    assert [each["position"] for each in shown["reports"]] == [place, None]


def test_ten_sendings_of_one_report_make_one(
    scene: Scene, directive: dict[str, Any], report: Reporting
) -> None:
    body = {"client_id": "queued", "text": "初报", "device_time": in_hours(-2)}
    answers = [
        report(status=201 if no == 0 else 200, device_clock=in_hours(no), **body)
        for no in range(10)
    ]
    assert all(answer == answers[0] for answer in answers)
    assert (
        report(status=409, **{**body, "casualties": {"injured": 1}})["code"]
        == "idempotency_conflict"
    )
    assert len(scene.as_(duty(DONGHAI)).get(scene.path(DONGHAI, directive))["reports"]) == 1


def test_what_a_county_did_offline_comes_in_its_order_once_each_and_with_its_own_times(
    scene: Scene, directive: dict[str, Any]
) -> None:
    """Two hours without a line, then all of it, and all of it again as if no answer had come."""
    county, path = scene.as_(duty(WENLING)), scene.path(WENLING, directive)
    start = clock.now()
    wrote = [(start + timedelta(minutes=each)).isoformat() for each in (20, 80)]
    with clock.at(start + timedelta(hours=2)):
        sends_at = clock.now().isoformat()
        for status in (201, 200):
            county.post(f"{path}/acknowledgement", status=status)
            for no, at in enumerate(wrote):
                body = {"figures": {"moved": 40 + no}, "client_id": f"offline-{no}"}
                body |= {"device_time": at, "device_clock": sends_at}
                county.post(f"{path}/reports", body, status=status)
    shown = county.get(path)
    assert [step["move"] for step in shown["history"]][-3:] == ["acknowledge", "report", "report"]
    assert [each["device_time"] for each in shown["reports"]] == wrote
    assert {each["created_at"] for each in shown["reports"]} == {sends_at}
    assert not any(each["is_skewed"] for each in shown["reports"])
    assert scene.rollup(directive, WENLING)["own"]["figures"]["moved"] == 41


def test_a_wrong_clock_is_marked_and_a_report_that_waited_is_not(report: Reporting) -> None:
    waited = report(device_time=in_hours(-2), device_clock=clock.now().isoformat())
    assert (waited["is_skewed"], abs(waited["skew_seconds"]) < 60) == (False, True)
    wrong = report(device_time=in_hours(-1), device_clock=in_hours(1))
    assert (wrong["is_skewed"], round(wrong["skew_seconds"], -2)) == (True, 3600)
    # A device that says nothing of its clock is taken at its word.
    assert report(device_time=in_hours(-1))["is_skewed"]
    assert (unknown := report())["skew_seconds"] is None
    assert not unknown["is_skewed"]


def test_a_jump_is_taken_in_only_with_an_explanation(
    scene: Scene, directive: dict[str, Any], report: Reporting
) -> None:
    report(moved=100, casualties={"dead": 2})
    problem = report(moved=0, status=409, client_id="queued")
    assert problem["code"] == "explanation_needed"
    assert problem["questions"] == [
        {"reason": "jump", "figure": "moved", "from": 100, "to": 0, "ratio": 3},
        {"reason": "fewer_dead", "figure": "dead", "from": 2, "to": None},
    ]
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 100
    made = report(moved=0, client_id="queued", explanation="已全部返回，死亡人数误报")
    assert made["explanation"] == "已全部返回，死亡人数误报"
    assert [(each["reason"], each["from"], each["to"]) for each in made["asked"]] == [
        ("jump", 100, 0),
        ("fewer_dead", 2, None),
    ]
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 0


def test_a_final_report_freezes_until_a_unit_above_opens_it(
    scene: Scene, directive: dict[str, Any], report: Reporting, session: Session
) -> None:
    path = scene.path(DONGHAI, directive)
    above, own = scene.as_(duty(WENLING)), scene.as_(duty(DONGHAI))
    reopen = {"reason": "与民政数据不符", "client_id": "open"}
    assert above.post(f"{path}/correction", reopen, status=409)["code"] == "report_not_final"
    assert report(kind="final")["kind"] == "final"
    assert report(status=409, text="又及")["code"] == "report_final"
    shown = above.get(path)
    assert (shown["may"]["reopen"], own.get(path)["may"]["report"]) == (True, False)
    # Neither the unit itself nor one elsewhere opens it.
    own.post(f"{path}/correction", reopen, status=403)
    scene.as_(duty(HAIMEN)).post(f"{path}/correction", reopen, status=404)
    scene.complete(DONGHAI, directive)
    above.post(f"{path}/correction", reopen)
    above.post(f"{path}/correction", reopen, status=200)
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 100
    assert own.get(path)["may"]["report"]
    corrected = report(moved=130, client_id="right")
    assert (corrected["kind"], corrected["corrects"]) == ("final", 1)
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 130
    # Late repeats of both change nothing.
    above.post(f"{path}/correction", reopen, status=200)
    report(moved=130, client_id="right", status=200)
    assert report(status=409)["code"] == "report_final"
    history = scene.as_(duty(DONGHAI)).get(path)["history"]
    assert [each["move"] for each in history][-4:] == ["report", "complete", "reopen", "correct"]
    audited = session.scalars(select(AuditEntry).where(AuditEntry.action == "report.reopen"))
    assert "与民政数据不符" in str([each.detail for each in audited])


def test_after_the_final_report_none_is_asked_for(scene: Scene) -> None:
    made = scene.issue(DONGHAI, report_interval_minutes=30)
    scene.acknowledge(DONGHAI, made)
    village, path = scene.as_(duty(DONGHAI)), scene.path(DONGHAI, made)
    for kind, late in (("follow_up", "report"), ("final", None)):
        village.post(f"{path}/reports", {"figures": {"moved": 3}, "kind": kind})
        with clock.at(clock.now() + timedelta(hours=1)):
            assert village.get(path)["overdue"] == late


def test_photos_are_had_by_who_may_see_the_report_and_by_nobody_else(
    scene: Scene, directive: dict[str, Any], report: Reporting
) -> None:
    village = scene.as_(duty(DONGHAI))

    def upload(body: bytes, name: str) -> str:
        file_id: str = announce(village, len(body), name).get_json()["id"]
        # In two pieces, as over a line that broke.
        add(village, file_id, 0, body[:100])
        assert add(village, file_id, 100, body[100:]).status_code == 204
        return file_id

    photo, paper = upload(picture(), "险情.jpg"), upload(b"a list of names" * 20, "名单.txt")
    taken = {
        "file_id": photo,
        "taken_at": in_hours(-1),
        "position": {"latitude": 28, "longitude": 121},
    }
    problem = report(status=422, photos=[{"file_id": paper}])
    assert problem["errors"][0]["pointer"] == "/photos/0"
    above = scene.as_(duty(WENLING))
    assert content(above, photo).status_code == 404
    made = report(moved=None, figures={"moved": 1}, photos=[taken], files=[{"file_id": paper}])
    assert made["photos"][0]["id"] == photo
    assert made["photos"][0]["position"]["latitude"] == 28
    assert made["photos"][0]["taken_at"] is not None
    assert [each["name"] for each in made["files"]] == ["名单.txt"]
    for code in (PROVINCE, TAIZHOU, WENLING, SHITANG, DONGHAI):
        assert content(scene.as_(duty(code)), photo, "?variant=small").status_code == 200, code
    assert content(scene.as_(duty(HAIMEN)), photo).status_code == 404
    assert village.request("DELETE", f"/files/uploads/{photo}").status_code == 409
    # Somebody else's file is not sent along.
    scene.acknowledge(SHITANG, directive)
    body = {"figures": {"moved": 1}, "files": [{"file_id": "999999"}]}
    scene.as_(duty(SHITANG)).post(f"{scene.path(SHITANG, directive)}/reports", body, status=422)


def test_every_sum_opens_down_to_its_reports(scene: Scene, directive: dict[str, Any]) -> None:
    def say(code: str, moved: int, **more: Any) -> None:
        if scene.mine(duty(code), directive)["acknowledged"] is None:
            scene.acknowledge(code, directive)
        body = {"figures": {"moved": moved}, **more}
        scene.as_(duty(code)).post(f"{scene.path(code, directive)}/reports", body)

    say(DONGHAI, 60, by_risk={"moved": {"landslides": 50, "others": 10}}, casualties={"injured": 3})
    # The township's own, outside its villages.
    say(SHITANG, 7, by_risk={"moved": {"landslides": 7}}, casualties={"injured": 1, "dead": 0})
    say(WENLING, 5)
    say(WENLING, 6)
    shown = scene.rollup(directive, WENLING)
    assert shown["total"]["figures"]["moved"] == 73
    assert shown["total"]["by_risk"] == {"moved": {"landslides": 57, "others": 10}}
    assert shown["total"]["casualties"] == {"dead": 0, "missing": None, "injured": 4}
    assert shown["own"]["casualties"]["injured"] is None
    assert shown["total"]["not_reported"] == 0
    path = f"/directives/{directive['id']}/rollup/reports"

    def opened(code: str, **query: Any) -> tuple[list[tuple[str, int]], int | None, int]:
        unit = scene.unit_id(code)
        found = scene.as_(duty(WENLING)).get(path, unit_id=unit, **query)
        parts = [(each["unit"]["code"], each["value"]) for each in found["items"]]
        if found["next"] is None and "cursor" not in query:
            assert sum(value for _, value in parts) == (found["sum"] or 0)
        return parts, found["sum"], found["count"]

    everybody = [(WENLING, 6), (SHITANG, 7), (DONGHAI, 60)]
    assert opened(WENLING, figure="moved") == (everybody, 73, 3)
    assert opened(WENLING, figure="moved", own=True) == (everybody[:1], 6, 1)
    assert opened(SHITANG, figure="moved", risk="landslides") == (
        [(SHITANG, 7), (DONGHAI, 50)],
        57,
        2,
    )
    assert opened(WENLING, casualty="injured") == ([(SHITANG, 1), (DONGHAI, 3)], 4, 2)
    assert opened(WENLING, casualty="missing") == ([], None, 0)
    first = scene.as_(duty(WENLING)).get(path, figure="moved", limit=2)
    rest = scene.as_(duty(WENLING)).get(path, figure="moved", limit=2, cursor=first["next"])
    assert [each["value"] for each in [*first["items"], *rest["items"]]] == [6, 7, 60]
    assert rest["next"] is None
    assert rest["items"][0]["report"]["no"] == 1
    officer = scene.as_(duty(WENLING))
    officer.get(path, figure="moved", unit_id=scene.unit_id(TAIZHOU), status=404)
    officer.get(path, figure="absent", status=422)
    officer.get(path, figure="moved", casualty="dead", status=422)


def test_a_report_and_an_opened_sum_cost_the_same_whatever_the_size(
    scene: Scene, directive: dict[str, Any], report: Reporting, statements: Callable[[], Any]
) -> None:
    report()
    path = f"/directives/{directive['id']}/rollup/reports"
    with statements() as few:
        report(moved=110)
    with statements() as sum_of_one:
        scene.issuer.get(path, figure="moved")
    scene.report(SHITANG, directive, moved=3)
    scene.report(TAIZHOU, directive, moved=3)
    with statements() as many:
        report(moved=111, by_risk={"moved": {"others": 5, "landslides": 5}}, casualties={"dead": 0})
    with statements() as sum_of_three:
        scene.issuer.get(path, figure="moved")
    # The parts are one statement more.
    assert len(many) <= len(few) + 1
    assert len(sum_of_three) == len(sum_of_one)
