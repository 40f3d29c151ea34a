"""Events need a scope that an administrator consented to, and name officials as the app knows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MakeGroup
from tests.miniapps.conftest import MANIFEST_2, AppServer, KnownAs, Publish, asking
from tests.miniapps.hooks.conftest import SPEAKER
from tests.tasks.scenes import SHITANG, Scene
from zzd.miniapps.hooks import spreading
from zzd.miniapps.hooks.persons import renamed
from zzd.miniapps.manifest_rules import EVENT_SCOPES
from zzd.miniapps.manifests import SCHEMAS

ADMINISTRATOR = "33.leader"
NEEDED = sorted(set(EVENT_SCOPES.values()))
HEARING = {
    **MANIFEST_2,
    "icon": None,
    "scopes": asking("identity"),
    "optional_scopes": asking(*NEEDED, "identity.id"),
    "events": sorted(EVENT_SCOPES),
    "commands": [{"name": "add", "title": {"zh": "登记", "en": "Register"}}],
}
# Where an app may hear, what one reads is told to nobody but oneself.
HAPPENS = set(EVENT_SCOPES) - {"receipt.updated"}
# What comes of what it asked, or was asked: no other app's.
ITS_OWN = {"todo.updated", "command.invoked"}
Heard = dict[str, dict[str, Any]]


def test_every_kind_of_event_needs_a_scope() -> None:
    for schema in SCHEMAS.values():
        assert set(schema["properties"]["events"]["items"]["enum"]) == set(EVENT_SCOPES)


@pytest.fixture
def hearing(publish: Publish, developer: ApiClient) -> Callable[[str, AppServer], Heard]:
    """What an app is told since it was asked last, by kind."""

    def run(cursor: str, server: AppServer) -> Heard:
        spreading.spread_due()
        path = f"/miniapps/{server.id}/events"
        told = developer.get(path, cursor=cursor, limit=200)
        developer.post(f"{path}/ack", {"cursor": cursor, "ack": told["ack"]}, status=200)
        return {event["type"]: event["data"] for event in told["items"]}

    return run


@pytest.fixture
def everything_happens(
    as_: SignedIn, addressed: MakeGroup, scene: Scene, known_as: KnownAs
) -> Callable[[AppServer, ApiClient], None]:
    """Something of each kind, in the part of the app that asks something of an official."""

    def run(server: AppServer, itself: ApiClient) -> None:
        place = addressed("org_group", SHITANG)
        path = f"/conversations/{place['id']}"
        as_("3310.duty_officer").patch(path, {"name": "石塘防汛"})
        as_(SPEAKER).post(f"{path}/messages", {"text": "水位上涨"})
        as_(SPEAKER).post(f"{path}/messages/1/recall", status=200)
        scene.acknowledge(SHITANG, scene.issue(SHITANG))
        command = {"miniapp_id": server.id, "name": "add"}
        asked = as_(SPEAKER).post(f"{path}/commands", command)
        itself.post(f"/app/commands/{asked['id']}/answer", {"text": "已登记"}, status=200)
        itself.post("/app/todos", {"official_id": known_as(SPEAKER), "title": "核对"})

    return run


def own(app: Flask, server: AppServer) -> ApiClient:
    form = {"grant_type": "client_credentials"}
    answer = app.test_client().post(
        "/oauth/token", data=form, auth=(server.client_id, server.secret)
    )
    return ApiClient(app, token=answer.get_json()["access_token"])


def test_an_event_is_told_with_its_scope_alone_and_from_the_consent_on(
    app: Flask,
    publish: Publish,
    as_: SignedIn,
    hearing: Callable[[str, AppServer], Heard],
    everything_happens: Callable[[AppServer, ApiClient], None],
    official_id: Callable[[str], str],
) -> None:
    server, witness = publish(**HEARING), publish(**{**HEARING, "id": "cn.zj.witness"})
    administrator = as_(ADMINISTRATOR)
    installed = {i["miniapp"]["id"]: i["id"] for i in administrator.get("/installations")["items"]}
    path = f"/installations/{installed[server.id]}"
    sub = server.open(as_(SPEAKER)).get("/oauth/userinfo")["sub"]
    itself = own(app, server)

    def consent(*scopes: str) -> None:
        administrator.patch(path, {"scopes": ["identity", *scopes]})

    consent(*NEEDED)
    for cursor, each in (("a", server), ("late", server), ("a", witness)):
        hearing(cursor, each)
    everything_happens(server, itself)
    told, others = hearing("a", server), hearing("a", witness)
    assert set(told) == HAPPENS
    assert set(others) == HAPPENS - ITS_OWN
    assert told["message.created"]["sender"]["id"] == sub
    assert told["message.recalled"]["recalled_by"]["id"] == sub
    assert told["todo.updated"]["todo"]["official_id"] == sub
    assert others["message.created"]["sender"]["id"] == official_id(SPEAKER)
    hearing("late", server)
    for missing in NEEDED:
        everything_happens(server, itself)
        consent(*(scope for scope in NEEDED if scope != missing))
        told, others = hearing("a", server), hearing("a", witness)
        assert set(others) == HAPPENS - ITS_OWN
        assert set(told) == {kind for kind in HAPPENS if EVENT_SCOPES[kind] != missing}
        consent(*NEEDED)
        # What happened before somebody consented again stays untold, however late it is asked for.
        assert set(hearing("late", server)) == set(told)


def test_who_is_given_a_larger_part_hears_nothing_from_before(
    app: Flask,
    publish: Publish,
    as_: SignedIn,
    unit_id: Callable[[str], str],
    hearing: Callable[[str, AppServer], Heard],
    everything_happens: Callable[[AppServer, ApiClient], None],
) -> None:
    server = publish(**HEARING)
    [installed] = as_(ADMINISTRATOR).get("/installations")["items"]
    path = f"/installations/{installed['id']}"

    def give(code: str, *levels: int) -> None:
        part = {"unit_id": unit_id(code), "levels": levels}
        as_(ADMINISTRATOR).patch(path, {"data_audience": part})

    as_(ADMINISTRATOR).patch(path, {"scopes": ["identity", *NEEDED]})
    hearing("a", server)
    itself = own(app, server)
    everything_happens(server, itself)
    give("331002", 3, 4, 5, 6)
    give(SHITANG, 4, 5, 6)
    # Between the two it might not have heard of it.
    assert set(hearing("a", server)) <= ITS_OWN
    everything_happens(server, own(app, server))
    assert "message.created" in hearing("a", server)


def test_of_whoever_is_outside_an_app_is_told_a_pseudonym_alone(
    publish: Publish,
    as_: SignedIn,
    unit_id: Callable[[str], str],
    official_id: Callable[[str], str],
    addressed: MakeGroup,
    hearing: Callable[[str, AppServer], Heard],
) -> None:
    """They look after a place inside, are quoted there, or said elsewhere what is passed on."""
    server, outsider = publish(**HEARING), "3310.duty_officer"
    [installed] = as_(ADMINISTRATOR).get("/installations")["items"]
    path, part = f"/installations/{installed['id']}", {"unit_id": unit_id(SHITANG)}
    scopes = ["identity", *NEEDED, "identity.id"]
    as_(ADMINISTRATOR).patch(path, {"data_audience": part, "scopes": scopes})
    hearing("a", server)
    inside = addressed("org_group", SHITANG, by=outsider)
    elsewhere = addressed("org_group", "3310", by=outsider)
    places = [f"/conversations/{place['id']}/messages" for place in (inside, elsewhere)]

    said = as_(outsider).post(places[0], {"text": "全体到岗"})["sender"]
    told = hearing("a", server)["message.created"]["sender"]
    assert said["id"] == official_id(outsider)
    assert (told["name"], told["post_title"], told["unit_name"]) == ("", "", "")
    assert told["id"] not in (said["id"], None)

    answer = as_(SPEAKER).post(places[0], {"text": "收到", "reply_to_seq": 1})
    assert answer["reply_to"]["sender_name"] == said["name"]
    told = hearing("a", server)["message.created"]
    assert told["sender"]["id"] == official_id(SPEAKER)
    assert told["sender"]["unit_name"] == "石塘镇"
    assert said["name"] not in json.dumps(told, ensure_ascii=False)

    as_(outsider).post(places[1], {"text": "全市到岗"})
    content = {"conversation_id": elsewhere["id"], "seqs": [1]}
    as_(SPEAKER).post(places[0], {"kind": "forward", "content": content})
    told = hearing("a", server)["message.created"]
    assert (told["content"]["count"], told["content"]["title"]) == (1, "")
    for hidden in (said["name"], "全市到岗"):
        assert hidden not in json.dumps(told, ensure_ascii=False)


def test_officials_are_renamed_at_every_depth_and_nobody_else_is() -> None:
    bot = {"id": None, "bot_id": "7", "name": "水位"}
    item = {"sender": {"id": "815", "name": "陈石塘"}, "content": {"items": [{"sender": bot}]}}
    data = {
        "id": "90210",
        "sender": {"id": "815", "name": "陈石塘"},
        "mentions": {"all": False, "people": [{"id": "816", "name": "王"}], "audience": None},
        "content": {"title": "记录", "items": [item]},
        "recalled_by": None,
        "conversation": {"id": "17", "name": "石塘防汛"},
    }
    told = renamed(data, lambda id_: f"<{id_}>")
    assert told["id"] == "90210"
    assert told["conversation"] == data["conversation"]
    assert told["sender"]["id"] == "<815>"
    assert told["mentions"]["people"][0]["id"] == "<816>"
    assert told["content"]["items"][0]["sender"]["id"] == "<815>"
    assert told["content"]["items"][0]["content"]["items"][0]["sender"] == bot
    assert renamed({"official_id": "815"}, lambda _: "x")["official_id"] == "x"
