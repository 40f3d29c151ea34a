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
from tests.miniapps.conftest import MANIFEST, MANIFEST_2, ORIGIN, manifest
from zzd.miniapps.manifest_rules import LARGEST, origin_of
from zzd.miniapps.manifest_wishes import asks_for_more
from zzd.miniapps.manifests import SCHEMAS, SCOPES, find_faults

OWN = ("http://127.0.0.1:8000",)
TEXT = {"zh": "一", "en": "one"}
SETTING: dict[str, Any] = {"key": "most", "type": "integer", "title": TEXT}
WORKBENCH = Path(__file__).parents[2] / "web" / "src" / "features" / "workbench"


def test_the_schema_is_a_good_schema_and_the_example_a_good_manifest() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)
    assert find_faults(MANIFEST, own_origins=OWN) == []
    assert find_faults(MANIFEST_2, own_origins=OWN, platform_version="0.1.0") == []


def test_the_example_that_the_client_inserts_is_a_good_manifest() -> None:
    example = json.loads((WORKBENCH / "example-manifest.json").read_text())
    assert find_faults(example, own_origins=OWN) == []


def test_a_manifest_needs_neither_icon_nor_events() -> None:
    least = {name: MANIFEST[name] for name in SCHEMAS[1]["required"]}
    assert find_faults({**least, "$schema": "https://zzd.example/1.json"}) == []


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"manifest_version": 3}, "/manifest_version", "Must be 1 or 2"),
        ({"manifest_version": True}, "/manifest_version", "Must be 1 or 2"),
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
        ({"events": ["message.created"]}, "/events/0", "needs the scope messages.read"),
        ({"description": {"zh": "字" * 500, "en": "x" * 70_000}}, "", "bytes"),
    ],
)
def test_a_fault_is_named_and_mended(changes: dict[str, Any], pointer: str, says: str) -> None:
    faults = find_faults(manifest(**changes), own_origins=OWN)
    assert [fault["pointer"] for fault in faults] == [pointer]
    assert says in faults[0]["detail"]


@pytest.mark.parametrize(
    ("changes", "pointer", "says"),
    [
        ({"privacy": None}, "/privacy", "Must be an object"),
        ({"supplier": {}}, "/supplier/name", "Is missing"),
        ({"contact": {"name": "x", "email": "x"}}, "/contact/email", "e-mail"),
        ({"icons": []}, "/icons", "1 to 6"),
        ({"phone_entry_url": f"{OWN[0]}/m"}, "/phone_entry_url", "another origin"),
        ({"allowed_domains": ["https://x.cn"]}, "/allowed_domains/0", "without https"),
        ({"allowed_domains": ["*.x.cn"]}, "/allowed_domains/0", "wildcard"),
        ({"allowed_domains": ["x.cn:99999"]}, "/allowed_domains/0", "host and port"),
        ({"allowed_domains": ["127.0.0.1:8000"]}, "/allowed_domains/0", "platform's own"),
        (
            {"optional_scopes": [{"name": "identity", "reason": "x"}]},
            "/optional_scopes/0/name",
            "needed or optional",
        ),
        ({"settings": [{**SETTING, "default": "5"}]}, "/settings/0/default", "whole number"),
        ({"settings": [{**SETTING, "type": "choice"}]}, "/settings/0/options", "has options"),
        ({"settings": [SETTING, SETTING]}, "/settings/1/key", "remove one"),
        ({"commands": [{"name": "Add", "title": TEXT}]}, "/commands/0/name", "small letter"),
        (
            {"commands": [{"name": "add", "title": TEXT}]},
            "/commands",
            "list command.invoked in events",
        ),
        (
            {"events": ["message.created"]},
            "/events/0",
            "needs the scope messages.read: ask for it in scopes or optional_scopes",
        ),
        ({"minimum_platform_version": "0.10"}, "/minimum_platform_version", "0.1.0 still"),
        ({"privacy": {"statement": TEXT, "url": "http://x.cn/"}}, "/privacy/url", "https://"),
    ],
)
def test_a_fault_of_the_second_version_is_named_and_mended(
    changes: dict[str, Any], pointer: str, says: str
) -> None:
    changed = {**MANIFEST_2, **changes}
    faults = find_faults(changed, own_origins=OWN, platform_version="0.1.0")
    assert [fault["pointer"] for fault in faults] == [pointer]
    assert says in faults[0]["detail"]


def test_whatever_a_first_version_may_ask_for_a_second_may() -> None:
    one, two = (SCHEMAS[version]["properties"] for version in (1, 2))
    assert set(one["events"]["items"]["enum"]) <= set(two["events"]["items"]["enum"])
    assert set(one["scopes"]["items"]["properties"]["name"]["enum"]) <= set(SCOPES)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"name": TEXT, "icons": [], "privacy": {}}, []),
        ({"scopes": []}, []),
        ({"scopes": [*MANIFEST_2["scopes"], {"name": "cards.send", "reason": "x"}]}, ["scope"]),
        # What was optional and is needed now, administrators are asked for.
        ({"scopes": [{"name": "contacts.read", "reason": "x"}]}, ["scope"]),
        ({"optional_scopes": [{"name": "cards.send", "reason": "x"}]}, ["optional_scope"]),
        ({"entry_url": "https://elsewhere.cn/"}, ["domain"]),
        ({"allowed_domains": ["tiles.zj.cn", "more.cn"]}, ["domain"]),
        ({"events": ["message.created"]}, ["event"]),
        ({"audience": {"unit_code": "331081"}}, ["audience"]),
        ({"audience": {"unit_code": "3310", "levels": [4]}}, []),
        ({"data_audience": {"unit_code": "3310"}}, ["data_audience"]),
        ({"data_audience": {"unit_code": "3310", "line": "water", "role": "leader"}}, []),
    ],
)
def test_what_asks_for_more_is_told_apart(changes: dict[str, Any], kinds: list[str]) -> None:
    before = {**MANIFEST_2, "data_audience": {"unit_code": "3310", "role": "leader"}}
    found = asks_for_more(before, {**before, **changes})
    assert [each["kind"] for each in found] == kinds


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


@given(st.sampled_from(sorted(MANIFEST_2)), json_values)
def test_no_value_at_all_breaks_the_checks(member: str, value: Any) -> None:
    for fault in find_faults({**MANIFEST_2, member: value}):
        assert fault["pointer"].startswith(f"/{member}")
        assert fault["detail"]


def test_the_schema_is_published(anonymous: ApiClient) -> None:
    for version, schema in SCHEMAS.items():
        response = anonymous.request("GET", f"/miniapps/manifest-schema/{version}.json")
        assert response.mimetype == "application/schema+json"
        assert response.get_json(force=True) == schema
    anonymous.get("/miniapps/manifest-schema/3.json", status=404)


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
    body = {"manifest": manifest(id="a" * LARGEST[1])}
    problem = developer.post("/miniapps", body, status=422)
    assert problem["errors"][0]["pointer"] == "/manifest"


def test_a_manifest_nested_without_end_is_refused(developer: ApiClient) -> None:
    """It can be read and not be written again, so nobody is to come so far."""
    for deep in (65, 300, 900):
        body = f'{{"manifest": {"[" * deep}{"]" * deep}}}'
        answer = developer.request("POST", "/miniapps", data=body, content_type="application/json")
        assert answer.status_code == 422, deep
        assert answer.get_json()["errors"][0]["pointer"] in ("", "/manifest")
