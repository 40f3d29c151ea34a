"""Urging by hand: who may, whom it reaches, and that it stays in the history."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tasks.escalation.conftest import DEADLINE, Issue, at, work
from tests.tasks.scenes import CANGNAN, DONGHAI, HAILI, SHITANG, SONGMEN, WENLING, Scene, duty


def urge(scene: Scene, by: str, directive: dict[str, Any], status: int = 201, **body: Any) -> Any:
    return scene.as_(by).post(f"/directives/{directive['id']}/urges", body, status=status)


def test_units_are_urged_by_a_ding_and_see_it_at_the_head_of_their_list(
    scene: Scene, issue: Issue
) -> None:
    directive = issue(SHITANG, SONGMEN, HAILI, escalation=[])
    with at(DEADLINE + 1):
        rows = scene.issuer.get(f"/directives/{directive['id']}/assignments")["items"]
        ids = {row["unit"]["code"]: row["id"] for row in rows}
        body = {"assignment_ids": [ids[SHITANG], ids[HAILI]], "client_id": "once"}
        made = urge(scene, duty(WENLING), directive, **body)
        # 海利村 has nobody: 石塘镇's duty officer, above it, is told of it.
        assert (made["units"], made["unreached"]) == (2, 0)
        again = urge(scene, duty(WENLING), directive, status=200, **body)
        assert again["id"] == made["id"]
        urge(scene, duty(WENLING), directive, status=409, **{**body, "text": "快"})
        (ding,) = scene.as_(duty(SHITANG)).get("/dings", box="received")["items"]
        assert ding["id"] == made["ding_id"]
        assert "催办" in ding["text"]
        assert "签收" in ding["text"]
        assert scene.as_(duty(SONGMEN)).get("/dings", box="received")["items"] == []
        (step,) = scene.as_(duty(SHITANG)).get(scene.path(SHITANG, directive))["escalations"]
        assert (step["step"], step["by"]["unit_name"]) == ("urge", "温岭市")
        told = scene.as_(duty(SHITANG)).get("/escalations")["items"]
        assert {item["assignment"]["unit"]["code"] for item in told} == {SHITANG, HAILI}
        # It is no escalation, which comes by itself.
        assert scene.rollup(directive)["total"]["escalated"] == 0


def test_steps_and_urging_are_numbered_as_they_came(scene: Scene, issue: Issue) -> None:
    directive = issue(SHITANG)
    work(DEADLINE)
    with at(DEADLINE + 5):
        picked = [scene.mine(duty(SHITANG), directive)["id"]]
        urge(scene, duty(WENLING), directive, assignment_ids=picked, text="请马上签收")
    work(DEADLINE + 10)
    with at(DEADLINE + 11):
        shown = scene.as_(duty(SHITANG)).get(scene.path(SHITANG, directive))["escalations"]
        assert [(each["no"], each["step"]) for each in shown] == [
            (1, "remind"),
            (2, "urge"),
            (3, "deputy"),
        ]


@pytest.mark.parametrize(
    ("by", "status"),
    [(duty(SHITANG), 403), (duty(DONGHAI), 404), (duty(CANGNAN), 404), (duty(WENLING), 201)],
)
def test_a_unit_is_urged_by_those_above_it(
    scene: Scene, issue: Issue, by: str, status: int
) -> None:
    directive = issue(SHITANG)
    with at(DEADLINE + 1):
        picked = [scene.mine(duty(SHITANG), directive)["id"]]
        body = {"assignment_ids": picked}
        urge(scene, by, directive, status=status, **body)


def test_an_exercise_is_urged_as_one(as_: Any, unit_id: Any) -> None:
    scene = Scene(as_, unit_id, mode="exercise")
    directive = scene.issue(SHITANG)
    picked = [scene.mine(duty(SHITANG), directive)["id"]]
    urge(scene, duty(WENLING), directive, assignment_ids=picked, text="请签收")
    (ding,) = scene.as_(duty(SHITANG)).get("/dings", box="received")["items"]
    assert ding["text"] == "【演练】请签收"
