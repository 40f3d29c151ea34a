"""Drafts: saved as they are, countersigned by a second official, issued once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import writing_rows
from tests.tasks.drafts.files import download, upload
from tests.tasks.drafts.test_company import IN_WENLING
from tests.tasks.scenes import (
    MOVED,
    PROVINCE,
    SHITANG,
    SONGMEN,
    TAIZHOU,
    WENLING,
    Scene,
    duty,
    moment,
)
from zzd import clock
from zzd.identity.models import Account, AccountGrant
from zzd.orgtree.models import Unit
from zzd.tasks.models import Directive

LEADER = "33.leader"


class Desk:
    """The province's drafts, as its issuer and its leader have them."""

    def __init__(self, scene: Scene) -> None:
        self.scene, self.issuer, self.leader = scene, scene.issuer, scene.as_(LEADER)

    def content(self, **more: Any) -> dict[str, Any]:
        return {
            "title": "渔船回港",
            "text": "全部渔船回港避风。",
            "urgency": "urgent",
            "audiences": [self.scene.all_below(WENLING, levels=[4])],
            "ack_minutes": 60,
            "report_minutes": 180,
            "figures": [MOVED],
            **more,
        }

    def save(self, *, countersign: bool = False, status: int = 201, **more: Any) -> dict[str, Any]:
        body = {
            "event_id": self.scene.event["id"],
            "content": self.content(**more),
            "countersign": countersign,
        }
        made: dict[str, Any] = self.issuer.post("/directives/drafts", body, status=status)
        return made

    def act(
        self, draft: dict[str, Any], what: str, by: Any = None, *, status: int = 200
    ) -> dict[str, Any]:
        path = f"/directives/drafts/{draft['id']}/{what}"
        body = {"revision": draft["revision"]}
        done: dict[str, Any] = (by or self.issuer).post(path, body, status=status)
        return done

    def change(
        self, draft: dict[str, Any], *, countersign: bool = True, status: int = 200, **more: Any
    ) -> dict[str, Any]:
        body = {
            "revision": draft["revision"],
            "content": self.content(**more),
            "countersign": countersign,
        }
        path = f"/directives/drafts/{draft['id']}"
        changed: dict[str, Any] = self.issuer.put(path, body, status=status)
        return changed


@pytest.fixture
def desk(scene: Scene) -> Desk:
    return Desk(scene)


def test_a_draft_is_saved_as_far_as_it_goes_and_says_what_it_lacks(desk: Desk) -> None:
    body = {"event_id": desk.scene.event["id"], "content": {"title": "渔船"}}
    draft = desk.issuer.post("/directives/drafts", body)
    lacks = {"/text", "/ack_deadline", "/audiences"}
    assert {each["pointer"] for each in draft["lacking"]} == lacks
    assert not draft["may"]["issue"]
    problem = desk.act(draft, "issue", status=422)
    assert problem["code"] == "draft_incomplete"
    assert {each["pointer"] for each in problem["errors"]} == lacks
    draft = desk.change(draft, countersign=False, audiences=[])
    assert [each["pointer"] for each in draft["lacking"]] == ["/audiences"]
    draft = desk.change(draft, countersign=False, unit_ids=[desk.scene.unit_id(SHITANG)])
    assert draft["lacking"] == []
    assert draft["names"][0]["name"] in ("温岭市", "石塘镇")


def test_deadlines_in_minutes_count_from_the_issue(desk: Desk) -> None:
    draft = desk.save()
    later = clock.now() + timedelta(hours=5)
    with clock.at(later):
        directive = desk.act(draft, "issue", status=201)
    assert moment(directive["ack_deadline"]) == later + timedelta(hours=1)
    assert moment(directive["report_deadline"]) == later + timedelta(hours=3)
    gone = desk.save(ack_minutes=None, ack_deadline=(later - timedelta(hours=1)).isoformat())
    with clock.at(later):
        problem = desk.act(gone, "issue", status=422)
    assert problem["errors"][0]["pointer"] == "/ack_deadline"


def test_a_draft_is_issued_once_by_whoever_presses(desk: Desk, session: Session) -> None:
    draft = desk.save()
    directive = desk.act(draft, "issue", status=201)
    assert desk.act(draft, "issue")["id"] == directive["id"]
    assert session.scalar(select(func.count()).select_from(Directive)) == 1
    assert desk.change(draft, status=409)["code"] == "draft_settled"
    assert desk.issuer.delete(f"/directives/drafts/{draft['id']}", status=409)
    (issued,) = desk.issuer.get("/directives/drafts", state="issued")["items"]
    assert issued["directive_id"] == directive["id"]


def test_a_second_official_countersigns_and_never_the_same(desk: Desk) -> None:
    draft = desk.save(countersign=True)
    assert desk.act(draft, "issue", status=409)["code"] == "not_countersigned"
    assert desk.act(draft, "countersignature", status=403)["code"] == "same_official"
    signed = desk.act(draft, "countersignature", desk.leader)
    assert signed["countersigned"]["name"] == "王浙江"
    directive = desk.act(draft, "issue", status=201)
    assert directive["countersigned"]["name"] == "王浙江"
    assert directive["issuer"]["name"] == "陈浙江"


def test_what_was_changed_is_countersigned_again(desk: Desk) -> None:
    draft = desk.save(countersign=True)
    desk.act(draft, "countersignature", desk.leader)
    changed = desk.change(draft, title="渔船全部回港")
    assert changed["countersigned"] is None
    assert desk.act(changed, "issue", status=409)["code"] == "not_countersigned"
    # The leader had read the text before.
    assert desk.act(draft, "countersignature", desk.leader, status=409)["revision"] == 2
    desk.act(changed, "countersignature", desk.leader)
    # The very same text again is no change.
    assert desk.change(changed, title="渔船全部回港")["countersigned"]
    desk.act(changed, "issue", status=201)


def test_what_was_countersigned_is_countersigned_again_when_it_is_updated(desk: Desk) -> None:
    file_id = upload(desk.issuer, "转移方案.txt")
    draft = desk.save(countersign=True, file_ids=[file_id])
    desk.act(draft, "countersignature", desk.leader)
    first = desk.act(draft, "issue", status=201)
    path = f"/directives/{first['id']}/update"
    body = {"text": "扩大转移范围。", "reason": "路径北偏", "client_id": "once"}
    waits = desk.issuer.post(path, body, status=202)
    assert desk.issuer.post(path, body, status=202) == waits
    assert (waits["updates_id"], waits["update_reason"]) == (first["id"], "路径北偏")
    assert (waits["lacking"], waits["countersign"], waits["may"]["issue"]) == ([], True, False)
    assert (waits["content"]["title"], waits["content"]["text"]) == (first["title"], body["text"])
    # Nobody takes that back, and until then the version before is in force.
    content = {**waits["content"], "title": "再转移"}
    changed = desk.issuer.put(
        f"/directives/drafts/{waits['id']}",
        {"revision": 1, "content": content, "countersign": False},
    )
    assert desk.act(changed, "issue", status=409)["code"] == "not_countersigned"
    assert desk.issuer.get(f"/directives/{first['id']}")["status"] == "open"

    desk.act(changed, "countersignature", desk.leader)
    second = desk.act(changed, "issue", status=201)
    assert (second["version"], second["supersedes_id"]) == (2, first["id"])
    assert second["countersigned"]["name"] == "王浙江"
    assert [file["id"] for file in second["files"]] == [file_id]
    before = desk.issuer.get(f"/directives/{first['id']}")
    assert (before["status"], before["endings"][0]["reason"]) == ("superseded", "路径北偏")
    again = desk.issuer.post(path, {**body, "client_id": "twice"}, status=409)
    assert again["code"] == "directive_superseded"


def test_the_draft_of_the_next_version_says_whom_it_is_for_as_it_was_written(desk: Desk) -> None:
    unit_id = desk.scene.unit_id
    said: dict[str, Any] = {
        "audiences": [{"unit_id": unit_id(TAIZHOU), "levels": [4], "line": None, "role": "leader"}],
        "unit_ids": [unit_id(SONGMEN), unit_id(SHITANG)],
        "area": {"polygon": IN_WENLING, "levels": [3], "line": "water", "role": None},
        "lead_unit_id": unit_id(WENLING),
        "cooperating_unit_ids": [],
    }
    draft = desk.save(countersign=True, **said)
    desk.act(draft, "countersignature", desk.leader)
    first = desk.act(draft, "issue", status=201)
    # A key that somebody may take for the draft's own is not.
    desk.scene.issue(SHITANG, client_id=f"draft-{int(draft['id']) + 1}")
    waits = desk.issuer.post(
        f"/directives/{first['id']}/update", {"reason": "变化", "title": "乙"}, status=202
    )
    assert {**waits["content"], "unit_ids": sorted(waits["content"]["unit_ids"])} == {
        **draft["content"],
        "title": "乙",
        "unit_ids": sorted(said["unit_ids"]),
        "ack_minutes": None,
        "report_minutes": None,
        "ack_deadline": first["ack_deadline"],
        "report_deadline": first["report_deadline"],
    }
    desk.act(waits, "countersignature", desk.leader)
    second = desk.act(waits, "issue", status=201)
    assert (second["audiences"], second["units"]) == (first["audiences"], first["units"])


def test_of_two_drafts_of_the_next_version_one_is_issued(desk: Desk) -> None:
    draft = desk.save(countersign=True)
    desk.act(draft, "countersignature", desk.leader)
    path = f"/directives/{desk.act(draft, 'issue', status=201)['id']}/update"
    waiting = [
        desk.issuer.post(path, {"title": title, "reason": "变化"}, status=202)
        for title in ("甲", "乙")
    ]
    for each, status in zip(waiting, (201, 409), strict=True):
        desk.act(each, "countersignature", desk.leader)
        answered = desk.act(each, "issue", status=status)
    assert answered["code"] == "directive_superseded"


def test_whoever_countersigned_does_not_issue(desk: Desk) -> None:
    """The unit's leader is an issuer of it as well here."""
    with writing_rows() as session:
        account = session.scalars(select(Account).where(Account.username == LEADER)).one()
        unit = session.scalars(select(Unit).where(Unit.code == PROVINCE)).one()
        session.add(
            AccountGrant(
                account_id=account.id, role="issuer", unit_id=unit.id, granted_at=clock.now()
            )
        )
    draft = desk.save(countersign=True)
    desk.act(draft, "countersignature", desk.leader)
    assert desk.act(draft, "issue", desk.leader, status=403)["code"] == "same_official"
    desk.act(draft, "issue", status=201)


def test_a_stale_change_is_refused(desk: Desk) -> None:
    draft = desk.save()
    desk.change(draft, countersign=False, title="一")
    problem = desk.change(draft, countersign=False, title="二", status=409)
    assert (problem["code"], problem["revision"]) == ("draft_changed", 2)


def test_drafts_are_their_units_own(desk: Desk, scene: Scene) -> None:
    draft = desk.save()
    path = f"/directives/drafts/{draft['id']}"
    assert desk.leader.get(path)["may"] == {"write": False, "countersign": False, "issue": False}
    desk.leader.delete(path, status=403)
    for username in (duty(TAIZHOU), duty(SHITANG), "331081.leader"):
        scene.as_(username).get(path, status=404)
        scene.as_(username).delete(path, status=404)
    scene.as_(duty(SHITANG)).get("/directives/drafts", status=403)
    assert scene.as_(duty(TAIZHOU)).get("/directives/drafts")["items"] == []


def test_a_drafts_files_are_its_units_and_go_with_it(desk: Desk, scene: Scene) -> None:
    file_id = upload(desk.issuer)
    draft = desk.save(file_ids=[file_id])
    assert download(desk.leader, file_id) == 200
    assert download(scene.as_(duty(SHITANG)), file_id) == 404
    other = desk.save(file_ids=[file_id])
    desk.issuer.delete(f"/directives/drafts/{other['id']}")
    assert download(desk.leader, file_id) == 200
    desk.act(draft, "issue", status=201)
    assert download(scene.as_(duty(SHITANG)), file_id) == 200


def test_drafts_of_exercises_are_listed_apart(desk: Desk, scene: Scene) -> None:
    exercise = scene.issuer.post("/events", {"name": "演练", "kind": "typhoon", "mode": "exercise"})
    actual = desk.save()
    body = {"event_id": exercise["id"], "content": desk.content()}
    drill = desk.issuer.post("/directives/drafts", body)
    for mode, expected in (("actual", actual), ("exercise", drill)):
        (item,) = desk.issuer.get("/directives/drafts", mode=mode)["items"]
        assert (item["id"], item["event"]["mode"]) == (expected["id"], mode)
    assert desk.act(drill, "issue", status=201)["event"]["mode"] == "exercise"
