"""Versions that come to people by and by, are taken back, and skip a review or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.miniapps.conftest import MANIFEST_2, AppServer, Publish, manifest
from zzd.miniapps.rollout import is_chosen, place_of

TOWNSHIP, LEADER = "331081100.duty_officer", "331081100.leader"
RENAMED = {"zh": "新名", "en": "New"}


def chosen(official_id: int, percent: int) -> bool:
    return is_chosen(percent=percent, audiences=[], miniapp_id=7, official_id=official_id, posts=())


@given(st.integers(1, 2**40), st.integers(0, 100), st.integers(0, 100))
def test_whoever_has_a_version_keeps_it_as_it_grows(who: int, one: int, other: int) -> None:
    less, more = sorted((one, other))
    assert chosen(who, less) <= chosen(who, more)
    assert (chosen(who, 0), chosen(who, 100)) == (False, True)


def test_a_tenth_is_about_a_tenth_and_another_for_each_app() -> None:
    first = {who for who in range(5000) if place_of(who, 1) < 10}
    second = {who for who in range(5000) if place_of(who, 2) < 10}
    assert 400 < len(first) < 600
    assert len(first & second) < 100


Step = Callable[..., Any]


@pytest.fixture
def step(shelters: AppServer, developer: ApiClient) -> Step:
    """``step("publication", percent=10)``: an act of the developer on the published app."""

    def act(name: str, *, status: int = 200, **body: Any) -> Any:
        return developer.post(f"/miniapps/{shelters.id}/{name}", body, status=status)

    developer.put(f"/miniapps/{shelters.id}", {"manifest": manifest(name=RENAMED)})
    act("submission")
    return act


def name_for(client: ApiClient) -> str:
    (entry,) = client.get("/workbench")["items"]
    name: str = entry["name"]["zh"]
    return name


def test_a_change_that_asks_for_nothing_new_skips_the_review(
    step: Step, developer: ApiClient, shelters: AppServer
) -> None:
    path = f"/miniapps/{shelters.id}"
    assert developer.get(path)["state"] == "approved"
    newest = developer.get(f"{path}/versions")["items"][0]
    assert (newest["review_skipped"], newest["review"]) == (True, None)
    wider = manifest(redirect_uris=["https://shelters.example.cn/launch"], events=[])
    wider["scopes"].append({"name": "contacts.read", "reason": "x"})
    changed = developer.put(path, {"manifest": wider})
    assert changed["asks_anew"] == [{"kind": "scope", "what": "contacts.read"}]
    assert step("submission")["state"] == "in_review"


def test_a_setting_of_a_newer_version_has_its_default_where_the_app_is_installed_already(
    app: Flask, publish: Publish, developer: ApiClient
) -> None:
    text = {"zh": "一", "en": "one"}
    two = {**MANIFEST_2, "icon": None}
    shelters = publish(**two)
    added = {"key": "warn_at", "type": "integer", "title": text, "default": 80}
    # Another type: what was set does not fit any more.
    retyped = {**MANIFEST_2["settings"][0], "type": "boolean", "default": True}
    newer = manifest(**{**two, "settings": [retyped, added]})
    developer.put(f"/miniapps/{shelters.id}", {"manifest": newer})
    developer.post(f"/miniapps/{shelters.id}/submission", status=200)
    developer.post(f"/miniapps/{shelters.id}/publication", status=200)
    form, auth = {"grant_type": "client_credentials"}, (shelters.client_id, shelters.secret)
    token = app.test_client().post("/oauth/token", data=form, auth=auth).get_json()["access_token"]
    settings = ApiClient(app, token=token).get("/installations/current")["settings"]
    assert settings == {"nearby": True, "map": None, "warn_at": 80}


def test_a_version_comes_to_those_named_and_grows(step: Step, as_: SignedIn, unit_id: Any) -> None:
    leaders = {"unit_id": unit_id("331081"), "role": "leader"}
    rolled = step("publication", percent=0, audiences=[leaders])
    assert (rolled["state"], rolled["published_version"]) == ("rolling_out", 1)
    assert rolled["rollout"]["version"] == 2
    assert (name_for(as_(TOWNSHIP)), name_for(as_(LEADER))) == ("安置点登记", "新名")
    step("publication", percent=99)
    assert step("publication", percent=50, status=422)["errors"][0]["pointer"] == "/percent"
    published = step("publication")
    assert (published["state"], published["rollout"]) == ("published", None)
    assert name_for(as_(TOWNSHIP)) == "新名"


def test_whoever_got_a_version_opens_that_one(
    step: Step, as_: SignedIn, shelters: AppServer, unit_id: Any
) -> None:
    step("publication", percent=0, audiences=[{"unit_id": unit_id("331081100"), "role": "leader"}])
    for username in (TOWNSHIP, LEADER):
        shelters.open(as_(username)).get("/units")


def test_a_first_version_may_come_to_some_alone(
    app: Flask, developer: ApiClient, reviewer: ApiClient, as_: SignedIn, unit_id: Any
) -> None:
    path = f"/miniapps/{developer.post('/miniapps', {'manifest': manifest()})['id']}"
    developer.post(f"{path}/submission", status=200)
    reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)
    to = {"percent": 0, "audiences": [{"unit_id": unit_id("331081100"), "role": "leader"}]}
    developer.post(f"{path}/publication", to, status=200)
    body = {"miniapp_id": path[10:], "unit_id": unit_id("33"), "scopes": ["identity", "units.read"]}
    as_("33.leader").post("/installations", body)
    assert name_for(as_(LEADER)) == "安置点登记"
    assert as_(TOWNSHIP).get("/workbench")["items"] == []
    launch = {"code_challenge": "a" * 43, "redirect_uri": manifest()["redirect_uris"][0]}
    as_(TOWNSHIP).post(f"{path}/launch", launch, status=404)


def test_rolling_back_is_one_act(step: Step, as_: SignedIn, listening: Listening) -> None:
    step("publication", percent=99)
    ended = step("rollback", reason="打不开")
    assert (ended["state"], ended["published_version"]) == ("approved", 1)
    step("publication")
    device = listening(TOWNSHIP)
    back = step("rollback", reason="打不开")
    assert (back["state"], back["published_version"]) == ("superseded", 1)
    assert name_for(as_(TOWNSHIP)) == "安置点登记"
    assert len(device.hear("miniapp.closed")) == 1
    forth = step("rollback", version=2, reason="已修复")
    assert forth["published_version"] == 2
    assert step("rollback", version=9, reason="x", status=422)["errors"][0]["pointer"] == "/version"


def test_a_rollout_goes_on_where_it_was_when_a_suspension_ends(
    step: Step, as_: SignedIn, shelters: AppServer, reviewer: ApiClient, developer: ApiClient
) -> None:
    path, leaders = f"/miniapps/{shelters.id}", {"role": "leader"}
    leaders["unit_id"] = as_(LEADER).get("/me")["posts"][0]["unit"]["id"]
    step("publication", percent=0, audiences=[leaders])
    reviewer.post(f"{path}/suspension", {"reason": "泄露"}, status=200)
    back = reviewer.post(f"{path}/publication", status=200)
    assert (back["state"], back["rollout"]["percent"]) == ("rolling_out", 0)
    assert (name_for(as_(TOWNSHIP)), name_for(as_(LEADER))) == ("安置点登记", "新名")
    # What was mended meanwhile takes its place, and comes to nobody else either.
    reviewer.post(f"{path}/suspension", {"reason": "泄露"}, status=200)
    mended = manifest(name={"zh": "已修复", "en": "Mended"})
    developer.put(path, {"manifest": mended})
    step("submission")
    reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)
    back = reviewer.post(f"{path}/publication", status=200)
    assert (back["rollout"]["version"], back["published_version"]) == (3, 1)
    assert (name_for(as_(TOWNSHIP)), name_for(as_(LEADER))) == ("安置点登记", "已修复")


def test_what_is_not_said_when_a_suspension_ends_stays_as_it_was(
    step: Step,
    as_: SignedIn,
    shelters: AppServer,
    reviewer: ApiClient,
    developer: ApiClient,
    unit_id: Any,
) -> None:
    path, leaders = f"/miniapps/{shelters.id}", {"unit_id": unit_id("331081"), "role": "leader"}
    town = {"unit_id": unit_id("331081100"), "levels": [4]}
    # Those named, and nobody else: not everybody, as without anything said.
    assert step("publication", audiences=[leaders])["rollout"]["percent"] == 0
    assert (name_for(as_(TOWNSHIP)), name_for(as_(LEADER))) == ("安置点登记", "新名")
    step("publication", percent=3)
    reviewer.post(f"{path}/suspension", {"reason": "泄露"}, status=200)
    back = reviewer.post(f"{path}/publication", {"audiences": [town]}, status=200)
    assert (back["rollout"]["percent"], len(back["rollout"]["audiences"])) == (3, 2)
    assert (name_for(as_(TOWNSHIP)), name_for(as_(LEADER))) == ("新名", "新名")
    # A newer one goes on with both, however the percentage grows.
    reviewer.post(f"{path}/suspension", {"reason": "泄露"}, status=200)
    developer.put(path, {"manifest": manifest(name={"zh": "已修复", "en": "Mended"})})
    step("submission")
    reviewer.post(f"{path}/review", {"decision": "approve"}, status=200)
    refused = reviewer.post(f"{path}/publication", {"percent": 2}, status=422)
    assert refused["errors"][0]["pointer"] == "/percent"
    back = reviewer.post(f"{path}/publication", {"percent": 4}, status=200)
    assert (back["rollout"]["percent"], len(back["rollout"]["audiences"])) == (4, 2)
    assert (name_for(as_(TOWNSHIP)), name_for(as_(LEADER))) == ("已修复", "已修复")


def test_what_is_retired_stays_so(step: Step, as_: SignedIn, shelters: AppServer) -> None:
    client = shelters.open(as_(TOWNSHIP))
    gone = step("retirement", reason="由新应用代替")
    assert (gone["state"], gone["retirement"]["reason"]) == ("retired", "由新应用代替")
    client.get("/units", status=401)
    assert as_(TOWNSHIP).get("/workbench")["items"] == []
    for name in ("submission", "publication", "retirement", "rollback"):
        body = {"reason": "x"} if name in ("retirement", "rollback") else {}
        refused = step(name, status=409, **body)
        assert "register another" in refused["detail"], name
