"""A stale screen that fetches again on hearing an event is a fresh one, for each event of directives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.conftest import Listening
from tests.hints import Screen
from tests.tasks.drafts.test_drafts import Desk
from tests.tasks.scenes import CANGNAN, ISSUER, PROVINCE, SHITANG, WENZHOU, Scene, duty
from zzd import clock
from zzd.tasks.escalation import steps

Act = Callable[[Scene, Any], object]
REMIND = [{"step": "remind", "after_minutes": 0}]


def issue(scene: Scene, _directive: Any) -> None:
    scene.issue(SHITANG)


def copy(scene: Scene, _directive: Any) -> None:
    scene.issue(SHITANG, copies=[scene.all_below(WENZHOU, levels=[2, 3], role="leader")])


def cancel(scene: Scene, directive: Any) -> None:
    scene.issuer.post(f"/directives/{directive['id']}/cancellation", {"reason": "误发"})


def acknowledge(scene: Scene, directive: Any) -> None:
    scene.acknowledge(SHITANG, directive)


def report(scene: Scene, directive: Any) -> None:
    scene.report(SHITANG, directive, moved=7)


def write_and_countersign(scene: Scene, _directive: Any) -> None:
    desk = Desk(scene)
    desk.act(desk.save(countersign=True), "countersignature", desk.leader)


def fall_late(_scene: Scene, _directive: Any) -> None:
    steps.take_due()


# Of each: who looks at what (with the directive's id in it), and what happens meanwhile.
ACTS: list[tuple[str, str, str, Act]] = [
    ("directive.issued", duty(SHITANG), "/assignments", issue),
    ("directive.copied", f"{CANGNAN}.leader", "/directives?box=copied", copy),
    ("directive.ended", duty(SHITANG), "/assignments?state=open", cancel),
    ("assignment.updated", duty(SHITANG), "/assignments", acknowledge),
    ("rollup.updated", ISSUER, "/directives/{id}/rollup?unit_id={unit}", report),
    ("directive_draft.updated", ISSUER, "/directives/drafts", write_and_countersign),
    ("escalation.fired", duty(SHITANG), "/escalations", fall_late),
]


@pytest.mark.parametrize(("type_", "who", "path", "act"), ACTS, ids=[each[0] for each in ACTS])
def test_what_is_fetched_on_hearing_it_is_what_there_is(
    app: Flask, scene: Scene, listening: Listening, type_: str, who: str, path: str, act: Act
) -> None:
    directive = scene.issue(SHITANG, escalation=REMIND)
    socket, unit = listening(who), scene.unit_id(PROVINCE)
    if type_ == "rollup.updated":
        socket.send("watch", {"directive_id": directive["id"], "unit_id": unit})
    path = path.format(id=directive["id"], unit=unit)
    later = timedelta(hours=7 if act is fall_late else 0)
    with clock.at(clock.now() + later):
        Screen(scene.as_(who), socket, path).check(app, type_, lambda: act(scene, directive))
