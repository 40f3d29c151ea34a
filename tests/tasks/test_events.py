"""Events and the levels they are raised to."""

from __future__ import annotations

import pytest

from tests.tasks.scenes import PROVINCE, SHITANG, TAIZHOU, WENZHOU, Scene, SignedIn, duty

EVENT = {"name": "台风利奇马", "kind": "typhoon", "mode": "actual"}


def test_levels_are_kept_with_who_when_and_why(scene: Scene) -> None:
    path = f"/events/{scene.event['id']}"
    for level in (2, 1):
        scene.issuer.post(f"{path}/levels", {"level": level, "reason": f"改为{level}级"})
    shown = scene.issuer.get(path)
    assert shown["level"] == 1
    assert [entry["level"] for entry in shown["levels"]] == [1, 2, 1]
    assert shown["levels"][1]["reason"] == "改为2级"
    assert shown["levels"][1]["by"]["post_title"] == "值班员"
    assert shown["levels"][1]["by"]["unit_name"] == "浙江省"


def test_a_level_must_change(scene: Scene) -> None:
    path = f"/events/{scene.event['id']}/levels"
    problem = scene.issuer.post(path, {"level": 1, "reason": "再报"}, status=409)
    assert problem["code"] == "level_unchanged"


def test_an_event_may_begin_without_a_level(as_: SignedIn) -> None:
    shown = as_(duty(PROVINCE)).post("/events", EVENT)
    assert shown["level"] is None
    assert shown["levels"] == []


def test_an_event_is_seen_below_and_above_its_unit_and_nowhere_else(as_: SignedIn) -> None:
    event = as_(duty(TAIZHOU)).post("/events", EVENT)
    for code in (PROVINCE, TAIZHOU, SHITANG):
        assert as_(duty(code)).get("/events")["items"][0]["id"] == event["id"]
        as_(duty(code)).get(f"/events/{event['id']}")
    assert as_(duty(WENZHOU)).get("/events")["items"] == []
    as_(duty(WENZHOU)).get(f"/events/{event['id']}", status=404)


def test_only_issuers_over_its_unit_decide_about_an_event(scene: Scene, as_: SignedIn) -> None:
    path = f"/events/{scene.event['id']}"
    raised = {"level": 2, "reason": "风力减弱"}
    # Taizhou's issuer sees the province's event, and is no issuer over the province.
    for username in (duty(TAIZHOU), duty(SHITANG), "33.leader"):
        as_(username).post(f"{path}/levels", raised, status=403)
        as_(username).post(f"{path}/close", status=403)
    own = as_(duty(TAIZHOU)).post("/events", EVENT)
    # The province's issuer is one over Taizhou as well.
    scene.issuer.post(f"/events/{own['id']}/levels", raised)


def test_a_closed_event_takes_no_level_and_no_directive(scene: Scene) -> None:
    path = f"/events/{scene.event['id']}"
    assert scene.issuer.post(f"{path}/close", status=200)["status"] == "closed"
    assert scene.issuer.post(f"{path}/close", status=200)["status"] == "closed"
    problem = scene.issuer.post(f"{path}/levels", {"level": 2, "reason": "结束"}, status=409)
    assert problem["code"] == "event_closed"
    problem = scene.issue(SHITANG, status=422)
    assert problem["errors"][0]["pointer"] == "/event_id"


def test_closing_ends_waiting_and_still_takes_late_answers(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    scene.issuer.post(f"/events/{scene.event['id']}/close", status=200)
    assert scene.issuer.get(f"/directives/{directive['id']}")["status"] == "closed"
    officer = scene.as_(duty(SHITANG))
    assert officer.get("/assignments", state="open")["items"] == []
    (shown,) = officer.get("/assignments", state="closed")["items"]
    possible = {name for name, allowed in shown["may"].items() if allowed}
    assert possible == {"start", "report", "give_back", "proxy"}
    problem = scene.pass_on(SHITANG, directive, status=409)
    assert problem["code"] == "directive_closed"
    scene.report(SHITANG, directive, moved=5)
    assert scene.rollup(directive)["total"]["figures"]["moved"] == 5


@pytest.mark.parametrize(("wanted", "found"), [("actual", 1), ("exercise", 1), (None, 2)])
def test_actual_events_and_exercises_are_listed_apart(
    as_: SignedIn, wanted: str | None, found: int
) -> None:
    for mode in ("actual", "exercise"):
        as_(duty(PROVINCE)).post("/events", {**EVENT, "mode": mode})
    query = {"mode": wanted} if wanted else {}
    items = as_(duty(PROVINCE)).get("/events", **query)["items"]
    assert len(items) == found
    assert {item["mode"] for item in items} <= {wanted or "actual", wanted or "exercise"}


def test_events_are_paged(as_: SignedIn) -> None:
    issuer = as_(duty(PROVINCE))
    made = [issuer.post("/events", EVENT)["id"] for _ in range(3)]
    first = issuer.get("/events", limit=2)
    assert [item["id"] for item in first["items"]] == made[:0:-1]
    rest = issuer.get("/events", limit=2, cursor=first["next"])
    assert [item["id"] for item in rest["items"]] == made[:1]
    assert rest["next"] is None


def test_a_repeated_level_change_is_one_entry(scene: Scene) -> None:
    path = f"/events/{scene.event['id']}/levels"
    body = {"level": 2, "reason": "风力减弱", "client_id": "once"}
    scene.issuer.post(path, body)
    again = scene.issuer.post(path, body, status=200)
    assert [entry["level"] for entry in again["levels"]] == [1, 2]
    scene.issuer.post(path, {**body, "level": 3}, status=409)
