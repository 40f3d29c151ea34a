"""Whatever comes in, the answer is a 4xx that names the part at fault."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import Listening, SignedIn
from tests.messaging.conftest import MEMBER, OWNER, MakeGroup, say
from zzd.api import encode_cursor

HUGE = 2**63
SURROGATE = "\ud800"

CONVERSATIONS: list[tuple[Any, str]] = [
    ({}, "/kind"),
    ({"kind": "room"}, "/kind"),
    ({"kind": 7}, "/kind"),
    ({"kind": "group", "official_ids": []}, "/name"),
    ({"kind": "group", "name": "n"}, "/official_ids"),
    ({"kind": "group", "name": " ", "official_ids": []}, "/name"),
    ({"kind": "group", "name": "x\x00", "official_ids": []}, "/name"),
    ({"kind": "group", "name": "x" * 101, "official_ids": []}, "/name"),
    ({"kind": "group", "name": "防汛\u200b群", "official_ids": []}, "/name"),
    ({"kind": "group", "name": "群\u202egpj", "official_ids": []}, "/name"),
    ({"kind": "group", "name": "n", "official_ids": [1]}, "/official_ids/0"),
    ({"kind": "group", "name": "n", "official_ids": ["-1"]}, "/official_ids/0"),
    ({"kind": "group", "name": "n", "official_ids": [str(HUGE)]}, "/official_ids/0"),
    ({"kind": "group", "name": "n", "official_ids": ["1"] * 1001}, "/official_ids"),
    ({"kind": "group", "name": "n", "official_ids": [], "audience": {"unit_id": "1"}}, "/audience"),
    ({"kind": "group", "name": "n", "official_ids": [], "client_id": "a b"}, "/client_id"),
    ({"kind": "group", "name": "n", "official_ids": [], "client_id": "x" * 65}, "/client_id"),
    ({"kind": "group", "name": "n", "official_ids": [], "more": 1}, "/more"),
    ({"kind": "direct", "official_ids": []}, "/official_ids"),
    ({"kind": "direct", "official_ids": ["1", "2"]}, "/official_ids"),
    ({"kind": "direct", "official_ids": ["1"], "name": "n"}, "/name"),
    ({"kind": "direct", "official_ids": [str(HUGE - 1)]}, "/official_ids/0"),
    ({"kind": "org_group", "name": "n"}, "/audience"),
    ({"kind": "org_group", "name": "n", "audience": {}}, "/audience/unit_id"),
    ({"kind": "org_group", "name": "n", "audience": {"unit_id": "999999"}}, "/audience/unit_id"),
    ({"kind": "org_group", "name": "n", "audience": {"unit_id": "1", "levels": [9]}}, "/audience/levels/0"),
    ({"kind": "org_group", "name": "n", "audience": {"unit_id": "1", "line": "x"}}, "/audience/line"),
    ({"kind": "announcement", "name": "n", "audience": {"unit_id": "1", "role": "x"}}, "/audience/role"),
    ({"kind": "announcement", "name": "n", "audience": {"unit_id": "1"}, "official_ids": ["1"]}, "/official_ids"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "pointer"), CONVERSATIONS)
def test_conversations(as_: SignedIn, body: Any, pointer: str) -> None:
    answer = as_("33.duty_officer").post("/conversations", body, status=422)
    assert any(error["pointer"].startswith(pointer) for error in answer["errors"]), answer


MESSAGES: list[Any] = [
    {},
    {"text": ""},
    {"text": "  "},
    {"text": None},
    {"text": 7},
    {"text": "a\x00b"},
    {"text": "a", "kind": "nothing", "content": {}},
    {"text": "a", "kind": 1},
    {"text": "a", "content": {}},
    {"text": SURROGATE},
    {"text": "x" * 5001},
    {"text": "x", "reply_to_seq": "1"},
    {"text": "x", "reply_to_seq": 1.5},
    {"text": "x", "reply_to_seq": True},
    {"text": "x", "reply_to_seq": -1},
    {"text": "x", "reply_to_seq": HUGE},
    {"text": "x", "client_id": ""},
    {"text": "x", "client_id": "号"},
    {"text": "x", "seq": 3},
    [],
    "x",
    None,
]
OTHERS: list[tuple[str, str, Any]] = [
    *[("PUT", "/read", {"seq": seq}) for seq in (-1, HUGE, "1", 1.5, None, 99)],
    ("PUT", "/read", {}),
    *[("PATCH", "", {"name": name}) for name in ("", None, 1, "x" * 101, SURROGATE)],
    *[("POST", "/members", {"official_ids": ids}) for ids in ([], None, [1], ["x"], "1")],
    *[("PATCH", "/members/1", {"role": role}) for role in ("", "king", None, 1)],
]
QUERIES: list[tuple[str, dict[str, Any]]] = [
    *[("/messages", {"limit": limit}) for limit in (0, 201, -1, "x", HUGE)],
    *[("/messages", {"after_seq": seq}) for seq in (-1, HUGE, "x", "1.5", "")],
    *[("/messages", {"cursor": c}) for c in ("x", "", "!", encode_cursor([1]))],
    ("/messages", {"cursor": encode_cursor([True, HUGE, 1])}),
    ("/messages/1/readers", {"state": "seen"}),
    ("/messages/1/readers", {"unit_id": "x"}),
    ("/messages/1/readers", {"unit_id": str(HUGE)}),
    ("/messages/1/readers", {"cursor": "zz"}),
    ("/members", {"cursor": encode_cursor(["a"])}),
    ("/members", {"limit": 1000}),
]


def as_json(body: Any) -> dict[str, Any]:
    """Escaped, so that a lone surrogate gets through to the server."""
    return {"data": json.dumps(body), "content_type": "application/json"}


@pytest.mark.parametrize("body", MESSAGES)
def test_messages(as_: SignedIn, group: MakeGroup, body: Any) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}/messages"
    answer = as_(MEMBER).request("POST", path, **as_json(body))
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)
    assert as_(MEMBER).get(f"/conversations/{made['id']}")["last_seq"] == 0


@pytest.mark.parametrize(("method", "path", "body"), OTHERS)
def test_other_writes(as_: SignedIn, group: MakeGroup, method: str, path: str, body: Any) -> None:
    made = group(MEMBER)
    address = f"/conversations/{made['id']}{path}"
    answer = as_(OWNER).request(method, address, **as_json(body))
    assert answer.status_code in (400, 422), answer.get_data(as_text=True)


@pytest.mark.parametrize(("path", "query"), QUERIES)
def test_queries(as_: SignedIn, group: MakeGroup, path: str, query: dict[str, Any]) -> None:
    made = group(MEMBER)
    say(as_(MEMBER), made)
    as_(OWNER).get(f"/conversations/{made['id']}{path}", status=422, **query)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "号",
        encode_cursor([]),
        encode_cursor([2**62, "", 0, "", 0, 0]),
        encode_cursor([-(2**62), "", 0, "", 0, 0]),
        encode_cursor([0, "zz", 0, "", 0, 0]),
        encode_cursor([0, "-5", 0, "", 0, 0]),
        encode_cursor([0, "f" * 40, 0, "", 0, 0]),
        encode_cursor([0, "", 2**62, "", 1, 1]),
        encode_cursor([0, "", 0, "x", 2**62, 1]),
    ],
)
def test_cursors_of_sync_and_inbox(as_: SignedIn, cursor: str) -> None:
    as_(MEMBER).get("/sync", cursor=cursor, status=422)
    as_(MEMBER).get("/conversations", cursor=cursor, status=422)


@pytest.mark.parametrize("id_", ["0", str(HUGE), "-1", "x", "1.5", "١"])
def test_ids_in_paths(as_: SignedIn, id_: str) -> None:
    as_(MEMBER).get(f"/conversations/{id_}", status=404)
    as_(MEMBER).get(f"/conversations/{id_}/messages", status=404)


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "x",
        {},
        {"conversation_id": "1"},
        {"conversation_id": 1, "seq": 1},
        {"conversation_id": "1", "seq": "1"},
        {"conversation_id": "1", "seq": HUGE},
        {"conversation_id": str(HUGE), "seq": 1},
        {"conversation_id": "1", "seq": 1, "more": 1},
        {"conversation_id": "999999", "seq": 1},
    ],
)
def test_the_socket_event_read(listening: Listening, data: Any) -> None:
    answer = listening(MEMBER).send("read", data)
    assert answer["status"] in (404, 422)
    assert answer["code"] in ("not_found", "invalid")
