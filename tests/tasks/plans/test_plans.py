"""Plans: versions that are kept, and a change of level in one act."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.tasks.cap.documents import document
from tests.tasks.scenes import CANGNAN, DONGHAI, SHITANG, TAIZHOU, WENLING, Scene, duty
from zzd.tasks import directives
from zzd.tasks.drafts.models import Draft
from zzd.tasks.models import Directive, EventLevel

LEADER = "33.leader"


class Response:
    """The province's example plan, in an event at no level yet."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.issuer = scene, scene.issuer
        (example,) = self.issuer.get("/plans/examples")["items"]
        self.plan = self.issuer.post("/plans", example)
        self.event = self.declare("actual")

    def declare(self, mode: str) -> dict[str, Any]:
        body = {"name": "台风利奇马", "kind": "typhoon", "mode": mode}
        made: dict[str, Any] = self.issuer.post("/events", body)
        return made

    def propose(self, level: int, event: Any = None, by: Any = None) -> dict[str, Any]:
        path = f"/events/{(event or self.event)['id']}/proposal"
        shown: dict[str, Any] = (by or self.issuer).get(path, level=level)
        return shown

    def body(self, proposal: dict[str, Any], **do: str) -> dict[str, Any]:
        return {
            "level": proposal["level"],
            "reason": "台风逼近",
            "plan_id": proposal["plan"]["id"],
            "plan_no": proposal["plan"]["no"],
            "items": [
                {
                    "key": item["key"],
                    "do": do.get(item["key"], item["action"]),
                    "content": item["content"] if item["action"] in ("issue", "replace") else None,
                }
                for item in proposal["items"]
            ],
            "client_id": f"level-{proposal['level']}",
        }

    def go(
        self, level: int, *, status: int = 201, event: Any = None, **more: Any
    ) -> dict[str, Any]:
        body = {**self.body(self.propose(level, event)), **more}
        path = f"/events/{(event or self.event)['id']}/responses"
        done: dict[str, Any] = self.issuer.post(path, body, status=status)
        return done

    def open_titles(self, event: Any = None) -> set[str]:
        issued = self.issuer.get("/directives", box="issued", limit=200)["items"]
        wanted = (event or self.event)["id"]
        return {
            each["title"]
            for each in issued
            if each["status"] == "open" and each["event"]["id"] == wanted
        }


@pytest.fixture
def response(scene: Scene) -> Response:
    return Response(scene)


def did(done: dict[str, Any]) -> dict[str, list[str]]:
    return {
        name: [item["key"] for item in items] for name, items in done["outcome"].items() if items
    }


def test_going_up_and_down_issues_and_ends_what_the_plan_wants(response: Response) -> None:
    done = response.go(4)
    assert done["event"]["level"] == 4
    assert did(done) == {"issued": ["duty", "inspection"]}
    (first,) = done["outcome"]["issued"][0]["directive_ids"]
    directive = response.issuer.get(f"/directives/{first}")
    assert directive["plan"] == {
        "id": response.plan["id"],
        "no": 1,
        "name": response.plan["name"],
        "level": 4,
        "key": "duty",
    }
    assert directive["audiences"][0]["text"] == "浙江省以下 市、县 防汛条线"
    assert directive["report_interval_minutes"] == 720
    assert [step["step"] for step in directive["escalation"]] == ["remind", "leader"]
    done = response.go(2)
    assert did(done) == {
        "issued": ["boats", "reservoirs", "evacuation", "closures"],
        "replaced": ["duty", "inspection"],
    }
    assert response.issuer.get(f"/directives/{first}")["status"] == "superseded"
    (second,) = next(
        each["directive_ids"] for each in done["outcome"]["replaced"] if each["key"] == "duty"
    )
    assert response.issuer.get(f"/directives/{second}")["supersedes_id"] == first
    assert len(response.open_titles()) == 6
    done = response.go(3)
    assert did(done) == {
        "replaced": ["duty"],
        "kept": ["inspection", "boats", "reservoirs"],
        "ended": ["evacuation", "closures"],
    }
    assert len(response.open_titles()) == 4
    levels = response.issuer.get(f"/events/{response.event['id']}")["levels"]
    assert [row["level"] for row in levels] == [4, 2, 3]
    path = f"/events/{response.event['id']}/responses"
    first = response.issuer.get(path, limit=2)
    rest = response.issuer.get(path, limit=2, cursor=first["next"])
    assert rest["next"] is None
    history = [*first["items"], *rest["items"]]
    assert [(each["level_before"], each["level"]) for each in history] == [
        (2, 3),
        (4, 2),
        (None, 4),
    ]


def test_a_repeat_gives_the_first_result_and_another_body_is_refused(
    response: Response, session: Session
) -> None:
    body = response.body(response.propose(3))
    path = f"/events/{response.event['id']}/responses"
    done = response.issuer.post(path, body)
    assert response.issuer.post(path, body, status=200)["outcome"] == done["outcome"]
    problem = response.issuer.post(path, {**body, "reason": "别的"}, status=409)
    assert problem["code"] == "idempotency_conflict"
    assert session.scalar(select(func.count()).select_from(Directive)) == 4


def test_one_faulty_order_leaves_nothing_of_it(response: Response, session: Session) -> None:
    proposal = response.propose(2)
    body = response.body(proposal)
    body["items"][3]["content"] = {**body["items"][3]["content"], "text": "", "audiences": []}
    path = f"/events/{response.event['id']}/responses"
    problem = response.issuer.post(path, body, status=422)
    assert {each["pointer"] for each in problem["errors"]} == {
        "/items/3/content/text",
        "/items/3/content/audiences",
    }
    assert response.open_titles() == set()
    assert (
        session.scalar(select(func.count()).select_from(EventLevel).where(EventLevel.level == 2))
        == 0
    )


def test_what_is_edited_is_issued_and_what_is_left_out_is_proposed_again(
    response: Response,
) -> None:
    proposal = response.propose(3)
    body = response.body(proposal, reservoirs="skip")
    body["items"][2]["content"] = {**body["items"][2]["content"], "title": "渔船立即回港"}
    done = response.issuer.post(f"/events/{response.event['id']}/responses", body)
    assert did(done)["skipped"] == ["reservoirs"]
    assert "渔船立即回港" in response.open_titles()
    again = {item["key"]: item["action"] for item in response.propose(3)["items"]}
    assert again["reservoirs"] == "issue"
    # What was edited is still the order of the plan.
    assert again["boats"] == "keep"


def test_what_changed_since_it_was_looked_at_is_refused(response: Response) -> None:
    stale = response.body(response.propose(3))
    response.go(4)
    path = f"/events/{response.event['id']}/responses"
    problem = response.issuer.post(path, {**stale, "client_id": "late"}, status=409)
    assert problem["code"] == "proposal_changed"
    assert {"key": "duty", "action": "replace"} in problem["items"]
    partly = response.body(response.propose(3))
    partly["items"].pop()
    assert response.issuer.post(path, partly, status=409)["code"] == "proposal_changed"
    assert response.go(4, status=409, client_id="x")["code"] == "nothing_to_do"


def test_what_the_plan_wants_countersigned_waits_for_it(response: Response) -> None:
    done = response.go(1)
    assert did(done)["drafted"] == ["five_stops"]
    draft_id = done["outcome"]["drafted"][0]["draft_id"]
    path = f"/directives/drafts/{draft_id}"
    draft = response.issuer.get(path)
    assert draft["countersign"]
    assert draft["plan"]["key"] == "five_stops"
    revision = {"revision": 1}
    response.issuer.post(f"{path}/issue", revision, status=409)
    # Nobody takes back what the plan asks for.
    change = {**revision, "content": draft["content"], "countersign": False}
    assert response.issuer.put(path, change)["countersign"]
    response.scene.as_(LEADER).post(f"{path}/countersignature", revision, status=200)
    assert {i["key"]: i["action"] for i in response.propose(1)["items"]}["five_stops"] == "keep"
    issued = response.issuer.post(f"{path}/issue", revision)
    assert issued["plan"]["key"] == "five_stops"
    assert {i["key"]: i["action"] for i in response.propose(1)["items"]}["five_stops"] == "keep"
    assert did(response.go(4))["ended"][-1:] != []


def test_an_order_that_was_countersigned_is_updated_by_a_draft_of_the_same_order(
    response: Response,
) -> None:
    draft_id = response.go(1)["outcome"]["drafted"][0]["draft_id"]
    path, revision = f"/directives/drafts/{draft_id}", {"revision": 1}
    response.scene.as_(LEADER).post(f"{path}/countersignature", revision, status=200)
    issued = response.issuer.post(f"{path}/issue", revision)
    update = f"/directives/{issued['id']}/update"
    waits = response.issuer.post(update, {"reason": "风力加大"}, status=202)
    assert (waits["plan"]["key"], waits["plan"]["countersign"]) == ("five_stops", True)
    assert {i["key"]: i["action"] for i in response.propose(1)["items"]}["five_stops"] == "keep"
    # A level that does not want the order ends it, and what waits to take its place.
    response.go(4)
    assert response.issuer.get(f"/directives/{issued['id']}")["status"] == "closed"
    assert response.issuer.get(f"/directives/drafts/{waits['id']}")["state"] == "discarded"


def test_what_a_unit_did_by_its_plan_is_shown_to_it_alone(response: Response) -> None:
    response.go(3)
    path = f"/events/{response.event['id']}/responses"
    city = response.scene.as_(duty(TAIZHOU))
    assert city.get(path)["items"] == []
    proposal = response.propose(3, by=city)
    city.post(path, response.body(proposal))
    (own,) = city.get(path)["items"]
    (provinces,) = response.issuer.get(path)["items"]
    assert own["outcome"] != provinces["outcome"]
    assert response.scene.as_("3310.leader").get(path)["items"] == [own]
    # Another city sees the event, and nothing of what these did.
    assert response.scene.as_(duty("3303")).get(path)["items"] == []


def test_going_down_discards_the_draft_that_waits(response: Response, session: Session) -> None:
    response.go(1)
    assert "five_stops" in did(response.go(2))["ended"]
    assert session.scalars(select(Draft.state)).all() == ["discarded"]


def test_back_before_it_was_signed_the_order_in_force_stays(
    response: Response, session: Session
) -> None:
    content = deepcopy(response.plan["content"])
    for level in content["levels"]:
        level["orders"][0]["countersign"] = level["level"] == 2
    body = {"no": 1, "content": content, "note": "Ⅱ级值守须会签"}
    response.issuer.post(f"/plans/{response.plan['id']}/versions", body)
    (first,) = response.go(3)["outcome"]["issued"][0]["directive_ids"]
    assert did(response.go(2))["drafted"] == ["duty"]
    item = response.propose(3)["items"][0]
    assert (item["action"], item["discard_ids"]) == ("keep", item["draft_ids"])
    assert "duty" in did(response.go(3, client_id="back"))["kept"]
    assert response.issuer.get(f"/directives/{first}")["status"] == "open"
    assert session.scalars(select(Draft.state)).all() == ["discarded"]


def test_rescues_under_an_order_that_ends_are_shown_and_need_a_reason_of_their_own(
    response: Response,
) -> None:
    done = response.go(2)
    (ends,) = next(
        each["directive_ids"] for each in done["outcome"]["issued"] if each["key"] == "evacuation"
    )
    scene = response.scene
    village, own = scene.as_(duty(DONGHAI)), scene.path(DONGHAI, {"id": ends})
    scene.acknowledge(DONGHAI, {"id": ends})
    report = {"text": "三人被困", "rescue_open": True}
    figures = {each["key"]: 0 for each in response.issuer.get(f"/directives/{ends}")["figures"]}
    village.post(f"{own}/reports", {**report, "figures": figures})
    rescues = {item["key"]: item["rescues"]["count"] for item in response.propose(3)["items"]}
    assert {key for key, count in rescues.items() if count} == {"evacuation"}
    problem = response.go(3, status=409)
    assert (problem["code"], problem["units"][0]["name"]) == ("rescues_open", "东海村")
    assert response.issuer.get(f"/directives/{ends}")["status"] == "open"
    response.go(3, override_reason="已移交消防")
    ended = response.issuer.get(f"/directives/{ends}")
    assert ended["status"] == "closed"
    assert ended["endings"][-1]["override_reason"] == "已移交消防"


def test_an_exercise_and_the_actual_event_go_their_own_ways(response: Response) -> None:
    drill = response.declare("exercise")
    response.go(2)
    assert {item["action"] for item in response.propose(3, drill)["items"]} == {"issue"}
    done = response.go(3, event=drill, client_id="drill")
    for item in done["outcome"]["issued"]:
        directive = response.issuer.get(f"/directives/{item['directive_ids'][0]}")
        assert directive["event"]["mode"] == "exercise"
    assert len(response.open_titles()) == 6
    response.go(4, event=drill, client_id="drill-down")
    assert len(response.open_titles()) == 6
    assert len(response.open_titles(drill)) == 2


def test_each_change_is_a_version_and_the_old_ones_are_kept(response: Response) -> None:
    plan, path = response.plan, f"/plans/{response.plan['id']}/versions"
    content = deepcopy(plan["content"])
    content["levels"][0]["orders"][0]["report_interval_minutes"] = 360
    body = {"no": 1, "content": content, "note": "值守改为每6小时报告", "client_id": "v2"}
    response.go(4)
    changed = response.issuer.post(path, body)
    assert changed["no"] == 2
    assert response.issuer.post(path, body, status=200)["no"] == 2
    problem = response.issuer.post(path, {**body, "client_id": None}, status=409)
    assert (problem["code"], problem["no"]) == ("plan_changed", 2)
    latest = response.issuer.get(path, limit=1)
    first = response.issuer.get(path, limit=1, cursor=latest["next"])
    assert [(each["no"], each["note"]) for each in latest["items"] + first["items"]] == [
        (2, "值守改为每6小时报告"),
        (1, ""),
    ]
    assert first["next"] is None
    assert response.issuer.get(f"{path}/1")["content"] == plan["content"]
    response.issuer.get(f"{path}/3", status=404)
    # The version in force is compared with the one that was issued.
    assert [item["action"] for item in response.propose(4)["items"]] == ["replace", "keep"]


def test_a_plan_is_written_by_its_units_issuers_and_seen_above_and_below(
    response: Response,
) -> None:
    scene, path = response.scene, f"/plans/{response.plan['id']}"
    change = {"no": 1, "content": response.plan["content"], "note": "改"}
    assert scene.as_(duty(SHITANG)).get(path)["may"] == {"write": False}
    for username in (duty(SHITANG), duty(TAIZHOU)):
        scene.as_(username).post(f"{path}/versions", change, status=403)
    example = {"kind": "typhoon", "content": response.plan["content"]}
    scene.as_(LEADER).post("/plans", example, status=403)
    own = scene.as_(duty(TAIZHOU)).post("/plans", example)
    response.issuer.get(f"/plans/{own['id']}")
    scene.as_(duty(CANGNAN)).get(f"/plans/{own['id']}", status=404)
    listed = scene.as_(duty(CANGNAN)).get("/plans")["items"]
    assert [each["id"] for each in listed] == [response.plan["id"]]


def test_a_city_goes_by_its_own_plan_or_the_nearest_above_it(response: Response) -> None:
    """Under the province's event, at the province's level, in its own reach."""
    taizhou = response.scene.as_(duty(TAIZHOU))
    proposal = response.propose(2, by=taizhou)
    assert proposal["plan"]["id"] == response.plan["id"]
    evacuation = next(item for item in proposal["items"] if item["key"] == "evacuation")
    assert evacuation["reach"]["text"] == "台州市以下 县、乡镇、村 防汛条线"
    path = f"/events/{response.event['id']}/responses"
    # Its level is the province's to set.
    taizhou.post(path, response.body(proposal), status=403)
    response.go(2)
    done = taizhou.post(path, response.body(response.propose(2, by=taizhou)))
    assert len(done["outcome"]["issued"]) == 6
    own = {"kind": "typhoon", "content": {**response.plan["content"], "name": "台州市预案"}}
    taizhou.post("/plans", own)
    assert response.propose(2, by=taizhou)["plan"]["name"] == "台州市预案"
    response.scene.as_(duty(WENLING)).get(
        f"/events/{response.event['id']}/proposal", level=2, status=403
    )


def test_no_plan_for_such_an_event_is_said(response: Response) -> None:
    event = response.issuer.post(
        "/events", {"name": "地震", "kind": "earthquake", "mode": "actual"}
    )
    path = f"/events/{event['id']}/proposal"
    problem = response.issuer.get(path, level=2, status=422)
    assert problem["errors"][0]["pointer"] == "/plan_id"
    retire = {"no": 1, "content": response.plan["content"], "note": "停用", "retired": True}
    response.issuer.post(f"/plans/{response.plan['id']}/versions", retire)
    response.issuer.get(f"/events/{response.event['id']}/proposal", level=2, status=422)


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"line": "astrology"}, "/content/levels/0/orders/0/audiences/0/line"),
        ({"levels": [7]}, "/content/levels/0/orders/0/audiences/0/levels/0"),
        ({"levels": []}, "/content/levels/0/orders/0/audiences/0/levels"),
    ],
)
def test_a_plan_names_what_there_is(response: Response, change: Any, pointer: str) -> None:
    content = deepcopy(response.plan["content"])
    content["levels"][0]["orders"][0]["audiences"][0] |= change
    body = {"kind": "typhoon", "content": content}
    problem = response.issuer.post("/plans", body, status=422)
    assert problem["errors"][0]["pointer"] == pointer


def test_a_warning_proposes_the_plan_and_its_level(response: Response) -> None:
    received = response.issuer.request(
        "POST", "/warnings", data=document(), content_type="application/cap+xml"
    ).get_json()
    plan = received["proposal"]["plan"]
    assert (plan["id"], plan["example"]) == (response.plan["id"], True)
    assert plan["orders"] == {1: 8, 2: 6, 3: 4, 4: 2}[received["proposal"]["level"]]
    raised = response.issuer.post(f"/warnings/{received['id']}/event")
    event = raised["event"]
    proposal = response.propose(event["level"], event)
    assert {item["action"] for item in proposal["items"]} == {"issue"}
    done = response.go(event["level"], event=event, client_id="from-warning")
    assert (
        len(done["outcome"]["issued"]) + len(done["outcome"].get("drafted", [])) == plan["orders"]
    )


def test_a_crash_in_the_middle_of_the_act_leaves_nothing(
    response: Response, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue, issued = directives.issue_directive, []

    def fail_third(*args: Any, **kwargs: Any) -> Any:
        issued.append(kwargs["title"])
        if len(issued) == 3:
            raise RuntimeError("power cut")
        return issue(*args, **kwargs)

    monkeypatch.setattr(directives, "issue_directive", fail_third)
    body = response.body(response.propose(3))
    answer = response.issuer.request("POST", f"/events/{response.event['id']}/responses", json=body)
    assert answer.status_code == 500
    assert session.scalar(select(func.count()).select_from(Directive)) == 0
    monkeypatch.undo()
    assert (
        len(
            response.issuer.post(f"/events/{response.event['id']}/responses", body)["outcome"][
                "issued"
            ]
        )
        == 4
    )
