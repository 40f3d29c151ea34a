"""What an escalation rule may say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tasks.scenes import SHITANG, Scene
from zzd.tasks.escalation import rules

RULE = [
    {"step": "remind", "after_minutes": 0},
    {"step": "deputy", "after_minutes": 10},
    {"step": "leader", "after_minutes": 20, "working_days": True},
    {"step": "parent", "after_minutes": 20},
]


def steps(*described: tuple[str, int] | tuple[str, int, bool]) -> list[dict[str, Any]]:
    names = ("step", "after_minutes", "working_days")
    return [dict(zip(names, each, strict=False)) for each in described]


@pytest.mark.parametrize(
    ("rule", "at_fault"),
    [
        (RULE, []),
        (steps(("parent", 0)), []),
        (steps(("remind", 0), ("remind", 5)), []),
        # Time that stands still on holidays is not compared with time that does not.
        (steps(("remind", 60), ("deputy", 30, True)), []),
        (steps(("leader", 0), ("deputy", 5)), [(1, "step")]),
        (steps(("remind", 10), ("deputy", 9)), [(1, "after_minutes")]),
        (steps(("remind", 10), ("remind", 10)), [(1, "step")]),
        (
            steps(("leader", 9), ("remind", 5), ("deputy", 9)),
            [(1, "step"), (1, "after_minutes"), (2, "step")],
        ),
    ],
)
def test_steps_lead_upwards_and_later(
    rule: list[dict[str, Any]], at_fault: list[tuple[int, str]]
) -> None:
    assert [(index, name) for index, name, _ in rules.faults(rule)] == at_fault


def test_a_directive_keeps_its_rule_and_its_interval(scene: Scene) -> None:
    made = scene.issue(SHITANG, escalation=RULE, report_interval_minutes=60)
    assert made["report_interval_minutes"] == 60
    assert [step["working_days"] for step in made["escalation"]] == [False, False, True, False]
    assert scene.issuer.get(f"/directives/{made['id']}")["escalation"] == made["escalation"]
    plain = scene.issue(SHITANG)
    assert (plain["report_interval_minutes"], plain["escalation"]) == (None, [])


def test_a_key_from_before_there_were_rules_is_still_known(scene: Scene) -> None:
    body = scene.body(SHITANG, client_id="first")
    made = scene.issuer.post("/directives", body)
    body |= {"escalation": [], "report_interval_minutes": None}
    assert scene.issuer.post("/directives", body, status=200)["id"] == made["id"]
    scene.issuer.post("/directives", body | {"escalation": RULE}, status=409)
