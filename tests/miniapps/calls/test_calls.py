"""Calls in: allowance, log, storage, to-dos, and what an app says for itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import Listening, SignedIn, Statements
from tests.messaging.conftest import OWNER, MakeGroup
from tests.messaging.files.conftest import Upload, picture
from tests.miniapps.calls.conftest import OFFICIAL
from tests.miniapps.conftest import ORIGIN, AppServer, KnownAs, Publish
from zzd import clock
from zzd.miniapps.allowances import InProcess, Quota
from zzd.miniapps.calls import limits, log, storage
from zzd.realtime import kept

OUTSIDER = "330327.leader"


@pytest.fixture
def few(app: Flask) -> Any:
    """Three calls a minute, and the minute does not end."""
    before = app.extensions[limits.LIMITS]
    app.extensions[limits.LIMITS] = Quota(limits.POLICY, 3, InProcess())
    with clock.at(clock.now()):
        yield
    app.extensions[limits.LIMITS] = before


def test_too_many_calls_are_refused_with_what_is_left(few: None, itself: ApiClient) -> None:
    left = []
    for _ in range(3):
        answer = itself.request("GET", "/app/storage")
        assert answer.headers["RateLimit-Policy"] == '"app";q=3;w=60'
        left.append(answer.headers["RateLimit"].split(";")[1])
    assert left == ["r=2", "r=1", "r=0"]
    refused = itself.request("GET", "/app/storage")
    assert (refused.status_code, refused.mimetype) == (429, "application/problem+json")
    assert refused.get_json()["code"] == "too_many_requests"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"].startswith('"app";r=0;t=')


def test_each_official_who_opened_the_app_has_calls_of_their_own(
    few: None, calling: AppServer, as_: SignedIn, itself: ApiClient
) -> None:
    for username in (OFFICIAL, "331081100.leader"):
        opened = calling.open(as_(username))
        for _ in range(3):
            opened.get("/app/storage")
        opened.get("/app/storage", status=429)
    itself.get("/app/storage")


def test_all_calls_of_an_app_together_have_an_end(
    app: Flask,
    calling: AppServer,
    as_: SignedIn,
    itself: ApiClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = [calling.open(as_(username)) for username in (OFFICIAL, "331081100.leader")]
    whole = Quota(limits.WHOLE_POLICY, 3, InProcess())
    monkeypatch.setitem(app.extensions, limits.WHOLE_LIMITS, whole)
    # All within one minute.
    with clock.at(clock.now().replace(second=10, microsecond=0)):
        for client in (itself, *opened):
            answer = client.request("GET", "/app/storage")
            assert answer.headers["RateLimit"].startswith('"app";')
        refused = opened[0].request("GET", "/app/storage")
    assert (refused.status_code, refused.get_json()["code"]) == (429, "too_many_requests")
    assert refused.headers["RateLimit"].startswith('"app-whole";r=0')
    # Officials themselves go on.
    as_(OFFICIAL).get("/workbench")


def test_requests_for_tokens_stand_in_the_apps_log_and_those_of_strangers_do_not(
    app: Flask, calling: AppServer, developer: ApiClient
) -> None:
    app.extensions[log.NOTED].calls.clear()
    client, auth = app.test_client(), (calling.client_id, calling.secret)
    form = {"grant_type": "client_credentials"}
    token = client.post("/oauth/token", data=form, auth=auth).get_json()["access_token"]
    client.post("/oauth/introspect", data={"token": token}, auth=auth)
    client.post("/oauth/revoke", data={"token": token}, auth=auth)
    unknown = {"grant_type": "refresh_token", "refresh_token": "zzr_unknown"}
    client.post("/oauth/token", data=unknown, auth=auth)
    client.post("/oauth/token", data=form, auth=(calling.client_id, "wrong"))
    app.extensions[log.NOTED].write()
    shown = developer.get(f"/miniapps/{calling.id}/calls")["items"]
    assert [(call["path"], call["status"], call["code"]) for call in shown] == [
        ("/oauth/token", 400, "invalid_grant"),
        ("/oauth/revoke", 200, None),
        ("/oauth/introspect", 200, None),
        ("/oauth/token", 200, None),
    ]


def test_officials_themselves_have_no_such_limit(few: None, as_: SignedIn) -> None:
    for _ in range(5):
        assert "RateLimit" not in as_(OFFICIAL).request("GET", "/todos").headers


def test_every_call_is_in_the_apps_log_and_its_developers_alone(
    app: Flask, calling: AppServer, itself: ApiClient, developer: ApiClient, reviewer: ApiClient
) -> None:
    itself.get("/app/storage")
    itself.get("/app/storage/absent", status=404)
    itself.get("/me", status=403)
    app.extensions[log.NOTED].write()
    path = f"/miniapps/{calling.id}/calls"
    shown = developer.get(path)["items"]
    assert [(call["path"], call["status"], call["code"]) for call in shown] == [
        ("/api/v1/me", 403, "not_permitted"),
        ("/api/v1/app/storage/<storage_key:key>", 404, "not_found"),
        ("/api/v1/app/storage", 200, None),
    ]
    assert len(developer.get(path, failed=True)["items"]) == 2
    reviewer.get(path, status=403)


def test_a_value_is_changed_only_from_the_version_that_was_seen(itself: ApiClient) -> None:
    path = "/app/storage/shelter.17"
    assert itself.put(path, {"value": {"beds": 3}, "version": 0}, status=201)["version"] == 1
    assert itself.put(path, {"value": None, "version": 1})["version"] == 2
    stale = itself.put(path, {"value": 1, "version": 1}, status=409)
    assert (stale["code"], stale["version"]) == ("entry_changed", 2)
    assert itself.get(path)["value"] is None
    assert itself.request("DELETE", f"{path}?version=1").status_code == 409
    itself.delete(path)
    itself.get(path, status=404)


def test_storage_is_small_and_an_installations_own(
    itself: ApiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    itself.put("/app/storage/large", {"value": "x" * storage.LARGEST_VALUE}, status=422)
    monkeypatch.setattr(storage, "MOST_ENTRIES", 2)
    monkeypatch.setattr(storage, "MOST_BYTES", 20)
    itself.put("/app/storage/b", {"value": 1}, status=201)
    itself.put("/app/storage/a", {"value": "0123456789"}, status=201)
    assert itself.put("/app/storage/c", {"value": 1}, status=409)["code"] == "storage_full"
    itself.put("/app/storage/b", {"value": "0123456789"}, status=409)
    listed = itself.get("/app/storage", limit=1)
    assert [entry["key"] for entry in listed["items"]] == ["a"]
    rest = itself.get("/app/storage", cursor=listed["next"])
    assert [entry["key"] for entry in rest["items"]] == ["b"]


def test_storage_takes_no_text_that_a_database_cannot_hold(itself: ApiClient) -> None:
    for value in ("a\x00b", {"a\x00": 1}, [["\\\x00"]]):
        refused = itself.put("/app/storage/a", {"value": value}, status=422)
        assert refused["errors"][0]["pointer"] == "/value"
    # Written so, it is six characters.
    assert itself.put("/app/storage/a", {"value": "\\u0000"}, status=201)["value"] == "\\u0000"


def test_an_app_passes_on_no_file_of_others(
    calling: AppServer, as_: SignedIn, addressed: MakeGroup, group: MakeGroup, upload: Upload
) -> None:
    """Though its official may: the file was sent where the app sees nothing."""
    place, file = addressed("org_group", "331081100"), upload(picture(), "险情.jpg")
    said = {"kind": "file", "content": {"files": [{"id": file["id"]}]}}
    as_(OWNER).post(f"/conversations/{group(OFFICIAL)['id']}/messages", said)
    path = f"/conversations/{place['id']}/messages"
    refused = calling.open(as_(OFFICIAL)).post(path, said, status=422)
    assert refused["errors"][0]["pointer"] == "/content/files/0/id"
    as_(OFFICIAL).post(path, said)


def test_a_to_do_reaches_its_official_and_is_done_by_them(
    itself: ApiClient, as_: SignedIn, known_as: KnownAs, listening: Listening
) -> None:
    device = listening(OFFICIAL)
    body = {
        "official_id": known_as(OFFICIAL),
        "title": "核对安置点人数",
        "link": "/shelters/17",
        "due_at": "2019-08-09T20:00:00+08:00",
        "client_id": "once",
    }
    made = itself.post("/app/todos", body)
    assert itself.post("/app/todos", body, status=200) == made
    assert made["link"] == "https://shelters.example.cn/shelters/17"
    assert device.hear("todo.updated")[0]["todo"]["id"] == made["id"]
    official = as_(OFFICIAL)
    counts = official.get("/todos/counts")
    assert (counts["open"], counts["late"]) == (1, 1)
    assert counts["apps"] == [{"miniapp_id": made["miniapp_id"], "open": 1, "late": 1}]
    (mine,) = official.get("/todos", state="open")["items"]
    assert (mine["id"], mine["app"]["name"]["zh"]) == (made["id"], "安置点登记")
    as_("331081100.leader").post(f"/todos/{made['id']}/done", status=404)
    official.post(f"/todos/{made['id']}/done", status=200)
    assert official.get("/todos/counts")["open"] == 0
    settled = itself.get(f"/app/todos/{made['id']}")
    assert (settled["state"], settled["settled_by"]) == ("done", "official")
    refused = itself.patch(f"/app/todos/{made['id']}", {"title": "再来"}, status=409)
    assert refused["code"] == "todo_settled"


def test_a_to_do_is_withdrawn_and_asked_only_of_those_in_the_apps_part(
    itself: ApiClient, as_: SignedIn, known_as: KnownAs
) -> None:
    made = itself.post("/app/todos", {"official_id": known_as(OFFICIAL), "title": "核对"})
    itself.patch(f"/app/todos/{made['id']}", {"state": "withdrawn"})
    as_(OFFICIAL).post(f"/todos/{made['id']}/done", status=409)
    for body in (
        {"official_id": known_as(OUTSIDER), "title": "核对"},
        {"title": "给谁？"},
        {"official_id": known_as(OFFICIAL), "title": "核对", "link": "https://evil.cn/"},
        {"official_id": known_as(OFFICIAL), "title": "核对", "link": "//evil.cn/x"},
        {"official_id": known_as(OFFICIAL), "title": "核对", "link": "javascript:alert(1)"},
        # What a browser takes for another address than we would.
        {"official_id": known_as(OFFICIAL), "title": "核对", "link": "/\\evil.cn/x"},
        {"official_id": known_as(OFFICIAL), "title": "核对", "link": f"{ORIGIN}\\@evil.cn/"},
        {
            "official_id": known_as(OFFICIAL),
            "title": "核对",
            "link": ORIGIN.replace("https://", "https://evil.cn@"),
        },
        {"official_id": known_as(OFFICIAL), "title": "核对", "link": "/" + "x" * 490},
    ):
        itself.post("/app/todos", body, status=422)


def test_the_badges_cost_one_statement(as_: SignedIn, statements: Statements) -> None:
    official = as_(OFFICIAL)
    official.get("/todos/counts")
    with statements() as seen:
        official.get("/todos/counts")
    assert sum("app_todo" in statement for statement in seen) == 1


def test_an_app_hears_of_its_to_dos_with_its_own_token(
    itself: ApiClient, calling: AppServer, as_: SignedIn, known_as: KnownAs
) -> None:
    assert itself.get("/app/events")["items"] == []
    made = itself.post("/app/todos", {"official_id": known_as(OFFICIAL), "title": "核对"})
    as_(OFFICIAL).post(f"/todos/{made['id']}/done", status=200)
    kept.place()
    heard = itself.get("/app/events")
    assert [each["data"]["todo"]["state"] for each in heard["items"]] == ["open", "done"]
    assert heard["items"][0]["subject"] == f"todos/{made['id']}"
    itself.post("/app/events/ack", {"ack": heard["ack"]}, status=200)
    assert itself.get("/app/events")["items"] == []
    calling.open(as_(OFFICIAL)).get("/app/events", status=403)


def test_an_app_speaks_under_its_own_name_within_its_part(
    itself: ApiClient, addressed: MakeGroup, group: MakeGroup, as_: SignedIn
) -> None:
    place = addressed("org_group", "331081100")
    path = f"/app/conversations/{place['id']}/messages"
    said = itself.post(path, {"text": "安置点将满", "client_id": "k"})
    assert (
        itself.post(path, {"text": "安置点将满", "client_id": "k"}, status=200)["seq"]
        == said["seq"]
    )
    itself.post(path, {"text": "别的", "client_id": "k"}, status=409)
    (shown,) = as_(OFFICIAL).get(f"/conversations/{place['id']}/messages")["items"]
    assert shown["sender"]["name"] == "安置点登记"
    assert (shown["sender"]["id"], shown["sender"]["bot_id"]) == (None, None)
    assert shown["sender"]["app_id"] == said["sender"]["app_id"]
    outside = [
        addressed("org_group", "33", by="33.duty_officer"),
        addressed("announcement", "331081100"),
        group(OFFICIAL),
    ]
    for other in outside:
        itself.post(f"/app/conversations/{other['id']}/messages", {"text": "无"}, status=404)


def test_an_app_sends_and_replaces_cards_under_its_own_name(
    itself: ApiClient, addressed: MakeGroup, as_: SignedIn
) -> None:
    place = addressed("org_group", "331081100")
    path = f"/conversations/{place['id']}/cards"
    itself.post(path, {"title": "安置点将满", "key": "s17"})
    changed = itself.put(f"{path}/s17", {"title": "安置点已满"})
    assert changed["version"] == 2
    (shown,) = as_(OFFICIAL).get(f"/conversations/{place['id']}/messages")["items"]
    assert (shown["text"], shown["sender"]["name"]) == ("安置点已满", "安置点登记")


def test_what_an_app_says_costs_four_statements(
    app: Flask,
    itself: ApiClient,
    calling: AppServer,
    addressed: MakeGroup,
    group: MakeGroup,
    as_: SignedIn,
    statements: Statements,
    engine_kind: str,
) -> None:
    """Who calls, the place, the message and the event; on SQLite one more for each other table."""
    place = addressed("org_group", "331081100")
    own, official = f"/app/conversations/{place['id']}/messages", calling.open(as_(OFFICIAL))
    ways: list[tuple[ApiClient, str, dict[str, str], int]] = [
        (itself, own, {"text": "安置点将满"}, 5),
        (itself, f"/conversations/{place['id']}/cards", {"title": "安置点将满"}, 6),
        (official, f"/conversations/{place['id']}/messages", {"text": "已登记"}, 5),
        (official, f"/conversations/{group(OFFICIAL)['id']}/messages", {"text": "已登记"}, 5),
    ]
    # As where no app asks to hear of messages: what is kept for those that do is one more.
    app.extensions[kept.WANTED].types = frozenset()
    for client, path, body, on_sqlite in ways:
        client.post(path, body)
        with statements() as seen:
            client.post(path, body)
        assert len(seen) == (4 if engine_kind == "postgresql" else on_sqlite), seen


def test_an_app_dings_for_its_official_within_its_part_and_never_by_telephone(
    calling: AppServer, as_: SignedIn, unit_id: Callable[[str], str], known_as: KnownAs
) -> None:
    acting = calling.open(as_("331081.duty_officer"))
    town = {"unit_id": unit_id("331081100")}
    sent = acting.post("/dings", {"text": "立即转移", "audience": town})
    assert sent["sender"]["name"]
    acting.post("/dings", {"text": "x", "audience": {"unit_id": unit_id("3310")}}, status=403)
    acting.post("/dings", {"text": "x", "official_ids": [known_as(OUTSIDER)]}, status=422)
    acting.get("/dings", box="sent", status=403)


def test_an_app_dings_nobody_outside_its_part_whom_its_official_could(
    publish: Publish, as_: SignedIn, unit_id: Callable[[str], str]
) -> None:
    app = publish(scopes=[{"name": "dings.send", "reason": "要用"}])
    administrator = as_("33.leader")
    (held,) = administrator.get("/installations", miniapp_id=app.id)["items"]
    part = {"unit_id": unit_id("3310"), "role": "duty_officer"}
    administrator.patch(f"/installations/{held['id']}", {"data_audience": part})
    acting = app.open(as_("331081.duty_officer"))
    town = {"unit_id": unit_id("331081100")}
    acting.post("/dings", {"text": "转移", "audience": town}, status=403)
    acting.post("/dings", {"text": "转移", "audience": {**town, "role": "duty_officer"}})
