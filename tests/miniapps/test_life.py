"""From a draft to everybody's workbench and away again, by two people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient, writing_rows
from tests.conftest import SignedIn
from tests.miniapps.conftest import AppServer, Publish, manifest
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.identity.models import Account, AccountGrant
from zzd.miniapps.models import MiniApp
from zzd.miniapps.oidc.models import ClientSecret
from zzd.miniapps.states import MOVES, Move, MoveNotPossible, State, after


@given(st.sampled_from([Move(m) for m in MOVES]), st.sampled_from(list(State)))
def test_a_move_leads_on_or_says_what_to_do_instead(move: Move, state: State) -> None:
    if state in MOVES[move]:
        assert after(move, state) is MOVES[move][state]
    else:
        with pytest.raises(MoveNotPossible, match=r"\w+ \w+"):
            after(move, state)


def test_nothing_is_published_that_was_not_approved() -> None:
    assert set(MOVES[Move.PUBLISH]) == {State.APPROVED, State.ROLLING_OUT}
    assert set(MOVES[Move.ROLL_OUT]) == {State.APPROVED, State.ROLLING_OUT}
    assert set(MOVES[Move.ROLL_BACK]) == {State.SUPERSEDED}
    assert MOVES[Move.APPROVE] == {State.IN_REVIEW: State.APPROVED}
    assert MOVES[Move.SUBMIT] == {State.DRAFT: State.IN_REVIEW}


def register(developer: ApiClient, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = developer.post("/miniapps", {"manifest": manifest(**changes)})
    return made


def test_an_app_goes_from_draft_to_published_and_every_step_is_audited(
    developer: ApiClient, reviewer: ApiClient, session: Session
) -> None:
    made = register(developer)
    assert made["state"] == "draft"
    assert made["published_version"] is None
    path = f"/miniapps/{made['id']}"
    assert developer.post(f"{path}/submission", status=200)["state"] == "in_review"
    waiting = reviewer.get("/miniapps", state="in_review")["items"]
    assert [item["id"] for item in waiting] == [made["id"]]
    for part, found in (("安置", 1), ("SHELTERS", 1), ("100%", 0)):
        assert len(reviewer.get("/miniapps", q=part)["items"]) == found, part
    approved = reviewer.post(
        f"{path}/review", {"decision": "approve", "reason": "好", "version": 1}, status=200
    )
    assert approved["state"] == "approved"
    assert approved["review"]["reason"] == "好"
    assert approved["review"]["by"]["name"] == "system_admin"
    published = developer.post(f"{path}/publication", status=200)
    assert (published["state"], published["published_version"]) == ("published", 1)
    assert developer.get(path) == published
    said = session.execute(
        select(AuditEntry.action, AuditEntry.object_id)
        .where(AuditEntry.action.like("miniapp.%"))
        .order_by(AuditEntry.id)
    ).all()
    assert [action for action, _ in said] == [
        "miniapp.register",
        "miniapp.submit",
        "miniapp.approve",
        "miniapp.publish",
    ]
    assert {object_id for _, object_id in said} == {made["id"]}


def test_a_rejected_app_says_why_and_needs_a_change(
    developer: ApiClient, reviewer: ApiClient
) -> None:
    path = f"/miniapps/{register(developer)['id']}"
    developer.post(f"{path}/submission", status=200)
    silent = reviewer.post(f"{path}/review", {"decision": "reject"}, status=422)
    assert silent["errors"][0]["pointer"] == "/reason"
    reason = {"decision": "reject", "reason": "图标看不清"}
    assert reviewer.post(f"{path}/review", reason, status=200)["review"]["reason"] == "图标看不清"
    refused = developer.post(f"{path}/submission", status=409)
    assert refused["code"] == "move_not_possible"
    assert "change the manifest" in refused["detail"]
    unchanged = developer.put(path, {"manifest": manifest()})
    assert (unchanged["state"], unchanged["version"]) == ("rejected", 1)
    changed = developer.put(path, {"manifest": manifest(category="data")})
    assert (changed["state"], changed["version"], changed["review"]) == ("draft", 2, None)
    developer.post(f"{path}/submission", status=200)
    versions = developer.get(f"{path}/versions")["items"]
    assert [(v["number"], v["state"]) for v in versions] == [(2, "in_review"), (1, "rejected")]
    assert versions[1]["review"]["reason"] == "图标看不清"
    assert versions[1]["manifest"] == manifest()


@pytest.mark.parametrize("step", ["review", "publication", "suspension"])
def test_a_draft_can_only_be_submitted(
    developer: ApiClient, reviewer: ApiClient, step: str
) -> None:
    path = f"/miniapps/{register(developer)['id']}"
    body = {"review": {"decision": "approve"}, "suspension": {"reason": "x"}}.get(step)
    refused = reviewer.post(f"{path}/{step}", body, status=409)
    assert refused["code"] == "move_not_possible"


def test_a_published_app_keeps_serving_its_version_while_the_next_is_judged(
    developer: ApiClient, reviewer: ApiClient, shelters: AppServer, as_: SignedIn
) -> None:
    path = f"/miniapps/{shelters.id}"
    official = as_("331081100.duty_officer")
    changed = developer.put(path, {"manifest": manifest(name={"zh": "新名", "en": "New"})})
    assert (changed["state"], changed["published_version"]) == ("draft", 1)
    assert official.get("/workbench")["items"][0]["name"]["zh"] == "安置点登记"
    assert developer.post(f"{path}/publication", status=409)["code"] == "move_not_possible"
    developer.post(f"{path}/submission", {"review": True}, status=200)
    refused = developer.put(path, {"manifest": manifest(category="data")}, status=409)
    assert "wait" in refused["detail"]
    reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)
    developer.post(f"{path}/publication", status=200)
    assert official.get("/workbench")["items"][0]["name"]["zh"] == "新名"
    states = [item["state"] for item in developer.get(f"{path}/versions")["items"]]
    assert states == ["published", "superseded"]


def test_an_apps_id_never_changes(developer: ApiClient) -> None:
    path = f"/miniapps/{register(developer)['id']}"
    refused = developer.put(path, {"manifest": manifest(id="cn.zj.other")}, status=422)
    assert refused["errors"][0]["pointer"] == "/manifest/id"


def test_a_review_of_a_version_that_was_not_looked_at_is_refused(
    developer: ApiClient, reviewer: ApiClient
) -> None:
    path = f"/miniapps/{register(developer)['id']}"
    developer.put(path, {"manifest": manifest(category="data")})
    developer.post(f"{path}/submission", status=200)
    body = {"decision": "approve", "version": 1}
    assert reviewer.post(f"{path}/review", body, status=409)["code"] == "version_changed"


def test_who_submits_cannot_approve(
    as_: SignedIn, developer: ApiClient, reviewer: ApiClient, session: Session
) -> None:
    with transaction() as writing:
        account_id = writing.scalars(
            select(Account.id).where(Account.username == "app_developer")
        ).one()
        writing.add(
            AccountGrant(account_id=account_id, role="system_admin", granted_at=clock.now())
        )
    path = f"/miniapps/{register(developer)['id']}"
    developer.post(f"{path}/submission", status=200)
    refused = developer.post(f"{path}/review", {"decision": "approve"}, status=403)
    assert refused["code"] == "two_person_rule"
    denied = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).one()
    assert denied.action == "miniapp.review"
    assert reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)


def test_only_an_administrator_ends_a_suspension(
    developer: ApiClient, reviewer: ApiClient, shelters: AppServer, as_: SignedIn
) -> None:
    path = f"/miniapps/{shelters.id}"
    suspended = reviewer.post(f"{path}/suspension", {"reason": "泄露"}, status=200)
    assert (suspended["state"], suspended["suspension"]["reason"]) == ("suspended", "泄露")
    assert as_("3310.leader").get("/workbench")["items"] == []
    again = reviewer.post(f"{path}/suspension", {"reason": "again"}, status=409)
    assert again["code"] == "move_not_possible"
    developer.post(f"{path}/publication", status=403)
    back = reviewer.post(f"{path}/publication", status=200)
    assert (back["state"], back["suspension"]) == ("published", None)
    assert len(as_("3310.leader").get("/workbench")["items"]) == 1


def test_a_suspended_app_comes_back_mended(
    developer: ApiClient, reviewer: ApiClient, shelters: AppServer, as_: SignedIn
) -> None:
    path = f"/miniapps/{shelters.id}"
    reviewer.post(f"{path}/suspension", {"reason": "泄露"}, status=200)
    mended = developer.put(path, {"manifest": manifest(name={"zh": "已修复", "en": "Mended"})})
    assert mended["state"] == "suspended"
    developer.post(f"{path}/submission", status=200)
    reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)
    back = reviewer.post(f"{path}/publication", status=200)
    assert (back["state"], back["published_version"]) == ("published", 2)
    assert as_("3310.leader").get("/workbench")["items"][0]["name"]["en"] == "Mended"


def test_registering_twice_with_one_key_registers_once(
    developer: ApiClient, session: Session
) -> None:
    body = {"manifest": manifest(), "client_id": "k-1"}
    first = developer.post("/miniapps", body)
    assert first["client_secret"]
    again = developer.post("/miniapps", body, status=200)
    assert again == {**first, "client_secret": None}
    other = {**body, "manifest": manifest(category="data")}
    assert developer.post("/miniapps", other, status=409)["code"] == "idempotency_conflict"
    taken = developer.post("/miniapps", {"manifest": manifest()}, status=409)
    assert taken["code"] == "app_id_taken"
    assert len(session.scalars(select(MiniApp)).all()) == 1


def test_a_create_says_where_the_app_is(developer: ApiClient) -> None:
    response = developer.request("POST", "/miniapps", json={"manifest": manifest()})
    made = response.get_json()
    assert response.headers["Location"] == f"/api/v1/miniapps/{made['id']}"


def test_two_secrets_are_good_while_one_takes_the_others_place(
    developer: ApiClient, shelters: AppServer, as_: SignedIn, session: Session
) -> None:
    (row,) = session.scalars(select(ClientSecret)).all()
    assert shelters.secret not in str(vars(row))
    path = f"/miniapps/{shelters.id}/secret"

    def takes(secret: str) -> bool:
        launched, verifier = shelters.launch(as_("3310.leader"))
        auth = (shelters.client_id, secret)
        return shelters.exchange(launched["code"], verifier, auth=auth).status_code == 200

    first, made = shelters.secret, developer.post(path, status=200)
    assert clock.now() < datetime.fromisoformat(made["previous_until"])
    second = made["client_secret"]
    assert (takes(first), takes(second)) == (True, True)
    third = developer.post(path, status=200)["client_secret"]
    assert (takes(first), takes(second), takes(third)) == (False, True, True)
    developer.delete(f"{path}/previous")
    assert (takes(second), takes(third)) == (False, True)
    developer.delete(f"{path}/previous", status=404)


REGISTRY: list[Any] = [
    ("GET", "/miniapps"),
    ("POST", "/miniapps"),
    ("GET", "/miniapps/{id}"),
    ("PUT", "/miniapps/{id}"),
    ("GET", "/miniapps/{id}/versions"),
    ("POST", "/miniapps/{id}/secret"),
    ("POST", "/miniapps/{id}/submission"),
    ("POST", "/miniapps/{id}/review"),
    ("POST", "/miniapps/{id}/publication"),
    ("POST", "/miniapps/{id}/suspension"),
]


def test_an_official_has_no_business_with_the_registry(
    as_: SignedIn, anonymous: ApiClient, shelters: AppServer
) -> None:
    for method, path in REGISTRY:
        url = path.format(id=shelters.id)
        assert as_("33.leader").request(method, url, json={}).status_code == 403, url
        assert anonymous.request(method, url, json={}).status_code == 401, url


def test_a_developer_sees_no_other_developers_app(
    as_: SignedIn, shelters: AppServer, session: Session
) -> None:
    with writing_rows() as writing:
        account_id = writing.scalars(select(Account.id).where(Account.username == "33.leader"))
        writing.add(
            AccountGrant(account_id=account_id.one(), role="app_developer", granted_at=clock.now())
        )
    other = as_("33.leader")
    assert other.get("/miniapps")["items"] == []
    absent = other.get("/miniapps/999999", status=404)
    for method, step in [
        ("GET", ""),
        ("PUT", ""),
        ("GET", "/versions"),
        ("POST", "/secret"),
        ("POST", "/submission"),
        ("POST", "/publication"),
    ]:
        body = {"manifest": manifest()} if method == "PUT" else {}
        response = other.request(method, f"/miniapps/{shelters.id}{step}", json=body)
        assert response.status_code == 404
        assert response.get_json()["title"] == absent["title"]
    denied = session.scalars(select(AuditEntry).where(AuditEntry.outcome == "denied")).all()
    assert len(denied) == 6


def test_a_reviewer_judges_but_does_not_change(reviewer: ApiClient, shelters: AppServer) -> None:
    assert reviewer.get("/miniapps")["items"][0]["id"] == shelters.id
    reviewer.put(f"/miniapps/{shelters.id}", {"manifest": manifest()}, status=403)
    reviewer.post(f"/miniapps/{shelters.id}/secret", status=403)


def test_lists_are_paged(developer: ApiClient, publish: Publish) -> None:
    made = [publish(id=f"cn.zj.app-{n}").id for n in range(3)]
    first = developer.get("/miniapps", limit=2)
    rest = developer.get("/miniapps", limit=2, cursor=first["next"])
    assert [item["id"] for item in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    assert developer.get("/miniapps", state="draft")["items"] == []


BAD_JUDGEMENTS: list[Any] = [
    ("review", {}),
    ("review", {"decision": "maybe"}),
    ("review", {"decision": "approve", "reason": "a\x00"}),
    ("review", {"decision": "approve", "reason": "x" * 501}),
    ("review", {"decision": "approve", "version": 2**40}),
    ("review", {"decision": "approve", "version": True}),
    ("review", {"decision": "approve", "extra": 1}),
    ("suspension", {}),
    ("suspension", {"reason": " "}),
]


def test_bad_judgements_are_refused(reviewer: ApiClient, shelters: AppServer) -> None:
    for path, body in BAD_JUDGEMENTS:
        reviewer.post(f"/miniapps/{shelters.id}/{path}", body, status=422)
