"""The shelter register: known officials, their county's shelters, their own to change."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from zzd_sdk.settings import SettingsError

from apps.shelters.app import FOLDER, create_app
from apps.shelters.settings import Settings
from tests.apps.conftest import Shelters, manifest_of, publish
from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.miniapps.manifests import find_faults

TOWNSHIP = "331081100.duty_officer"
VILLAGE = "331081100201.leader"
NEIGHBOUR = "331081101.duty_officer"
OTHER_COUNTY = "331002001.leader"
SCHOOL = {
    "name": "石塘镇中心小学",
    "address": "文教路1号",
    "capacity": 300,
    "occupied": 0,
    "is_open": True,
    "contact_name": "陈主任",
    "contact_phone": "0576-86120000",
}


def added_by(visit: Any, **changes: Any) -> dict[str, Any]:
    body = {**SCHOOL, "unit_id": visit.known["official"]["unit"]["id"], **changes}
    made: dict[str, Any] = visit.call("POST", "/shelters", body, status=201)
    return made


def test_the_register_imports_nothing_of_zzd() -> None:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] == "zzd"], path


def test_its_manifest_is_good_and_served_with_its_address(
    shelters: Shelters, settings: Settings
) -> None:
    served = requests.get(f"{shelters.url}/manifest.json", timeout=10).json()
    assert served == manifest_of(settings)
    assert find_faults(served) == []


def test_who_opens_it_is_known(shelters: Shelters, as_: SignedIn) -> None:
    known = shelters.open(as_(TOWNSHIP)).known
    assert known["official"]["name"] == "陈石塘"
    assert known["official"]["post_title"] == "值班员"
    assert known["official"]["unit"]["name"] == "石塘镇"
    assert known["scope"]["name"] == "温岭市"
    assert [unit["name"] for unit in known["writable"]] == ["石塘镇", "东海村", "海利村"]


SCOPES = {
    "33.leader": ("浙江省", False),
    "3310.leader": ("台州市", False),
    "331081.leader": ("温岭市", False),
    VILLAGE: ("温岭市", True),
    "331081100201001.leader": ("温岭市", True),
}


def test_the_post_decides_what_is_seen_and_whether_one_may_write(
    shelters: Shelters, as_: SignedIn
) -> None:
    for username, (scope, may_write) in SCOPES.items():
        visit = shelters.open(as_(username))
        assert visit.known["scope"]["name"] == scope
        assert bool(visit.known["writable"]) is may_write
        if not may_write:
            body = {**SCHOOL, "unit_id": visit.known["official"]["unit"]["id"]}
            assert visit.call("POST", "/shelters", body, status=403)["code"] == "not_permitted"


def test_a_county_sees_its_shelters_and_another_county_does_not(
    shelters: Shelters, as_: SignedIn
) -> None:
    township = shelters.open(as_(TOWNSHIP))
    made = added_by(township)
    assert made["state"] == "open"
    assert made["updated_by"] == "陈石塘"
    neighbour, above = shelters.open(as_(NEIGHBOUR)), shelters.open(as_("3310.leader"))
    elsewhere = shelters.open(as_(OTHER_COUNTY))
    assert neighbour.names() == above.names() == [SCHOOL["name"]]
    assert elsewhere.names() == []
    assert elsewhere.call("GET", "/shelters?")["totals"]["shelters"] == 0
    change = {**SCHOOL, "version": 1, "occupied": 5}
    path = f"/shelters/{made['id']}"
    assert neighbour.call("PUT", path, change, status=403)["code"] == "not_permitted"
    assert elsewhere.call("PUT", path, change, status=404)["code"] == "not_found"
    assert elsewhere.call("PUT", "/shelters/99999", change, status=404)["code"] == "not_found"
    village = shelters.open(as_(VILLAGE))
    assert village.call("PUT", path, change, status=403)["code"] == "not_permitted"
    assert township.call("PUT", path, change)["occupied"] == 5


def test_a_township_writes_for_its_villages_and_a_village_for_itself(
    shelters: Shelters, as_: SignedIn
) -> None:
    township, village = shelters.open(as_(TOWNSHIP)), shelters.open(as_(VILLAGE))
    hall = added_by(village, name="东海村文化礼堂")
    change = {**SCHOOL, "name": "东海村文化礼堂", "version": 1}
    assert township.call("PUT", f"/shelters/{hall['id']}", change)["version"] == 2
    added_by(township, unit_id=village.known["official"]["unit"]["id"], name="东海村小学")
    foreign = shelters.open(as_(NEIGHBOUR)).known["official"]["unit"]["id"]
    body = {**SCHOOL, "unit_id": foreign}
    township.call("POST", "/shelters", body, status=403)


def test_ones_own_shelters_come_first(shelters: Shelters, as_: SignedIn) -> None:
    township, neighbour = shelters.open(as_(TOWNSHIP)), shelters.open(as_(NEIGHBOUR))
    added_by(township)
    added_by(neighbour, name="松门镇中学")
    assert township.names() == [SCHOOL["name"], "松门镇中学"]
    assert neighbour.names() == ["松门镇中学", SCHOOL["name"]]


def test_two_people_at_one_shelter_do_not_overwrite_each_other(
    shelters: Shelters, as_: SignedIn
) -> None:
    first, second = shelters.open(as_(TOWNSHIP)), shelters.open(as_("331081100.leader"))
    made = added_by(first)
    path = f"/shelters/{made['id']}"
    first.call("PUT", path, {**SCHOOL, "occupied": 120, "version": 1})
    refused = second.call("PUT", path, {**SCHOOL, "occupied": 7, "version": 1}, status=409)
    assert refused["code"] == "changed_meanwhile"
    assert (refused["present"]["occupied"], refused["present"]["version"]) == (120, 2)
    assert second.call("PUT", path, {**SCHOOL, "occupied": 127, "version": 2})["occupied"] == 127


def test_totals_and_states_follow_the_figures(shelters: Shelters, as_: SignedIn) -> None:
    visit = shelters.open(as_(TOWNSHIP))
    added_by(visit, name="甲", occupied=100)
    added_by(visit, name="乙", occupied=300)
    added_by(visit, name="丙", is_open=False)
    added_by(visit, name="丁", occupied=301, address="特别路")
    assert visit.call("GET", "/shelters?state=full")["totals"] == {
        "shelters": 4,
        "open": 1,
        "full": 2,
        "capacity": 900,
        "occupied": 701,
    }
    assert visit.names(state="open") == ["甲"]
    assert visit.names(state="full") == ["乙", "丁"]
    assert visit.names(state="closed") == ["丙"]
    assert visit.names(q="特别") == ["丁"]
    assert visit.names(q="%") == []
    assert visit.names(q="石塘", state="open") == ["甲"]


def test_a_long_list_comes_in_pages(shelters: Shelters, as_: SignedIn) -> None:
    visit = shelters.open(as_(TOWNSHIP))
    for number in range(103):
        added_by(visit, name=f"安置点{number}")
    first = visit.call("GET", "/shelters")
    rest = visit.call("GET", f"/shelters?after={first['next']}")
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (100, 3, None)
    assert len({item["id"] for item in first["items"] + rest["items"]}) == 103
    assert len(visit.call("GET", "/shelters?after=nonsense")["items"]) == 100


def test_a_unit_has_one_shelter_of_a_name(shelters: Shelters, as_: SignedIn) -> None:
    visit = shelters.open(as_(TOWNSHIP))
    added_by(visit)
    body = {**SCHOOL, "unit_id": visit.known["official"]["unit"]["id"]}
    assert visit.call("POST", "/shelters", body, status=409)["code"] == "name_taken"


WRONG_FIELDS: list[Any] = [
    ({"name": ""}, "name"),
    ({"name": "  "}, "name"),
    ({"name": "长" * 61}, "name"),
    ({"name": "a\x00b"}, "name"),
    ({"name": "a\ud800"}, "name"),
    ({"name": 5}, "name"),
    ({"address": None}, "address"),
    ({"capacity": 0}, "capacity"),
    ({"capacity": "300"}, "capacity"),
    ({"capacity": True}, "capacity"),
    ({"capacity": 10**30}, "capacity"),
    ({"occupied": -1}, "occupied"),
    ({"occupied": 1.5}, "occupied"),
    ({"is_open": 1}, "is_open"),
    ({"contact_name": "\n"}, "contact_name"),
    ({"contact_phone": "call me"}, "contact_phone"),
    ({"contact_phone": "123"}, "contact_phone"),
]


def test_what_is_wrong_is_said_at_its_field(shelters: Shelters, as_: SignedIn) -> None:
    visit = shelters.open(as_(TOWNSHIP))
    for change, field in WRONG_FIELDS:
        body = {**SCHOOL, "unit_id": visit.known["official"]["unit"]["id"], **change}
        refused = visit.call("POST", "/shelters", body, status=422)
        assert list(refused["faults"]) == [field], change
    assert visit.names() == []


def test_an_update_names_the_version_it_read(shelters: Shelters, as_: SignedIn) -> None:
    visit = shelters.open(as_(TOWNSHIP))
    path = f"/shelters/{added_by(visit)['id']}"
    for version in (None, 0, "1", True, 2**70):
        refused = visit.call("PUT", path, {**SCHOOL, "version": version}, status=422)
        assert refused["code"] == "invalid"


def test_nothing_is_told_without_a_token(shelters: Shelters) -> None:
    for headers in ({}, {"Authorization": "Bearer made-up"}, {"Authorization": "Basic x"}):
        answer = requests.get(f"{shelters.url}/api/shelters", headers=headers, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_visit_needs_a_launch_of_this_server(shelters: Shelters) -> None:
    for body in ({}, [], "x", {"code": 1, "state": 2}, {"code": "a", "state": "\ud800"}):
        answer = requests.post(
            f"{shelters.url}/api/visits",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=10,
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "launch_unknown")


def test_a_state_is_good_once_and_only_with_its_own_code(shelters: Shelters, as_: SignedIn) -> None:
    first, second = shelters.launch(as_(TOWNSHIP)), shelters.launch(as_(VILLAGE))
    crossed = {"code": first["code"], "state": second["state"]}
    for expected in ("launch_refused", "launch_unknown"):
        answer = requests.post(f"{shelters.url}/api/visits", json=crossed, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (401, expected)


def test_the_verifier_and_the_access_token_never_reach_the_page(
    shelters: Shelters, as_: SignedIn
) -> None:
    wanted = requests.post(f"{shelters.url}/api/launches", timeout=10)
    assert set(wanted.json()) == {
        *("state", "code_challenge", "code_challenge_method", "redirect_uri")
    }
    visit = shelters.open(as_(TOWNSHIP))
    assert "zza_" not in json.dumps(visit.known)


def test_pages_are_framed_by_the_client_alone_and_set_no_cookie(
    shelters: Shelters, settings: Settings
) -> None:
    answer = requests.get(shelters.url, timeout=10)
    policy = answer.headers["Content-Security-Policy"]
    assert policy.endswith(f"frame-ancestors {settings.zzd_url}")
    assert "script-src 'self';" in policy
    assert "Set-Cookie" not in answer.headers
    assert settings.zzd_url in answer.text


def test_a_rotated_secret_is_found_without_a_restart(
    shelters: Shelters, as_: SignedIn, settings: Settings
) -> None:
    path = f"/miniapps/{shelters.id}/secret"
    as_("app_developer").post(path, status=200)
    shelters.open(as_(TOWNSHIP))
    as_("app_developer").delete(f"{path}/previous")
    launch = shelters.launch(as_(TOWNSHIP))
    answer = requests.post(f"{shelters.url}/api/visits", json=launch, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (502, "credentials_refused")
    publish(settings)
    shelters.open(as_(TOWNSHIP))


def test_a_lost_credentials_file_is_said_to_the_visitor(shelters: Shelters, as_: SignedIn) -> None:
    shelters.secret_file.unlink()
    launch = shelters.launch(as_(TOWNSHIP))
    answer = requests.post(f"{shelters.url}/api/visits", json=launch, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (502, "credentials_refused")


def test_a_suspended_register_lets_nobody_in(shelters: Shelters, as_: SignedIn) -> None:
    launch = shelters.launch(as_(TOWNSHIP))
    path = f"/miniapps/{shelters.id}/suspension"
    as_("system_admin").post(path, {"reason": "检查"}, status=200)
    answer = requests.post(f"{shelters.url}/api/visits", json=launch, timeout=10)
    assert (answer.status_code, answer.json()["code"]) == (401, "launch_refused")


def test_sample_shelters_appear_once_in_every_township_of_a_county(run: Any, as_: SignedIn) -> None:
    with run(sample=True) as shelters:
        official: ApiClient = as_(TOWNSHIP)
        shown = shelters.open(official).call("GET", "/shelters")["items"]
        assert {item["unit_name"] for item in shown} == {"石塘镇", "松门镇"}
        assert all(item["is_sample"] for item in shown)
        mine = shown[0]
        assert mine["unit_name"] == "石塘镇"
        visit = shelters.open(official)
        changed = visit.call("PUT", f"/shelters/{mine['id']}", {**SCHOOL, "version": 1})
        assert not changed["is_sample"]
        assert len(visit.names()) == len(shown)
        assert shelters.open(as_("3303.leader")).names() == []


# Without ZZD


def test_while_zzd_is_away_the_visitor_is_told(tmp_path: Path) -> None:
    settings = Settings(
        zzd_url="http://127.0.0.1:9",
        database=tmp_path / "shelters.db",
        client_id="x",
        client_secret="y",
    )
    client = create_app(settings).test_client()
    state = client.post("/api/launches").get_json()["state"]
    answer = client.post("/api/visits", json={"code": "c", "state": state})
    assert (answer.status_code, answer.get_json()["code"]) == (502, "platform_unreachable")


def test_settings_come_from_the_environment(tmp_path: Path) -> None:
    settings = Settings.from_env(
        {
            "ZZD_URL": "http://127.0.0.1:8010/",
            "ZZD_CLIENT_ORIGINS": "https://zzd.zj.cn, ",
            "SHELTERS_URL": "http://localhost:8011/",
            "SHELTERS_DATABASE": str(tmp_path / "s.db"),
            "SHELTERS_CLIENT_ID": "id",
            "SHELTERS_CLIENT_SECRET": "secret",
            "SHELTERS_SAMPLE": "1",
        }
    )
    assert settings.client_origins == (
        "http://127.0.0.1:8010",
        "http://localhost:8010",
        "https://zzd.zj.cn",
    )
    assert settings.redirect_uri == "http://localhost:8011/callback"
    assert settings.credentials() == ("id", "secret")
    assert settings.sample
    remote = Settings.from_env({"ZZD_URL": "https://zzd.zj.cn"})
    assert remote.client_origins == ("https://zzd.zj.cn",)
    with pytest.raises(SettingsError, match="SHELTERS_SECRET_FILE"):
        remote.credentials()
