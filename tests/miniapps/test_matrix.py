"""An app sees nothing outside its data audience, by no route that takes its token.

The routes come from their own declarations: one that takes an app's token and has no probe here
fails the first test. A probe asks for what is inside and for what is outside, as the app for its
official and, where that may be, as the app itself. Every answer is searched for whatever is outside.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import addressed, group
from tests.messaging.files.conftest import Upload, upload
from tests.miniapps.conftest import MANIFEST_2, AppServer, KnownAs, Publish, install
from tests.organisation import UNITS
from tests.tasks.scenes import Scene, duty
from zzd.api import Caller
from zzd.miniapps.manifests import SCOPES

__all__ = ["addressed", "group", "upload"]

INSIDE, ABOVE, BESIDE = "331081100", "331081", "331081101"
VILLAGE, ELSEWHERE = "331081100201", "331002001"
CARD = {"title": "标题", "fields": [], "buttons": []}
# (method, path, body or query, statuses that are good answers)
Request = tuple[str, str, dict[str, Any], set[int]]
HIDDEN, SHOWN = {404, 422}, {200, 201}


@dataclass
class World:
    """What is inside and outside of the data audience: all of 石塘镇 and nothing else."""

    server: AppServer
    ids: dict[str, str]
    official: ApiClient
    itself: ApiClient

    def __getitem__(self, name: str) -> str:
        return self.ids[name]


@pytest.fixture
def world(
    app: Flask,
    publish: Publish,
    as_: SignedIn,
    unit_id: Any,
    official_id: Any,
    known_as: KnownAs,
    group: Any,
    addressed: Any,
    upload: Upload,
) -> World:
    # Without ids, as nearly every app: tests/miniapps/test_pairwise.py has more of that.
    scopes = [{"name": name, "reason": "x"} for name in SCOPES if name != "identity.id"]
    wide = {**MANIFEST_2, "scopes": scopes, "icon": None, "optional_scopes": []}
    server = publish(**wide)
    (province,) = as_("33.leader").get("/installations")["items"]
    as_("33.leader").delete(f"/installations/{province['id']}")
    narrow = {"unit_id": unit_id(INSIDE)}
    install(as_("331081.leader"), server.id, unit_id=unit_id(ABOVE), data_audience=narrow)
    scene = Scene(as_, unit_id)
    directive = scene.issue(INSIDE, BESIDE)
    post = {"unit_id": unit_id(ELSEWHERE), "line": "water", "title": "外单位干事", "role": "member"}
    inner = official_id(f"{VILLAGE}.leader")
    as_("33.leader").post(f"/officials/{inner}/posts", post)
    mine, neighbour = duty(INSIDE), duty(BESIDE)
    places = {
        "inside": addressed("org_group", INSIDE),
        "outside": addressed("org_group", ABOVE),
    }

    def file_in(place: dict[str, Any]) -> str:
        """Sent there by somebody who also sees the other one."""
        file_id: str = upload("石塘松门".encode(), "石塘.txt", by=mine)["id"]
        said = {"kind": "file", "content": {"files": [{"id": file_id}]}, "text": ""}
        as_(mine).post(f"/conversations/{place['id']}/messages", said)
        return file_id

    ids = {
        **{f"unit {code}": unit_id(code) for code in UNITS},
        "official inside": known_as(f"{VILLAGE}.leader"),
        "official outside": known_as(neighbour),
        **{f"file {where}": file_in(place) for where, place in places.items()},
        "group inside": group(f"{VILLAGE}.leader", f"{INSIDE}.leader", by=mine)["id"],
        "group outside": group(neighbour, by=mine)["id"],
        "org group inside": places["inside"]["id"],
        "org group outside": places["outside"]["id"],
        "event": scene.event["id"],
        "directive": directive["id"],
        "assignment": scene.mine(mine, directive)["id"],
    }
    auth = (server.client_id, server.secret)
    form = {"grant_type": "client_credentials"}
    own = app.test_client().post("/oauth/token", data=form, auth=auth).get_json()
    itself = ApiClient(app, token=own["access_token"])
    return World(server, ids, server.open(as_(mine)), itself)


def units(world: World, path: str, *, inside: str = INSIDE) -> Iterator[Request]:
    """A path below a unit, for units outside and for one inside."""
    for code in ("33", ABOVE, BESIDE, ELSEWHERE):
        yield "GET", path.format(world[f"unit {code}"]), {}, HIDDEN
    yield "GET", path.format(world[f"unit {inside}"]), {}, SHOWN


def searches(path: str, *texts: str) -> Iterator[Request]:
    for text in texts:
        yield "GET", path, {"q": text}, SHOWN


def described(world: World, path: str) -> Iterator[Request]:
    for code in ("33", ABOVE, BESIDE):
        yield "POST", path, {"unit_id": world[f"unit {code}"]}, HIDDEN
    for code in (INSIDE, VILLAGE):
        yield "POST", path, {"unit_id": world[f"unit {code}"]}, SHOWN


def said(world: World, path: str, body: dict[str, Any], method: str) -> Iterator[Request]:
    for outside in ("group outside", "org group outside"):
        yield method, path.format(world[outside]), body, HIDDEN
    yield method, path.format(world["group inside"]), body, SHOWN


Probe = Callable[[World], Iterator[Request]]
ONE = "/units/<id:unit_id>"
STORAGE, TODO = "/app/storage/<storage_key:key>", "/app/todos/<id:todo_id>"
UPLOADS, FILE = "/app/files/uploads", "/app/files/<id:file_id>"
UPLOAD = f"{UPLOADS}/<id:file_id>"
SAY = "/app/conversations/{}/messages"
CARDS = "/conversations/<id:conversation_id>/cards"
PROBES: dict[tuple[str, str], Probe] = {
    ("GET", "/org-state"): lambda w: iter([("GET", "/org-state", {}, SHOWN)]),
    ("GET", "/lines"): lambda w: iter([("GET", "/lines", {}, SHOWN)]),
    ("GET", "/units"): lambda w: iter(
        [
            *searches("/units", "镇", "松门", "温岭", "3310", "stz", "浙江省"),
            ("GET", "/units", {"limit": 200}, SHOWN),
            *(("GET", "/units", {"code": code}, SHOWN) for code in UNITS),
        ]
    ),
    ("GET", ONE): lambda w: iter(
        [*units(w, "/units/{}"), ("GET", f"/units/{w[f'unit {INSIDE}']}", {"rev": 1}, SHOWN)]
    ),
    ("GET", f"{ONE}/children"): lambda w: units(w, "/units/{}/children"),
    ("GET", f"{ONE}/ancestors"): lambda w: units(w, "/units/{}/ancestors", inside=VILLAGE),
    ("GET", f"{ONE}/counts"): lambda w: units(w, "/units/{}/counts"),
    ("GET", f"{ONE}/officials"): lambda w: units(w, "/units/{}/officials?subtree=true"),
    ("GET", "/officials"): lambda w: searches("/officials", "陈", "王", "陈松门", "w", "csm"),
    ("GET", "/officials/<official:official_id>"): lambda w: iter(
        [
            ("GET", f"/officials/{w['official outside']}", {}, HIDDEN),
            ("GET", f"/officials/{w['official inside']}", {}, SHOWN),
        ]
    ),
    ("POST", "/audiences/preview"): lambda w: described(w, "/audiences/preview"),
    ("POST", "/audiences/units"): lambda w: described(w, "/audiences/units"),
    ("POST", "/audiences/officials"): lambda w: described(w, "/audiences/officials"),
    ("POST", "/conversations/<id:conversation_id>/messages"): lambda w: said(
        w, "/conversations/{}/messages", {"text": "hello"}, "POST"
    ),
    ("POST", CARDS): lambda w: said(w, "/conversations/{}/cards", {**CARD, "key": "k"}, "POST"),
    ("GET", f"{CARDS}/<string:key>"): lambda w: said(w, "/conversations/{}/cards/k", {}, "GET"),
    ("PUT", f"{CARDS}/<string:key>"): lambda w: said(w, "/conversations/{}/cards/k", CARD, "PUT"),
    # What the province orders names people of the province: none of it is inside.
    ("GET", "/events"): lambda w: iter([("GET", "/events", {}, SHOWN)]),
    ("GET", "/events/<id:event_id>"): lambda w: iter(
        [("GET", f"/events/{w['event']}", {}, HIDDEN)]
    ),
    ("GET", "/directives"): lambda w: iter(
        [("GET", "/directives", {"box": box}, SHOWN) for box in ("received", "issued", "copied")]
    ),
    ("GET", "/directives/<id:directive_id>"): lambda w: iter(
        [("GET", f"/directives/{w['directive']}", {}, HIDDEN)]
    ),
    ("GET", "/assignments"): lambda w: iter([("GET", "/assignments", {"state": "any"}, SHOWN)]),
    ("GET", "/assignments/<id:assignment_id>"): lambda w: iter(
        [("GET", f"/assignments/{w['assignment']}", {}, HIDDEN)]
    ),
    ("POST", "/assignments/receipts"): lambda w: iter(
        [
            (
                "POST",
                "/assignments/receipts",
                {"assignment_ids": [w["assignment"]], "kind": "read"},
                HIDDEN,
            )
        ]
    ),
    ("POST", "/assignments/<id:assignment_id>/acknowledgement"): lambda w: iter(
        [("POST", f"/assignments/{w['assignment']}/acknowledgement", {}, HIDDEN)]
    ),
    ("POST", "/dings"): lambda w: iter(
        [
            ("POST", "/dings", {"text": "x", "official_ids": [w["official outside"]]}, HIDDEN),
            ("POST", "/dings", {"text": "x", "audience": {"unit_id": w[f"unit {ABOVE}"]}}, {403}),
        ]
    ),
    # What an app keeps for this installation is nobody else's.
    ("GET", "/app/storage"): lambda w: iter([("GET", "/app/storage", {}, SHOWN)]),
    ("PUT", STORAGE): lambda w: iter([("PUT", "/app/storage/a", {"value": 1}, SHOWN)]),
    ("GET", STORAGE): lambda w: iter([("GET", "/app/storage/a", {}, SHOWN)]),
    ("DELETE", STORAGE): lambda w: iter([("DELETE", "/app/storage/a", {}, {204})]),
    ("POST", "/app/conversations/<id:conversation_id>/messages"): lambda w: iter(
        [
            ("POST", SAY.format(w["org group outside"]), {"text": "x"}, HIDDEN),
            ("POST", SAY.format(w["org group inside"]), {"text": "x"}, SHOWN),
        ]
    ),
    # Without the headers of its protocol an upload is refused, whosever it is.
    ("POST", UPLOADS): lambda w: iter([("POST", UPLOADS, {}, {412})]),
    ("PATCH", UPLOAD): lambda w: iter([("PATCH", f"{UPLOADS}/{w['file outside']}", {}, {412})]),
    ("DELETE", UPLOAD): lambda w: iter([("DELETE", f"{UPLOADS}/{w['file outside']}", {}, HIDDEN)]),
    ("GET", FILE): lambda w: iter(
        [
            ("GET", f"/app/files/{w['file outside']}", {}, HIDDEN),
            ("GET", f"/app/files/{w['file inside']}", {}, SHOWN),
        ]
    ),
    ("GET", f"{FILE}/content"): lambda w: iter(
        [
            ("GET", f"/app/files/{w['file outside']}/content", {}, HIDDEN),
            ("GET", f"/app/files/{w['file inside']}/content", {}, SHOWN),
        ]
    ),
    ("GET", "/app/events"): lambda w: iter([("GET", "/app/events", {}, SHOWN)]),
    ("POST", "/app/events/ack"): lambda w: iter(
        [("POST", "/app/events/ack", {"ack": "1"}, SHOWN | HIDDEN)]
    ),
    ("POST", "/app/todos"): lambda w: iter(
        [
            ("POST", "/app/todos", {"title": "x", "official_id": w["official outside"]}, HIDDEN),
            ("POST", "/app/todos", {"title": "x", "official_id": w["official inside"]}, SHOWN),
        ]
    ),
    ("GET", "/app/todos"): lambda w: iter([("GET", "/app/todos", {}, SHOWN)]),
    ("GET", TODO): lambda w: iter([("GET", "/app/todos/1", {}, SHOWN)]),
    ("PATCH", TODO): lambda w: iter([("PATCH", "/app/todos/1", {"title": "y"}, SHOWN)]),
    # What was asked of another installation is not there.
    ("POST", "/app/commands/<id:call_id>/answer"): lambda w: iter(
        [("POST", "/app/commands/1/answer", {"text": "x"}, HIDDEN)]
    ),
    ("GET", "/installations/current"): lambda w: iter(
        [("GET", "/installations/current", {}, SHOWN)]
    ),
    ("POST", "/oauth/userinfo"): lambda w: iter([("POST", "/oauth/userinfo", {}, SHOWN | {403})]),
    ("GET", "/oauth/userinfo"): lambda w: iter([("GET", "/oauth/userinfo", {}, SHOWN | {403})]),
}


def routes_for_apps(app: Flask) -> set[tuple[str, str]]:
    """Every route that an app's token may be taken at, as its view declares."""
    found = set()
    for rule in app.url_map.iter_rules():
        access = getattr(app.view_functions[rule.endpoint], "zzd_access", None)
        if access and (access.scope or access.caller is Caller.APP):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                found.add((method, rule.rule.removeprefix("/api/v1")))
    return found


def test_every_route_that_takes_an_apps_token_has_a_probe(app: Flask) -> None:
    assert routes_for_apps(app) == set(PROBES)


def test_an_app_sees_nothing_outside_its_data_audience(world: World) -> None:
    outside = [name for code, name in UNITS.items() if not code.startswith(INSIDE)]
    outside += [f"{family}{name[:2]}" for name in outside for family in "王陈"] + ["外单位"]
    shown = 0
    for probe in PROBES.values():
        for method, path, said, good in probe(world):
            answers = []
            for client in (world.official, world.itself):
                sends = {"query_string": said} if method == "GET" else {"json": said}
                if "?" in path:
                    sends = {}
                answer = client.request(method, path, **sends)
                answers.append(answer.status_code)
                text = json.dumps(answer.get_json(silent=True), ensure_ascii=False)
                seen = [name for name in outside if name in text]
                assert not seen, (method, path, said, text)
                shown += "石塘" in text
            # Some is only for one of the two; nothing is for neither.
            assert set(answers) <= good | {403, 404}, (method, path, said, answers)
            assert set(answers) & good, (method, path, said, answers)
    # And what is inside it does see.
    assert shown > 20


def test_what_is_inside_is_told_without_what_is_above_it(world: World) -> None:
    app, unit = world.official, world[f"unit {INSIDE}"]
    card = app.get(f"/units/{unit}")
    assert (card["full_name"], card["parent_id"]) == ("石塘镇", None)
    village = app.get(f"/units/{world[f'unit {VILLAGE}']}")
    assert (village["full_name"], village["parent_id"]) == ("石塘镇东海村", unit)
    assert app.get("/installations/current")["unit"] is None
    (post,) = app.get(f"/officials/{world['official inside']}")["posts"]
    assert post["unit"]["name"] == "东海村"
    levels = [item["level"] for item in app.get(f"/units/{unit}/counts")["items"]]
    assert levels == [4, 5, 6]


def test_a_data_audience_of_some_duties_shows_these_alone(
    publish: Publish, as_: SignedIn, unit_id: Any, known_as: KnownAs
) -> None:
    duties = {"unit_code": "331081", "levels": [4], "role": "duty_officer"}
    scopes = [{"name": name, "reason": "x"} for name in ("contacts.read", "units.read")]
    wide = {**MANIFEST_2, "scopes": scopes, "icon": None, "optional_scopes": []}
    server = publish(**{**wide, "data_audience": duties})
    assert as_("331081100.leader").get("/workbench")["items"] == []
    client = server.open(as_(duty(INSIDE)))
    found = (
        client.get("/officials", q="石塘")["items"] + client.get("/officials", q="温岭")["items"]
    )
    assert [item["name"] for item in found] == ["陈石塘"]
    client.get(f"/officials/{known_as('331081100.leader')}", status=404)
    client.get(f"/units/{unit_id(VILLAGE)}", status=404)
    assert client.get(f"/units/{unit_id(INSIDE)}")["has_children"] is False
    assert client.get(f"/units/{unit_id(INSIDE)}/children")["items"] == []
    assert [item["name"] for item in client.get("/units")["items"]] == ["石塘镇", "松门镇"]
