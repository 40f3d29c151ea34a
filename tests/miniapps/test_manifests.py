"""Every refusal of a manifest says where and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.client import ApiClient
from tests.miniapps.conftest import MANIFEST, ORIGIN, manifest
from zzd.miniapps.manifests import LARGEST, SCHEMA, find_faults, origin_of

OWN = ("http://127.0.0.1:8000",)
WORKBENCH = Path(__file__).parents[2] / "web" / "src" / "features" / "workbench"


def test_the_schema_is_a_good_schema_and_the_example_a_good_manifest() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert find_faults(MANIFEST, own_origins=OWN) == []


def test_the_example_that_the_client_inserts_is_a_good_manifest() -> None:
    example = json.loads((WORKBENCH / "example-manifest.json").read_text())
    assert find_faults(example, own_origins=OWN) == []


def test_a_manifest_needs_neither_icon_nor_events() -> None:
    least = {name: MANIFEST[name] for name in SCHEMA["required"]}
    assert find_faults({**least, "$schema": "https://zzd.example/1.json"}) == []


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"manifest_version": 2}, "/manifest_version", "Must be one of 1"),
        ({"id": "Shelters"}, "/id", "reversed domain name"),
        ({"id": "cn.zj.shelters\n"}, "/id", "control character"),
        ({"name": {"zh": "安置点"}}, "/name/en", "Is missing"),
        ({"name": {"zh": " ", "en": "x"}}, "/name/zh", "Must not be blank"),
        ({"name": {"zh": "安" * 61, "en": "x"}}, "/name/zh", "1 to 60 characters"),
        ({"name": {"zh": "a\x00b", "en": "x"}}, "/name/zh", "control character"),
        ({"name": "安置点"}, "/name", "Must be an object"),
        ({"colour": "red"}, "/colour", "remove it"),
        ({"a/b~c": 1}, "/a~1b~0c", "remove it"),
        ({"category": "games"}, "/category", '"emergency"'),
        ({"icon": "http://x.cn/i.png"}, "/icon", "https address"),
        ({"icon": "data:text/html,hi"}, "/icon", "data:image/svg+xml"),
        ({"icon": 'data:image/png,"><script>'}, "/icon", "percent-encode"),
        ({"entry_url": "shelters.zj.cn"}, "/entry_url", "full address"),
        ({"entry_url": "http://shelters.zj.cn/"}, "/entry_url", "https://"),
        ({"entry_url": "https://u:p@zj.cn/"}, "/entry_url", "user name"),
        ({"entry_url": f"{ORIGIN}/#top"}, "/entry_url", "remove #"),
        ({"entry_url": "https://*.zj.cn/"}, "/entry_url", "wildcard"),
        ({"entry_url": "https://zj.cn;script-src/"}, "/entry_url", "host name"),
        ({"entry_url": "https://[::1/"}, "/entry_url", "Is not an address"),
        ({"entry_url": "https://zj.cn:99999/"}, "/entry_url", "Is not an address"),
        ({"entry_url": "https://安置.cn/"}, "/entry_url", "percent-encode"),
        (
            {"entry_url": f"{OWN[0]}/app", "redirect_uris": [f"{OWN[0]}/launch"]},
            "/entry_url",
            "another origin",
        ),
        ({"redirect_uris": []}, "/redirect_uris", "1 to 10"),
        ({"redirect_uris": ["https://evil.cn/launch"]}, "/redirect_uris/0", ORIGIN),
        ({"redirect_uris": [f"{ORIGIN}:8443/"]}, "/redirect_uris/0", ORIGIN),
        ({"redirect_uris": [f"{ORIGIN}\\@evil.cn/"]}, "/redirect_uris/0", "percent-encode"),
        ({"redirect_uris": [f"{ORIGIN}/a", f"{ORIGIN}/a"]}, "/redirect_uris/1", "remove one"),
        ({"scopes": [{"name": "root", "reason": "x"}]}, "/scopes/0/name", "identity"),
        ({"scopes": [{"name": "identity"}]}, "/scopes/0/reason", "Is missing"),
        (
            {"scopes": [{"name": "identity", "reason": r} for r in "ab"]},
            "/scopes/1/name",
            "asked for twice",
        ),
        ({"audience": {"unit_code": 33}}, "/audience/unit_code", "Must be a text"),
        ({"audience": {"unit_code": "x"}}, "/audience/unit_code", "2 to 15 digits"),
        ({"audience": {"unit_code": "33", "levels": []}}, "/audience/levels", "1 to 6"),
        ({"audience": {"unit_code": "33", "levels": [7]}}, "/audience/levels/0", "1 to 6"),
        ({"audience": {"unit_code": "33", "levels": [4, 4]}}, "/audience/levels", "twice"),
        ({"audience": {"unit_code": "33", "role": "king"}}, "/audience/role", "leader"),
        ({"events": ["anything"]}, "/events/0", '"directive.issued"'),
        ({"description": {"zh": "字" * 500, "en": "x" * 70_000}}, "", "bytes"),
    ],
)
def test_a_fault_is_named_and_mended(changes: dict[str, Any], pointer: str, says: str) -> None:
    faults = find_faults(manifest(**changes), own_origins=OWN)
    assert [fault["pointer"] for fault in faults] == [pointer]
    assert says in faults[0]["detail"]


def test_all_faults_of_a_document_are_told_at_once() -> None:
    faults = find_faults({"manifest_version": 1, "id": "X", "extra": 1})
    assert {"/id", "/extra", "/name", "/audience"} <= {fault["pointer"] for fault in faults}


@pytest.mark.parametrize("host", ["localhost:8001", "127.0.0.1:8001", "[::1]:8001"])
def test_plain_http_is_for_loopback_hosts(host: str) -> None:
    url = f"http://{host}/"
    assert find_faults(manifest(entry_url=url, redirect_uris=[url]), own_origins=OWN) == []
    assert origin_of(url) == f"http://{host}"


def test_an_origin_is_written_as_browsers_write_it() -> None:
    assert origin_of("https://ZJ.cn:443/a?b") == "https://zj.cn"
    assert origin_of("http://localhost:80") == "http://localhost"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(sorted(MANIFEST)), json_values)
def test_no_value_at_all_breaks_the_checks(member: str, value: Any) -> None:
    for fault in find_faults(manifest(**{member: value})):
        assert fault["pointer"].startswith(f"/{member}")
        assert fault["detail"]


def test_the_schema_is_published(anonymous: ApiClient) -> None:
    response = anonymous.request("GET", "/miniapps/manifest-schema/1.json")
    assert response.mimetype == "application/schema+json"
    assert response.get_json(force=True) == SCHEMA


FAULTY_REGISTRATIONS: list[Any] = [
    ({}, "/manifest"),
    ({"manifest": None}, "/manifest"),
    ({"manifest": []}, "/manifest"),
    ({"manifest": "text"}, "/manifest"),
    ({"manifest": manifest(id="X")}, "/manifest/id"),
    ({"manifest": manifest(audience={"unit_code": "99"})}, "/manifest/audience/unit_code"),
    (
        {"manifest": manifest(audience={"unit_code": "3310", "levels": [1]})},
        "/manifest/audience/levels",
    ),
    (
        {"manifest": manifest(audience={"unit_code": "3310", "line": "magic"})},
        "/manifest/audience/line",
    ),
    ({"manifest": manifest(name={"zh": "a\x00", "en": "b"})}, "/manifest/name/zh"),
    ({"manifest": MANIFEST, "client_id": "a b"}, "/client_id"),
]


def test_a_faulty_registration_is_refused_with_pointers(developer: ApiClient) -> None:
    for body, pointer in FAULTY_REGISTRATIONS:
        problem = developer.post("/miniapps", body, status=422)
        assert problem["errors"][0]["pointer"] == pointer
    assert developer.get("/miniapps")["items"] == []


def test_a_large_manifest_is_refused_before_it_is_looked_at(developer: ApiClient) -> None:
    body = {"manifest": manifest(id="a" * LARGEST)}
    problem = developer.post("/miniapps", body, status=422)
    assert problem["errors"][0]["pointer"] == "/manifest"
