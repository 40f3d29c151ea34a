"""Commands: offered where the app may know of everybody, told to it, answered or given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import MakeGroup, addressed, group
from tests.miniapps.conftest import MANIFEST_2, AppServer, KnownAs, Publish, asking
from zzd import clock
from zzd.db import transaction
from zzd.miniapps.commanding import answering
from zzd.miniapps.commanding.models import CommandCall
from zzd.realtime import kept

__all__ = ["addressed", "group"]

TOWN, ME, LEADER, OUTSIDER = (
    "331081100",
    "331081100.duty_officer",
    "331081100.leader",
    "330327.leader",
)
ADD = {"name": "add", "title": {"zh": "登记", "en": "Register"}}
NAMING = {
    **MANIFEST_2,
    "icon": None,
    "scopes": asking("identity", "commands.answer"),
    "optional_scopes": [],
    "events": ["command.invoked"],
    "commands": [ADD, {**ADD, "name": "list", "description": {"zh": "列出", "en": "Lists"}}],
}


@pytest.fixture
def asked(publish: Publish) -> AppServer:
    return publish(**NAMING)


@pytest.fixture
def itself(app: Flask, asked: AppServer) -> ApiClient:
    form = {"grant_type": "client_credentials"}
    auth = (asked.client_id, asked.secret)
    answer = app.test_client().post("/oauth/token", data=form, auth=auth)
    client = ApiClient(app, token=answer.get_json()["access_token"])
    client.get("/app/events")
    return client


def told(itself: ApiClient) -> dict[str, Any]:
    """The one command that the app was asked."""
    kept.place()
    (event,) = itself.get("/app/events")["items"]
    assert event["type"] == "command.invoked"
    data: dict[str, Any] = event["data"]
    # Nobody waits for what another one asked.
    assert event["subject"] == f"commands/{data['command_id']}"
    return data


@pytest.fixture
def ask(asked: AppServer, as_: SignedIn) -> Callable[..., dict[str, Any]]:
    def run(place: dict[str, Any], *, by: str = ME, status: int = 201, **more: Any) -> Any:
        body = {"miniapp_id": asked.id, "name": "add", **more}
        return as_(by).post(f"/conversations/{place['id']}/commands", body, status=status)

    return run


def test_a_command_is_told_to_its_app_and_answered_to_whoever_asked_alone(
    asked: AppServer,
    itself: ApiClient,
    as_: SignedIn,
    addressed: MakeGroup,
    ask: Callable[..., Any],
    listening: Listening,
    known_as: KnownAs,
) -> None:
    place = addressed("org_group", TOWN)
    offered = as_(ME).get(f"/conversations/{place['id']}/commands")["items"]
    assert [(each["app"]["name"]["zh"], each["name"]) for each in offered] == [
        ("安置点登记", "add"),
        ("安置点登记", "list"),
    ]
    assert [each["description"] for each in offered] == [None, {"zh": "列出", "en": "Lists"}]
    device, other = listening(ME), listening(LEADER)
    call = ask(place, text="186 人", client_id="once")
    assert ask(place, text="186 人", client_id="once", status=200) == call
    assert call["state"] == "waiting"
    data = told(itself)
    assert (data["command_id"], data["name"], data["text"]) == (call["id"], "add", "186 人")
    assert data["conversation"] == {"id": place["id"], "kind": "org_group", "name": place["name"]}
    assert (data["official"]["sub"], data["official"]["name"]) == (known_as(ME), "陈石塘")
    path, body = f"/app/commands/{call['id']}/answer", {"text": "已登记"}
    itself.post(path, body, status=200)
    assert itself.post(path, body, status=200)["state"] == "answered"
    assert itself.post(path, {"text": "再来"}, status=409)["code"] == "command_settled"
    # Stale, it becomes by the event what a fresh screen reads.
    pushed = device.hear("command.updated")[-1]
    assert pushed == as_(ME).get(f"/command-calls/{call['id']}")
    assert (pushed["state"], pushed["answer"], pushed["seq"]) == ("answered", "已登记", None)
    assert not other.hear("command.updated")
    as_(LEADER).get(f"/command-calls/{call['id']}", status=404)
    assert as_(ME).get(f"/conversations/{place['id']}/messages")["items"] == []


def test_an_app_answers_everybody_where_it_was_asked(
    asked: AppServer, itself: ApiClient, as_: SignedIn, group: MakeGroup, ask: Callable[..., Any]
) -> None:
    place = group(LEADER, by=ME)
    path = f"/app/commands/{ask(place)['id']}/answer"
    for bad in ({}, {"text": "x", "message": {"text": "y"}}, {"text": " "}, {"card": {}}):
        itself.post(path, bad, status=422)
    answered = itself.post(path, {"message": {"text": "登记了 186 人"}}, status=200)
    card = {"title": "石塘镇中心小学", "key": "s17"}
    second = itself.post(f"/app/commands/{ask(place)['id']}/answer", {"card": card}, status=200)
    shown = as_(LEADER).get(f"/conversations/{place['id']}/messages")["items"][-2:]
    assert [each["seq"] for each in shown] == [answered["seq"], second["seq"]]
    assert [(each["kind"], each["sender"]["name"]) for each in shown] == [
        ("text", "安置点登记"),
        ("card", "安置点登记"),
    ]
    # Somebody came whom the app may not know of: it says nothing there any more.
    waiting, members = ask(place), f"/conversations/{place['id']}/members"
    outsider = as_(OUTSIDER).get("/me")["official"]["id"]
    as_(ME).post(members, {"official_ids": [outsider]}, status=200)
    path = f"/app/commands/{waiting['id']}/answer"
    itself.post(path, {"message": {"text": "登记了"}}, status=404)
    itself.post(path, {"card": card}, status=404)
    itself.post(path, {"text": "已登记"}, status=200)
    as_(ME).delete(f"{members}/{outsider}")
    # Whoever asked and left is answered no more, and nobody else is told.
    late = ask(place)
    as_(ME).delete(f"/conversations/{place['id']}")
    itself.post(f"/app/commands/{late['id']}/answer", {"message": {"text": "x"}}, status=404)


def test_nobody_who_waits_waits_for_ever(
    asked: AppServer,
    itself: ApiClient,
    as_: SignedIn,
    addressed: MakeGroup,
    ask: Callable[..., Any],
    listening: Listening,
) -> None:
    place, device = addressed("org_group", TOWN), listening(ME)
    calls = [ask(place) for _ in range(3)]
    assert ask(place, status=409)["code"] == "commands_waiting"
    answering.give_up_due()
    assert not device.hear("command.updated")
    with clock.at(clock.now() + timedelta(seconds=31)):
        answering.give_up_due()
    given_up = device.hear("command.updated")
    assert [each["id"] for each in given_up] == [each["id"] for each in calls]
    assert {(each["state"], each["reason"]) for each in given_up} == {("failed", "no_answer")}
    itself.post(f"/app/commands/{calls[0]['id']}/answer", {"text": "x"}, status=409)
    young = ask(place)
    # What was asked long ago is forgotten, and nothing else.
    with transaction() as session:
        old = session.get_one(CommandCall, int(calls[0]["id"]))
        old.created_at -= answering.KEPT_FOR
    answering.forget_old()
    as_(ME).get(f"/command-calls/{calls[0]['id']}", status=404)
    for kept_one in (calls[1], young):
        as_(ME).get(f"/command-calls/{kept_one['id']}")


def test_a_command_is_for_those_for_whom_the_app_is_and_where_it_knows_everybody(
    asked: AppServer,
    itself: ApiClient,
    app: Flask,
    publish: Publish,
    as_: SignedIn,
    addressed: MakeGroup,
    group: MakeGroup,
    ask: Callable[..., Any],
) -> None:
    place, wider = addressed("org_group", TOWN), group(OUTSIDER, by=ME)
    assert as_(ME).get(f"/conversations/{wider['id']}/commands")["items"] == []
    assert ask(wider, status=409)["code"] == "command_not_here"
    # Whose workbench does not have it: as if there were none.
    ask(wider, by=OUTSIDER, status=404)
    as_(OUTSIDER).get(f"/conversations/{place['id']}/commands", status=404)
    assert ask(place, name="remove", status=422)["errors"][0]["pointer"] == "/name"
    channel = addressed("announcement", TOWN)
    assert ask(channel, by="3310.duty_officer", status=409)["code"] == "command_not_here"
    # Another app, by its own token, has nothing to say to it.
    other = publish(**{**NAMING, "id": "cn.zj.other"})
    form = {"grant_type": "client_credentials"}
    own = (
        app.test_client()
        .post("/oauth/token", data=form, auth=(other.client_id, other.secret))
        .get_json()
    )
    call = ask(place)
    stranger = ApiClient(app, token=own["access_token"])
    stranger.post(f"/app/commands/{call['id']}/answer", {"text": "x"}, status=404)
    # Without the scope nothing is offered.
    administrator = as_("33.leader")
    held = administrator.get("/installations", miniapp_id=asked.id)["items"][0]
    administrator.patch(f"/installations/{held['id']}", {"scopes": ["identity"]}, status=422)
    administrator.delete(f"/installations/{held['id']}")
    ask(place, status=404)
    offered = as_(ME).get(f"/conversations/{place['id']}/commands")["items"]
    assert {each["app"]["app_id"] for each in offered} == {"cn.zj.other"}
