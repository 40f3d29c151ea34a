"""An app knows officials by names of its supplier's own: by every route that takes its token.

In this world officials have ids that nothing else has, so that one is seen wherever it shows.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text, update

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import addressed, group
from tests.messaging.files.conftest import CHUNK, TUS, metadata
from tests.miniapps.conftest import MANIFEST_2, KnownAs, Publish, asking
from tests.miniapps.test_matrix import routes_for_apps
from tests.tasks.scenes import Scene
from zzd.db import Base, transaction
from zzd.miniapps.manifest_rules import EVENT_SCOPES
from zzd.miniapps.manifests import SCOPES
from zzd.orgtree.models import Official
from zzd.pairwise import official_of, seal, sub_of, unseal
from zzd.realtime import kept

__all__ = ["addressed", "group"]

TOWN, ME, OTHER = "331081100", "331081100.duty_officer", "331081100.leader"
FAR = 7_000_000_000
A_FAR_ID = re.compile(r"(?<!\d)70000000\d\d(?!\d)")
CARD = {"title": "标题", "fields": [], "buttons": []}
WORDS = b"words"


@given(st.integers(0, 2**63 - 1), st.integers(1, 2**31))
def test_a_name_is_read_back_by_its_own_supplier_alone(official_id: int, supplier: int) -> None:
    name = sub_of(official_id, supplier=supplier, key="k")
    assert official_of(name, supplier=supplier, key="k") == official_id
    assert sub_of(official_id, supplier=supplier, key="k") == name
    assert len(name) == 32
    for other in ((supplier + 1, "k"), (supplier, "another")):
        assert sub_of(official_id, supplier=other[0], key=other[1]) != name
        assert official_of(name, supplier=other[0], key=other[1]) is None


@pytest.mark.parametrize(
    "change", [lambda n: n[:-1], lambda n: n + "=", lambda n: f" {n}", str.lower]
)
def test_nobody_makes_up_a_name(change: Callable[[str], str]) -> None:
    name = sub_of(815, supplier=1, key="k")
    assert official_of(change(name), supplier=1, key="k") is None
    # What is sealed is another thing than a name, however alike the two are.
    sealed = seal((815).to_bytes(8, "big"), supplier=1, key="k")
    assert official_of(sealed, supplier=1, key="k") is None
    assert unseal(name, supplier=1, key="k") is None


@pytest.fixture
def far_ids(app: Flask) -> None:
    """Officials have ids as nothing else has them."""
    with transaction() as session:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text("PRAGMA defer_foreign_keys = ON"))
        else:
            session.execute(text("SET LOCAL session_replication_role = replica"))
        officials = Official.__table__
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if any(key.column is officials.c.id for key in column.foreign_keys):
                    session.execute(update(table).values({column: column + FAR}))
        session.execute(update(officials).values(id=officials.c.id + FAR))


Call = tuple[str, str, dict[str, Any]]


@pytest.fixture
def calls(
    far_ids: None,
    app: Flask,
    publish: Publish,
    as_: SignedIn,
    unit_id: Any,
    group: Any,
    addressed: Any,
    known_as: KnownAs,
) -> tuple[dict[str, ApiClient], list[tuple[str, str, Call]]]:
    """A good call of every route that an app may call: by whom, which route, and what."""
    wanted = [name for name in SCOPES if name != "identity.id"]
    whole = {"unit_code": "33"}
    changes = {"scopes": asking(*wanted), "events": sorted(EVENT_SCOPES)}
    changes["commands"] = [{"name": "add", "title": {"zh": "登记", "en": "Register"}}]
    changes |= {"audience": whole, "data_audience": whole, "icon": None, "optional_scopes": []}
    server = publish(**{**MANIFEST_2, **changes})
    form = {"grant_type": "client_credentials"}
    auth = (server.client_id, server.secret)
    own = app.test_client().post("/oauth/token", data=form, auth=auth).get_json()
    clients = {"me": server.open(as_(ME)), "itself": ApiClient(app, token=own["access_token"])}
    kept.place()
    clients["itself"].get("/app/events")
    scene = Scene(as_, unit_id)
    done, open_one = scene.issue(TOWN), scene.issue(TOWN)
    scene.report(TOWN, done, moved=3)
    first, second = scene.mine(ME, done)["id"], scene.mine(ME, open_one)["id"]
    named, place = group(OTHER, by=ME), addressed("org_group", TOWN)
    as_(OTHER).post(f"/conversations/{place['id']}/messages", {"text": "水位上涨"})
    command = {"miniapp_id": server.id, "name": "add"}
    asked = as_(ME).post(f"/conversations/{place['id']}/commands", command)
    kept.place()
    unit, audience = unit_id(TOWN), {"unit_id": unit_id(TOWN)}
    uploading = {
        "headers": {**TUS, "Upload-Length": "5", "Upload-Metadata": metadata(filename="a.txt")}
    }
    announced = clients["itself"].request("POST", "/app/files/uploads", **uploading).get_json()
    piece = {"headers": {**TUS, "Upload-Offset": "0"}, "data": WORDS, "content_type": CHUNK}
    other, me = known_as(OTHER), known_as(ME)
    chat, cards = f"/conversations/{named['id']}", f"/conversations/{named['id']}/cards"
    one, up = "/units/<id:unit_id>", "/app/files/uploads"
    file, storage = f"/app/files/{announced['id']}", "/app/storage/<storage_key:key>"
    card_routes = "/conversations/<id:conversation_id>/cards"
    mentioning = {"text": "到位", "mentions": {"official_ids": [other]}}
    listed: list[tuple[str, str, Call]] = [
        *(("me", path, ("GET", path, {})) for path in ("/org-state", "/lines", "/units")),
        ("me", one, ("GET", f"/units/{unit}", {})),
        *(
            ("me", f"{one}/{part}", ("GET", f"/units/{unit}/{part}", {}))
            for part in ("children", "ancestors", "counts", "officials")
        ),
        ("me", "/officials", ("GET", "/officials?q=石塘&limit=1", {})),
        ("itself", "/officials/<official:official_id>", ("GET", f"/officials/{other}", {})),
        *(
            ("itself", f"/audiences/{what}", ("POST", f"/audiences/{what}", {"json": audience}))
            for what in ("preview", "units", "officials")
        ),
        (
            "me",
            "/conversations/<id:conversation_id>/messages",
            ("POST", f"{chat}/messages", {"json": mentioning}),
        ),
        ("me", card_routes, ("POST", cards, {"json": {**CARD, "key": "k"}})),
        ("me", f"{card_routes}/<string:key>", ("GET", f"{cards}/k", {})),
        ("me", f"{card_routes}/<string:key>", ("PUT", f"{cards}/k", {"json": CARD})),
        ("me", "/events", ("GET", "/events", {})),
        ("me", "/events/<id:event_id>", ("GET", f"/events/{scene.event['id']}", {})),
        ("me", "/directives", ("GET", "/directives", {})),
        ("me", "/directives/<id:directive_id>", ("GET", f"/directives/{done['id']}", {})),
        ("me", "/assignments", ("GET", "/assignments?state=any", {})),
        ("me", "/assignments/<id:assignment_id>", ("GET", f"/assignments/{first}", {})),
        (
            "me",
            "/assignments/receipts",
            (
                "POST",
                "/assignments/receipts",
                {"json": {"assignment_ids": [second], "kind": "read"}},
            ),
        ),
        (
            "me",
            "/assignments/<id:assignment_id>/acknowledgement",
            ("POST", f"/assignments/{second}/acknowledgement", {"json": {}}),
        ),
        ("me", "/dings", ("POST", "/dings", {"json": {"text": "x", "official_ids": [other]}})),
        ("itself", storage, ("PUT", "/app/storage/a", {"json": {"value": 1}})),
        ("itself", "/app/storage", ("GET", "/app/storage", {})),
        ("itself", storage, ("GET", "/app/storage/a", {})),
        ("itself", storage, ("DELETE", "/app/storage/a", {})),
        (
            "itself",
            "/app/conversations/<id:conversation_id>/messages",
            ("POST", f"/app/conversations/{place['id']}/messages", {"json": {"text": "x"}}),
        ),
        ("itself", f"{up}/<id:file_id>", ("PATCH", f"{up}/{announced['id']}", piece)),
        ("itself", "/app/files/<id:file_id>", ("GET", file, {})),
        ("itself", "/app/files/<id:file_id>/content", ("GET", f"{file}/content", {})),
        ("itself", f"{up}/<id:file_id>", ("DELETE", f"{up}/{announced['id']}", {})),
        ("itself", up, ("POST", up, uploading)),
        (
            "itself",
            "/app/todos",
            ("POST", "/app/todos", {"json": {"title": "x", "official_id": me}}),
        ),
        ("itself", "/app/todos", ("GET", "/app/todos", {})),
        ("itself", "/app/todos/<id:todo_id>", ("GET", "/app/todos/1", {})),
        ("itself", "/app/todos/<id:todo_id>", ("PATCH", "/app/todos/1", {"json": {"title": "y"}})),
        ("itself", "/app/events", ("GET", "/app/events", {})),
        ("itself", "/app/events/ack", ("POST", "/app/events/ack", {"json": {"ack": "1"}})),
        (
            "itself",
            "/app/commands/<id:call_id>/answer",
            ("POST", f"/app/commands/{asked['id']}/answer", {"json": {"message": {"text": "y"}}}),
        ),
        ("me", "/installations/current", ("GET", "/installations/current", {})),
        *(("me", "/oauth/userinfo", (how, "/oauth/userinfo", {})) for how in ("GET", "POST")),
    ]
    return clients, listed


# Where somebody is named; the others tell of nobody.
TELL_OF_SOMEBODY = {
    "/units/<id:unit_id>/officials",
    "/officials",
    "/officials/<official:official_id>",
    "/audiences/officials",
    "/conversations/<id:conversation_id>/messages",
    "/events",
    "/events/<id:event_id>",
    "/directives",
    "/directives/<id:directive_id>",
    "/assignments",
    "/assignments/<id:assignment_id>",
    "/assignments/<id:assignment_id>/acknowledgement",
    "/dings",
    "/app/todos",
    "/app/todos/<id:todo_id>",
    "/app/events",
    "/oauth/userinfo",
}


def read_as_base64(word: str) -> str:
    """As cursors are, to whoever looks into them."""
    try:
        return base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)).decode("latin-1")
    except binascii.Error:
        return ""


def test_no_answer_to_an_app_has_an_officials_id_in_it(
    app: Flask,
    calls: tuple[dict[str, ApiClient], list[tuple[str, str, Call]]],
    known_as: KnownAs,
) -> None:
    clients, listed = calls
    known = {known_as(username): username for username in (ME, OTHER, "33.duty_officer")}
    asked, told = set(), set()
    for whose, route, (method, path, more) in listed:
        if path == "/app/events":
            kept.place()
        answer = clients[whose].request(method, path, **more)
        body = answer.get_data(as_text=True)
        assert answer.status_code in (200, 201, 204), (method, path, body)
        asked.add((method, route))
        assert not A_FAR_ID.search(f"{answer.headers} {body}"), (method, path, body)
        for word in re.findall(r"[A-Za-z0-9_-]{8,}", body):
            assert not A_FAR_ID.search(read_as_base64(word)), (method, path, word)
        if any(name in body for name in known):
            told.add(route)
    assert asked == routes_for_apps(app)
    assert told == TELL_OF_SOMEBODY


def test_pages_go_on_where_the_one_before_ended(
    calls: tuple[dict[str, ApiClient], list[tuple[str, str, Call]]], unit_id: Any
) -> None:
    client = calls[0]["itself"]
    path = f"/units/{unit_id('331081')}/officials"
    whole = client.get(path, subtree="true")["items"]
    found, cursor = [], None
    while True:
        page = client.get(path, subtree="true", limit=2, **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert found == whole
    client.get(path, cursor=base64.urlsafe_b64encode(b'["a",1,1,1]').decode(), status=422)


def test_ids_are_understood_with_their_scope_alone(
    publish: Publish, as_: SignedIn, official_id: Callable[[str], str], known_as: KnownAs
) -> None:
    asked = ("contacts.read", "todos.write")
    without = publish(scopes=asking(*asked)).open(as_(ME))
    knowing = {"id": "cn.zj.knows", "icon": None, "scopes": asking(*asked, "identity.id")}
    within = publish(**{**MANIFEST_2, **knowing, "optional_scopes": []}).open(as_(ME))
    id_, name = official_id(OTHER), known_as(OTHER)
    without.get(f"/officials/{id_}", status=404)
    without.post("/app/todos", {"title": "x", "official_id": id_}, status=422)
    assert without.get(f"/officials/{name}")["id"] == name
    # Whom it knew by a name before, it still does.
    for said in (id_, name):
        assert within.get(f"/officials/{said}")["id"] == id_
        assert within.post("/app/todos", {"title": "x", "official_id": said})["official_id"] == id_
    as_(ME).get(f"/officials/{name}", status=404)
    assert as_(ME).get(f"/officials/{id_}")["id"] == id_


def test_what_others_are_told_of_it_names_everybody_by_id(
    publish: Publish,
    as_: SignedIn,
    group: Any,
    official_id: Callable[[str], str],
    known_as: KnownAs,
) -> None:
    acting = publish(scopes=asking("messages.send")).open(as_(ME))
    place = group(OTHER, by=ME)
    body = {"text": "到位", "mentions": {"official_ids": [known_as(OTHER)]}}
    sent = acting.post(f"/conversations/{place['id']}/messages", body)
    assert sent["mentions"]["people"][0]["id"] == known_as(OTHER)
    shown = as_(OTHER).get(f"/conversations/{place['id']}/messages")["items"][-1]
    assert shown["sender"]["id"] == official_id(ME)
    assert shown["mentions"]["people"][0]["id"] == official_id(OTHER)
    assert shown["mentions_me"] is True
