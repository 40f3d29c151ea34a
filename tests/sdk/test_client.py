"""What is tried again, how long it rests, what is raised; and that every call is the platform's."""

from __future__ import annotations

import io
import json
import random
import typing
from typing import Any

import pytest
import requests
from flask import Flask
from zzd_sdk import Client, OwnTokens, Unreachable, ZzdError, files
from zzd_sdk.client import CALLS
from zzd_sdk.events import tail

from tests.apps.conftest import serving
from tests.client import ApiClient
from tests.miniapps.conftest import asking
from tests.outgoing.receiver import Received, Reply, receiving
from tests.servers import free_port

PROBLEM = {"code": "invalid", "detail": "…", "errors": [{"pointer": "/text", "detail": "Missing."}]}


def problem(status: int, **headers: str) -> Reply:
    return Reply(status, json.dumps(PROBLEM).encode(), headers=headers)


def answers(*replies: Reply) -> Any:
    left = list(replies)
    return lambda _received: left.pop(0)


def test_what_may_be_repeated_is_tried_again_after_the_rest_that_is_asked_for() -> None:
    rests: list[float] = []
    with receiving() as platform:
        client = Client(platform.url, "secret", sleep=rests.append)
        platform.reply = answers(
            problem(503), problem(429, **{"Retry-After": "7"}), Reply(200, b"{}")
        )
        assert client.post("/todos", {"client_id": "a"}) == {}
        assert [len(platform.received), rests[0] < 1 < 7 <= rests[1] < 9] == [3, True]
        assert {each.headers["authorization"] for each in platform.received} == {"Bearer secret"}
        platform.reply = answers(problem(503))
        with pytest.raises(ZzdError):
            client.post("/todos", {"text": "once"})
        assert len(platform.received) == 4


def test_a_refusal_says_what_to_mend_and_is_not_tried_again() -> None:
    with receiving() as platform:
        platform.reply = answers(problem(422), Reply(502, b"<html>"), Reply(502, b"<html>"))
        client = Client(platform.url, tries=2, sleep=lambda _seconds: None)
        with pytest.raises(ZzdError) as refused:
            client.put("/a", {})
        assert (refused.value.code, refused.value.errors) == ("invalid", PROBLEM["errors"])
        with pytest.raises(ZzdError) as refused:
            client.get("/a")
        assert (refused.value.status, refused.value.code) == (502, "unexpected_answer")
    with pytest.raises(Unreachable):
        client.get("/a")


def test_pages_are_fetched_as_they_are_needed() -> None:
    def page(received: Received) -> Reply:
        last = "cursor=two" in received.path
        body = {"items": [3] if last else [1, 2], "next": None if last else "two"}
        return Reply(200, json.dumps(body).encode())

    with receiving() as platform:
        platform.reply = page
        found = Client(platform.url).pages("/units", q="台州")
        assert (next(found), len(platform.received)) == (1, 1)
        assert list(found) == [2, 3]
        assert [each.path.startswith("/api/v1/units?") for each in platform.received] == [True] * 2


def test_every_call_is_a_route_of_the_platform_and_every_shape_part_of_its_answer(
    anonymous: ApiClient,
) -> None:
    document = anonymous.get("/openapi.json")
    schemas = document["components"]["schemas"]

    def resolved(schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def check(shape: Any, schema: dict[str, Any], where: str) -> None:
        properties = resolved(schema)["properties"]
        for name, kind in typing.get_type_hints(shape).items():
            assert name in properties, f"{where} has no {name}"
            if typing.is_typeddict(kind):
                check(kind, properties[name], f"{where}.{name}")

    for call in CALLS:
        path = call.path if call.path.startswith("/oauth/") else f"/api/v1{call.path}"
        same = [
            known
            for known in document["paths"]
            if [part[0] == "{" or part for part in known.split("/") if part]
            == [part[0] == "{" or part for part in path.split("/") if part]
        ]
        assert same, f"{call.name}: there is no {path}"
        answer = document["paths"][same[0]][call.method.lower()]["responses"]
        if call.gives is None:
            assert "204" in answer, call.name
            continue
        content = next(answer[status] for status in ("200", "201") if status in answer)["content"]
        schema = resolved(content["application/json"]["schema"])
        if "items" in schema.get("properties", {}) and "next" in schema["properties"]:
            schema = schema["properties"]["items"]["items"]
        check(call.gives, schema, call.name)
    assert len(CALLS) > 25


def test_the_calls_do_what_they_say(app: Flask, itself: ApiClient, unit_id: Any) -> None:
    with serving(app, free_port()) as url:
        own = Client(url, itself.token)
        kept = own.store("nearby.a", {"km": 5})
        assert own.load("nearby.a") == kept
        with pytest.raises(ZzdError) as refused:
            own.store("nearby.a", 1, version=kept["version"] + 1)
        assert refused.value.status == 409
        assert [each["key"] for each in own.stored("nearby.")] == ["nearby.a"]
        own.forget("nearby.a")
        assert list(own.stored()) == []
        (duty,) = own.officials_in(
            {"unit_id": unit_id("331081100"), "levels": [4], "role": "duty_officer"}
        )
        asked = own.ask(duty["id"], "核对", client_id="once")
        assert own.ask(duty["id"], "核对", client_id="once") == asked
        assert own.change_todo(asked["id"], state="done")["state"] == "done"
        assert [each["state"] for each in own.todos("done")] == ["done"]
        assert own.installation()["scopes"]


def test_a_file_goes_on_where_it_was_cut_off_and_comes_back_as_it_was(
    app: Flask, publish: Any, addressed: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scopes = asking("files.read", "files.write", "messages.send")
    server = publish(scopes=scopes)
    content = random.Random(7).randbytes(10_000)
    monkeypatch.setattr(files, "PIECE", 4_000)
    with serving(app, free_port()) as url:
        http = Broken(requests.Session())
        anybody = Client(url, http=http, sleep=lambda _seconds: None)
        now = [0.0]
        tokens = OwnTokens(anybody, server.client_id, server.secret, clock=lambda: now[0])
        own = tokens.client()
        assert tokens.client(own.installation()["id"]).installation() == own.installation()
        # Kept as long as it is good, with some time to spare.
        assert tokens.client().token == own.token
        now[0] = 7200 - 299.0
        assert tokens.client().token != own.token
        uploaded = own.upload("水位.bin", content, client_id="once")
        assert (uploaded["size"], uploaded["offset"], http.broken) == (10_000, 10_000, 2)
        assert own.upload("水位.bin", io.BytesIO(content), client_id="once") == uploaded
        assert own.file(uploaded["id"])["name"] == "水位.bin"
        fetched = io.BytesIO()
        assert own.download(uploaded["id"], fetched) == 10_000
        assert fetched.getvalue() == content
        place = addressed("org_group", "331081100")
        said = own.say(place["id"], "", files=[uploaded["id"]], client_id="a")
        assert said["seq"] == 1
        with pytest.raises(ZzdError) as refused:
            own.upload("x.txt", b"", client_id="empty")
        assert refused.value.code == "invalid"


class Broken:
    """A line that loses the first piece, and the answer to the second."""

    def __init__(self, inner: requests.Session) -> None:
        self.inner, self.broken = inner, 0

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        if method == "PATCH" and self.broken < 2:
            self.broken += 1
            if self.broken == 2:
                self.inner.request(method, url, **kwargs)
            raise requests.ConnectionError
        return self.inner.request(method, url, **kwargs)


def test_a_tail_that_sees_nothing_still_goes_on_from_where_it_looked() -> None:
    looked = {"items": [], "ack": "7", "acknowledged": "3"}
    with receiving() as platform:
        platform.reply = answers(Reply(200, json.dumps(looked).encode()), Reply(200, b"{}"))
        assert list(tail(Client(platform.url), "5", cursor="mine", once=True)) == []
        assert json.loads(platform.received[1].body) == {"cursor": "mine", "ack": "7"}
