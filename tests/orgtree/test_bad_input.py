"""Whatever is sent: refused with the reason, never an error of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.conftest import SignedIn
from zzd.api import encode_cursor

Find = Callable[[str], str]
JSON = "application/json"
LONG = "长" * 5000
STRANGE: list[Any] = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800",
    LONG,
    1,
    -1,
    1.5,
    True,
    None,
    [],
    {},
]
HUGE = str(2**63)


def test_strange_queries_are_refused_or_find_nothing(as_: SignedIn, unit_id: Find) -> None:
    client, unit = as_("33.leader"), unit_id("33")
    words = [
        "",
        " ",
        "\x00",
        "a\x00b",
        LONG,
        "-1",
        "0",
        "1.5",
        "true",
        HUGE,
        "1" * 400,
        "￿",
        "\U0010ffff",
        "'",
        "%",
    ]
    cursors = [
        encode_cursor(parts)
        for parts in (
            [],
            [1],
            ["x"],
            [-1, "x", 1],
            [10**6, "", 0],
            [0, "\x00", 1],
            [0, "x", 2**63 - 1],
            [0, "x", 2**63],
            ["x", 0, 0, 0],
            ["x", -(2**63), 0, 0],
            [True, "x", 1],
            [0.5, "x", 1],
            [[], {}, None],
        )
    ]
    for path, names in (
        ("/units", ("code", "q", "level", "cursor", "limit")),
        (f"/units/{unit}", ("rev",)),
        (f"/units/{unit}/children", ("cursor", "limit")),
        (f"/units/{unit}/officials", ("subtree", "line", "role", "cursor", "limit")),
        ("/officials", ("q", "cursor", "limit")),
    ):
        for name in names:
            for word in [*words, *(cursors if name == "cursor" else [])]:
                query = (
                    {"q": "海", name: word} if path in {"/units", "/officials"} else {name: word}
                )
                response = client.request("GET", path, query_string=query)
                assert response.status_code in {200, 404, 422}, (path, query)


def test_strange_ids_in_paths_are_not_found(as_: SignedIn) -> None:
    client = as_("33.leader")
    for id_ in ("0", "999999", "-1", "1.5", "x", HUGE, "9" * 50, "%00", "１"):
        for path in ("", "/children", "/ancestors", "/counts", "/officials"):
            assert client.request("GET", f"/units/{id_}{path}").status_code == 404, id_
        assert client.request("GET", f"/officials/{id_}").status_code == 404
        # What cannot be an id is no address of ours, and those only take GET.
        assert client.request("DELETE", f"/posts/{id_}").status_code in {404, 405}


def test_strange_bodies_are_refused(as_: SignedIn, unit_id: Find, official_id: Find) -> None:
    client, unit = as_("33.leader"), unit_id("331081")
    post = {"unit_id": unit, "line": "water", "title": "x", "role": "member"}
    good: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/units", {"parent_id": unit, "name": "x", "code": "331081106"}),
        ("PATCH", f"/units/{unit}", {"name": "x"}),
        ("POST", f"/units/{unit}/move", {"parent_id": unit_id("3303"), "code": "330399"}),
        ("POST", f"/units/{unit}/merge", {"into_unit_id": unit_id("331002")}),
        ("POST", "/officials", {"name": "x", "post": post}),
        ("POST", f"/officials/{official_id('33.leader')}/posts", post),
        ("POST", "/audiences/preview", {"unit_id": unit}),
    ]
    for method, path, body in good:
        for key in [*body, "unknown"]:
            for value in STRANGE:
                if key == "code" and value is None:
                    continue
                # As escapes, which carry what UTF-8 cannot.
                sent = json.dumps({**body, key: value})
                response = client.request(method, path, data=sent, content_type=JSON)
                assert 400 <= response.status_code < 500, (path, key, value)
        for raw in (b"", b"{", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000):
            response = client.request(method, path, data=raw, content_type=JSON)
            assert 400 <= response.status_code < 500, (path, raw[:5])


def test_strange_parts_of_a_post_are_refused(as_: SignedIn, unit_id: Find) -> None:
    client = as_("33.leader")
    post = {"unit_id": unit_id("331081"), "line": "water", "title": "x", "role": "member"}
    for key, values in {
        "phone": ["abc", "1", "1" * 30, "13800000000\n", 5],
        "staff_no": ["", "a b", "x" * 33, "中", 5],
        "client_id": ["", "a b", "x" * 65, "中", 5],
    }.items():
        for value in values:
            body = {"name": "x", "post": post, key: value}
            problem = client.post("/officials", body, status=422)
            assert problem["errors"][0]["pointer"] == f"/{key}"
    for key, value in (
        ("order", -1),
        ("order", 10**6),
        ("order", "1"),
        ("line", "none"),
        ("role", "x"),
    ):
        problem = client.post("/officials", {"name": "x", "post": {**post, key: value}}, status=422)
        assert problem["errors"][0]["pointer"] == f"/post/{key}", (key, value)
    for id_ in (HUGE, "1" * 400, "-1", "０", "x", 5):
        body = {"name": "x", "post": {**post, "unit_id": id_}}
        problem = client.post("/officials", body, status=422)
        assert problem["errors"][0]["pointer"] == "/post/unit_id"
    posted = client.post("/officials", {"name": "x", "post": post})["posts"][0]["id"]
    problem = client.patch(f"/posts/{posted}", {"is_primary": False}, status=422)
    assert problem["errors"][0]["pointer"] == "/is_primary"
