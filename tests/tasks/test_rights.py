"""Who may do what: every endpoint, every kind of caller; refusals are audited."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import Listening
from tests.tasks.scenes import (
    DONGHAI,
    JIAOJIANG,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    duty,
    in_hours,
)
from zzd.audit.models import AuditEntry

CALLERS = {
    "the issuer": "33.duty_officer",
    "the issuer's colleague": "33.leader",
    "the addressed unit": duty(SHITANG),
    "the county above": duty(WENLING),
    "the city above": duty(TAIZHOU),
    "a village below": duty(DONGHAI),
    "a sister township": duty(SONGMEN),
    "another county": duty(JIAOJIANG),
    "another city": duty(WENZHOU),
    "an app developer": "app_developer",
    "a system administrator": "system_admin",
}
NO_OFFICIALS = dict.fromkeys(("an app developer", "a system administrator"), 403)
STRANGERS = dict.fromkeys(("a sister township", "another county", "another city"), 404)
SEE_THE_UNIT = {**STRANGERS, **NO_OFFICIALS, "a village below": 404}
ACT_FOR_THE_UNIT = {
    **SEE_THE_UNIT,
    "the issuer": 403,
    "the issuer's colleague": 403,
    "the county above": 403,
    "the city above": 403,
}
# A proxy is anybody of the unit or of a unit above it: whoever sees the assignment.
ACT_AS_PROXY = SEE_THE_UNIT
END_IT = {
    **STRANGERS,
    **NO_OFFICIALS,
    **dict.fromkeys(
        (
            "the issuer's colleague",
            "the addressed unit",
            "the county above",
            "the city above",
            "a village below",
        ),
        403,
    ),
}
# What each caller is answered; whoever is not named may.
GETS: dict[str, dict[str, int]] = {
    "/directives/{directive}": {**STRANGERS, **NO_OFFICIALS},
    "/directives/{directive}/rollup?unit_id={shitang}": SEE_THE_UNIT,
    "/directives/{directive}/assignments?unit_id={shitang}": SEE_THE_UNIT,
    "/directives/{directive}/rollup?unit_id={taizhou}": {
        **SEE_THE_UNIT,
        "the addressed unit": 404,
        "the county above": 404,
    },
    "/assignments/{assignment}": SEE_THE_UNIT,
    "/directives": NO_OFFICIALS,
    "/assignments": NO_OFFICIALS,
    "/events": NO_OFFICIALS,
    "/events/{event}": NO_OFFICIALS,
}
ISSUERS_ONLY = {
    **{caller: 403 for caller in CALLERS if caller not in ("the issuer", "the city above")},
}
POSTS: dict[str, tuple[Any, dict[str, int]]] = {
    "/assignments/{assignment}/acknowledgement": ({}, ACT_FOR_THE_UNIT),
    "/assignments/{assignment}/reports": ({"figures": {"moved": 1}}, ACT_FOR_THE_UNIT),
    "/assignments/{assignment}/cascade": ({"note": "请落实", "ack_deadline": 1}, ACT_FOR_THE_UNIT),
    "/assignments/{assignment}/completion": ({}, ACT_FOR_THE_UNIT),
    "/assignments/{assignment}/start": ({"proxy_reason": "无智能手机"}, ACT_AS_PROXY),
    "/assignments/{assignment}/return": ({"reason": "不属本镇"}, ACT_FOR_THE_UNIT),
    "/assignments/{assignment}/transfer": (
        {"unit_id": "{songmen}", "reason": "属地在该处"},
        # The issuer's unit is the one that it came from.
        {**SEE_THE_UNIT, "the county above": 403, "the city above": 403},
    ),
    "/directives/{directive}/update": ({"reason": "路径北偏", "client_id": "once"}, END_IT),
    "/directives/{directive}/cancellation": ({"reason": "误发"}, END_IT),
    "/directives/{directive}/all-clear": (
        {"reason": "风已过", "unit_id": "{shitang}"},
        # An issuer of the city, whose grant covers the township, may as well.
        {
            **SEE_THE_UNIT,
            "the issuer's colleague": 403,
            "the addressed unit": 403,
            "the county above": 403,
        },
    ),
    "/assignments/receipts": (
        {"assignment_ids": ["{assignment}"], "kind": "read"},
        ACT_FOR_THE_UNIT,
    ),
    "/events": ({"name": "台风", "kind": "typhoon", "mode": "actual"}, ISSUERS_ONLY),
    "/events/{event}/levels": (
        {"level": 3, "reason": "减弱"},
        {**ISSUERS_ONLY, "the city above": 403},
    ),
    "/events/{event}/close": ({}, {**ISSUERS_ONLY, "the city above": 403}),
    "/events/{event}/all-clear": ({"reason": "结束"}, {**ISSUERS_ONLY, "the city above": 403}),
    "/directives": ("issue", ISSUERS_ONLY),
}


class Names:
    """What the templates above stand for."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.directive = scene.issue(SHITANG, DONGHAI)
        self.names = {
            "directive": self.directive["id"],
            "assignment": scene.mine(duty(SHITANG), self.directive)["id"],
            "event": scene.event["id"],
            "shitang": scene.unit_id(SHITANG),
            "songmen": scene.unit_id(SONGMEN),
            "taizhou": scene.unit_id(TAIZHOU),
        }

    def fill(self, template: str) -> str:
        return template.format(**self.names)

    def body(self, template: Any) -> Any:
        if template == "issue":
            return self.scene.body(SHITANG)
        body = dict(template)
        if "ack_deadline" in body:
            body["ack_deadline"] = in_hours(body["ack_deadline"])
        if "unit_id" in body:
            body["unit_id"] = self.fill(body["unit_id"])
        if "assignment_ids" in body:
            body["assignment_ids"] = [self.names["assignment"]]
        return body


def denied(session: Session) -> int:
    session.rollback()
    return len(session.scalars(select(AuditEntry.id).filter_by(outcome="denied")).all())


@pytest.mark.parametrize("template", GETS)
def test_what_may_not_be_seen_does_not_exist(scene: Scene, session: Session, template: str) -> None:
    names = Names(scene)
    for caller, username in CALLERS.items():
        before = denied(session)
        expected = GETS[template].get(caller, 200)
        answer = scene.as_(username).request("GET", names.fill(template))
        assert answer.status_code == expected, (caller, template, answer.get_data(True))
        assert denied(session) - before == (expected != 200), (caller, template)


@pytest.mark.parametrize("template", POSTS)
def test_whoever_sees_but_may_not_act_is_told_so(
    scene: Scene, session: Session, template: str
) -> None:
    names = Names(scene)
    if template.startswith("/assignments/{"):
        scene.acknowledge(SHITANG, names.directive)
    if template.endswith("completion"):
        scene.report(SHITANG, names.directive, moved=1)
        scene.report(DONGHAI, names.directive, moved=1)
        scene.complete(DONGHAI, names.directive)
    body, answers = POSTS[template]
    for caller, username in sorted(CALLERS.items(), key=lambda item: item[0] == "the issuer"):
        before = denied(session)
        expected = answers.get(caller)
        answer = scene.as_(username).request("POST", names.fill(template), json=names.body(body))
        if expected is None:
            assert answer.status_code in (200, 201), (caller, template, answer.get_data(True))
        else:
            assert answer.status_code == expected, (caller, template, answer.get_data(True))
            code = {403: "not_permitted", 404: "not_found"}[expected]
            assert answer.get_json()["code"] == code
        assert denied(session) - before == (expected is not None), (caller, template)


@pytest.mark.parametrize("template", [*GETS, *POSTS])
def test_nobody_comes_in_without_signing_in(anonymous: ApiClient, template: str) -> None:
    method = "GET" if template in GETS else "POST"
    path = template.replace("{", "").replace("}", "")
    numbered = "/".join(
        part if not part.isalpha() or part in WORDS else "1" for part in path.split("/")
    )
    assert anonymous.request(method, numbered, json={}).status_code == 401


WORDS = {
    "directives",
    "assignments",
    "events",
    "acknowledgement",
    "reports",
    "cascade",
    "completion",
    "receipts",
    "levels",
    "close",
    "start",
    "return",
    "transfer",
    "update",
    "cancellation",
    "all-clear",
    "rollup",
}


def test_absent_and_hidden_answer_alike(scene: Scene) -> None:
    names = Names(scene)
    stranger = scene.as_(duty(JIAOJIANG))
    for template in ("/directives/{directive}", "/assignments/{assignment}"):
        hidden = stranger.get(names.fill(template), status=404)
        absent = stranger.get(template[: template.index("{")] + "999999", status=404)
        assert {**hidden, "instance": ""} == {**absent, "instance": ""}


def test_another_countys_roll_up_is_not_watched(
    scene: Scene, session: Session, listening: Listening
) -> None:
    names = Names(scene)
    place = {"directive_id": names.names["directive"], "unit_id": names.names["shitang"]}
    stranger = listening(duty(JIAOJIANG))
    before = denied(session)
    assert stranger.send("watch", place)["code"] == "not_found"
    assert denied(session) == before + 1
    county = listening(duty(WENLING))
    assert county.send("watch", place) == {"ok": True}
    scene.acknowledge(SHITANG, names.directive)
    (heard,) = county.hear("rollup.updated")
    assert heard["directive_id"] == place["directive_id"]
    assert place["unit_id"] in heard["unit_ids"]
    assert stranger.hear() == []
    assert county.send("unwatch", place) == {"ok": True}
    scene.report(SHITANG, names.directive, moved=3)
    assert county.hear("rollup.updated") == []


@pytest.mark.parametrize(
    "data", [None, {}, {"directive_id": 1}, {"directive_id": "1", "unit_id": "x"}, [1], "x"]
)
def test_a_malformed_watch_is_a_problem(scene: Scene, listening: Listening, data: Any) -> None:
    assert listening(duty(SHITANG)).send("watch", data)["code"] == "invalid"


def test_those_addressed_hear_of_it_and_of_their_units_moves(
    scene: Scene, listening: Listening
) -> None:
    officer, leader = listening(duty(SHITANG)), listening("331081100.leader")
    stranger, issuer = listening(duty(SONGMEN)), listening("33.duty_officer")
    directive = scene.issue(audiences=[scene.all_below(SHITANG, levels=[4], line="flood_control")])
    (heard,) = officer.hear("directive.issued")
    assert heard["directive_id"] == directive["id"]
    assert leader.hear("directive.issued") == stranger.hear("directive.issued") == []
    shown = scene.acknowledge(SHITANG, directive)
    for listener in (officer, issuer):
        (heard,) = listener.hear("assignment.updated")
        assert heard == {
            "assignment_id": shown["id"],
            "directive_id": directive["id"],
            "unit_id": scene.unit_id(SHITANG),
            "state": "acknowledged",
            "mode": "actual",
        }
    assert stranger.hear() == []


def test_sync_says_what_waits(scene: Scene) -> None:
    officer = scene.as_(duty(SHITANG))
    none = {"open": 0, "overdue": 0}
    assert officer.get("/sync")["assignments"] == {**none, "exercise": none}
    done = scene.issue(SHITANG, figures=[])
    scene.acknowledge(SHITANG, done)
    scene.complete(SHITANG, done)
    scene.issue(SHITANG)
    scene.issue(audiences=[scene.all_below(SHITANG, levels=[4], line="health")])
    assert officer.get("/sync")["assignments"] == {"open": 1, "overdue": 0, "exercise": none}
