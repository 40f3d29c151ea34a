"""Actual and Exercise: never in one number, never without a sign."""

from __future__ import annotations

from datetime import timedelta

from tests.tasks.scenes import SHITANG, SONGMEN, Scene, duty
from zzd import clock


def test_what_waits_is_counted_apart_and_listed_by_mode(scene: Scene) -> None:
    exercise = scene.issuer.post("/events", {"name": "演练", "kind": "typhoon", "mode": "exercise"})
    officer = scene.as_(duty(SHITANG))
    drill = scene.issue(SHITANG, SONGMEN, event_id=exercise["id"])
    none = {"open": 0, "overdue": 0}
    one = {"open": 1, "overdue": 0}
    assert officer.get("/sync")["assignments"] == {**none, "exercise": one}
    actual = scene.issue(SHITANG)
    with clock.at(clock.now() + timedelta(hours=7)):
        late = {"open": 1, "overdue": 1}
        assert officer.get("/sync")["assignments"] == {**late, "exercise": late}
    scene.acknowledge(SHITANG, drill)
    scene.report(SHITANG, drill, moved=1)
    scene.complete(SHITANG, drill)
    assert officer.get("/sync")["assignments"] == {**one, "exercise": none}
    for mode, directive in (("actual", actual), ("exercise", drill)):
        (item,) = officer.get("/assignments", mode=mode)["items"]
        assert item["directive"]["id"] == directive["id"]
        assert item["directive"]["event"]["mode"] == mode
