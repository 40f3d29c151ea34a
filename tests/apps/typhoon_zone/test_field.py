"""The zone's own server: who sees what, who may write, and that nobody's update is lost."""

from __future__ import annotations

import ast
import json
import threading
from typing import Any

import pytest
import requests
from zzd_sdk.settings import SettingsError

from apps.typhoon_zone import records
from apps.typhoon_zone.app import FOLDER, create_app
from apps.typhoon_zone.settings import Settings
from tests.apps.typhoon_zone.conftest import MANIFEST, Opened
from tests.apps.typhoon_zone.test_feeds import NOON, png
from tests.conftest import SignedIn
from tests.miniapps.conftest import install
from tests.tasks.scenes import SHITANG, SONGMEN, Scene, UnitId, duty
from zzd.miniapps.manifests import find_faults

VILLAGE, NEIGHBOUR, ELSEWHERE = "331081100201.leader", "331081101.duty_officer", "331002001.leader"
COUNTY_OFFICE = "331081.duty_officer"
SHELTER = {
    "name": "石塘镇中心小学",
    "address": "文教路1号",
    "capacity": 300,
    "occupied": 0,
    "is_open": True,
    "contact_name": "陈主任",
    "contact_phone": "0576-86120000",
    "lat": 28.27,
    "lon": 121.6,
}
ROAD = {"name": "石松线", "state": "closed", "reason": "landslide", "note": "请绕行"}
POWER = {"name": "海利村", "state": "out", "households": 120, "team": "", "team_people": 0}


def test_the_zone_imports_nothing_of_zzd_and_its_manifest_is_good(settings: Settings) -> None:
    for path in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if name.split(".")[0] == "zzd"], path
    text = MANIFEST.read_text(encoding="utf-8").replace("${APP_URL}", settings.url)
    assert find_faults(json.loads(text)) == []


def test_neighbours_see_each_other_and_only_the_field_writes(zone: Opened, as_: SignedIn) -> None:
    township = zone.open(as_(duty(SHITANG)))
    assert township.known["place"]["name"] == township.known["scope"]["name"] == "温岭市"
    made = township.add("shelter", SHELTER)
    township.add("road", ROAD)
    village = zone.open(as_(VILLAGE))
    village.add("power", POWER)
    assert zone.open(as_(NEIGHBOUR)).names() == sorted([SHELTER["name"], "石松线", "海利村"])
    assert zone.open(as_("3310.leader")).names() == zone.open(as_(NEIGHBOUR)).names()
    assert zone.open(as_(ELSEWHERE)).names() == []
    path, change = f"/records/{made['id']}", {**SHELTER, "occupied": 5, "version": 1}
    assert zone.open(as_(NEIGHBOUR)).call("PUT", path, change, status=403)
    assert village.call("PUT", path, change, status=403)["code"] == "not_permitted"
    assert zone.open(as_(ELSEWHERE)).call("PUT", path, change, status=404)["code"] == "not_found"
    assert zone.open(as_(COUNTY_OFFICE)).add("road", ROAD, status=403)["code"] == "not_permitted"
    assert township.call("PUT", path, change)["occupied"] == 5


def test_of_two_installations_each_sees_what_the_field_wrote_by_the_other(
    zone: Opened, as_: SignedIn, unit_id: UnitId
) -> None:
    zone.open(as_(duty(SHITANG))).add("shelter", SHELTER)
    county = as_("331081.leader")
    install(county, zone.id, unit_id=unit_id("331081"))
    # By the county's installation, in which nothing stands above the county.
    zone.open(as_(NEIGHBOUR)).add("road", ROAD)
    both = sorted([SHELTER["name"], ROAD["name"]])
    for username in (NEIGHBOUR, "331081.leader", "3310.leader", "33.leader"):
        assert zone.open(as_(username)).names() == both, username
    assert zone.open(as_(ELSEWHERE)).names() == []


def test_more_than_is_shown_at_once_follows_on_the_stream(
    zone: Opened, as_: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "SHOWN_AT_ONCE", 2)
    township = zone.open(as_(duty(SHITANG)))
    for name in "甲乙丙":
        township.add("road", {**ROAD, "name": name})
    shown = township.call("GET", "/records")
    assert [one["name"] for one in shown["items"]] == ["乙", "甲"]
    events = stream(zone, township.known["token"], after=shown["seq"])
    assert [one["name"] for one in next(events)["items"]] == ["丙"]
    events.close()


def test_an_actual_event_is_not_lost_behind_exercises(
    zone: Opened, as_: SignedIn, unit_id: UnitId
) -> None:
    Scene(as_, unit_id)
    for _ in range(21):
        drill = Scene(as_, unit_id, mode="exercise")
    drill.issue(SHITANG)
    shown = zone.open(as_(duty(SHITANG))).call("GET", "/directives")
    assert [event["mode"] for event in shown["events"]] == ["actual"] + ["exercise"] * 20
    assert [one["event"]["mode"] for one in shown["assignments"]] == ["exercise"]


def test_a_double_click_counts_once(zone: Opened, as_: SignedIn) -> None:
    township = zone.open(as_(duty(SHITANG)))
    first = township.add("shelter", SHELTER, client_id="key-0001")
    assert township.add("shelter", SHELTER, client_id="key-0001")["id"] == first["id"]
    other = {**SHELTER, "name": "别处"}
    refused = township.add("shelter", other, client_id="key-0001", status=409)
    assert refused["code"] == "key_reused"
    path = f"/records/{first['id']}"
    change = {**SHELTER, "occupied": 40, "version": 1, "client_id": "key-0002"}
    assert [township.call("PUT", path, change)["version"] for _ in range(2)] == [2, 2]
    # Another person's key is another key.
    neighbour = zone.open(as_("331081100.leader"))
    assert neighbour.add("shelter", SHELTER, client_id="key-0001")["id"] != first["id"]


def test_of_two_who_write_at_once_one_is_told_what_the_other_wrote(
    zone: Opened, as_: SignedIn
) -> None:
    people = [zone.open(as_(f"331081100.{post}")) for post in ("duty_officer", "leader")]
    made = people[0].add("shelter", SHELTER)
    answers: list[Any] = []

    def write(person: Any, occupied: int) -> None:
        headers = {"Authorization": f"Bearer {person.known['token']}"}
        body = {**SHELTER, "occupied": occupied, "version": 1}
        path = f"/api/records/{made['id']}"
        answer = zone.app.test_client().put(path, json=body, headers=headers)
        answers.append((answer.status_code, answer.get_json()))

    threads = [threading.Thread(target=write, args=(p, 100 + n)) for n, p in enumerate(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (_, kept), (status, refused) = sorted(answers, key=lambda answer: answer[0])
    assert (status, refused["code"]) == (409, "changed_meanwhile")
    assert refused["present"]["occupied"] == kept["occupied"]


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("shelter", {"name": " "}, "name"),
    ("shelter", {"name": "a\x00b"}, "name"),
    ("shelter", {"capacity": 0}, "capacity"),
    ("shelter", {"occupied": True}, "occupied"),
    ("shelter", {"contact_phone": "call me"}, "contact_phone"),
    ("shelter", {"lat": 60}, "lat"),
    ("shelter", {"lon": None}, "lat"),
    ("shelter", {"client_id": "x"}, "client_id"),
    ("road", {"state": "maybe"}, "state"),
    ("road", {"expected_at": "tomorrow"}, "expected_at"),
    ("power", {"households": 1.5}, "households"),
]


def test_what_is_wrong_is_said_at_its_field(zone: Opened, as_: SignedIn) -> None:
    township = zone.open(as_(duty(SHITANG)))
    good = {"shelter": SHELTER, "road": ROAD, "power": POWER}
    for kind, change, field in WRONG:
        refused = township.add(kind, {**good[kind], **change}, status=422)
        assert list(refused["faults"]) == [field], change
    township.add("castle", SHELTER, status=404)
    assert township.names() == []


def test_who_comes_back_gets_what_changed_meanwhile_and_no_more(
    zone: Opened, as_: SignedIn
) -> None:
    township = zone.open(as_(duty(SHITANG)))
    seen = township.call("GET", "/records")["seq"]
    township.add("shelter", SHELTER)
    zone.open(as_(ELSEWHERE)).add("shelter", {**SHELTER, "name": "海门街道"})
    made = township.add("road", ROAD)
    township.call("PUT", f"/records/{made['id']}", {**ROAD, "state": "open", "version": 1})
    events = stream(zone, township.known["token"], after=seen)
    told = next(events)
    assert told["seq"] == seen + 4
    assert [(one["name"], one["version"]) for one in told["items"]] == [
        ("石松线", 2),
        (SHELTER["name"], 1),
    ]
    township.add("power", POWER)
    assert [one["name"] for one in next(events)["items"]] == ["海利村"]
    events.close()


def stream(zone: Opened, token: str, *, after: int) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Last-Event-ID": str(after)}
    answer = zone.app.test_client().get("/api/stream", headers=headers)
    assert answer.mimetype == "text/event-stream"
    try:
        for event in answer.response:
            yield json.loads(event.decode().split("data: ")[1])
    finally:
        answer.close()


def test_orders_are_those_of_ones_unit_and_are_acknowledged_from_the_zone(
    zone: Opened, as_: SignedIn, unit_id: UnitId
) -> None:
    scene = Scene(as_, unit_id)
    issued = scene.issue(SHITANG, SONGMEN)
    township = zone.open(as_(duty(SHITANG)))
    shown = township.call("GET", "/directives")
    assert [(event["name"], event["level"]) for event in shown["events"]] == [("台风利奇马", 1)]
    (order,) = shown["assignments"]
    assert order["may_acknowledge"]
    path = f"/assignments/{order['id']}/acknowledgement"
    for _ in range(2):
        assert township.call("POST", path)["acknowledged"]["by"]["name"] == "陈石塘"
    assert scene.mine(duty(SHITANG), issued)["acknowledged"]["by"]["name"] == "陈石塘"
    assert zone.open(as_(NEIGHBOUR)).call("POST", path, status=403)["code"] == "not_permitted"
    assert zone.open(as_(ELSEWHERE)).call("GET", "/directives")["assignments"] == []
    township.call("POST", "/assignments/x/acknowledgement", status=404)


def test_the_storm_and_the_gauges_are_seen_from_ones_own_county(
    zone: Opened, as_: SignedIn
) -> None:
    zone.app.extensions["typhoon_zone"].keeper.look()
    township = zone.open(as_(duty(SHITANG)))
    storm = township.call("GET", "/storm")["storm"]
    assert storm["is_replay"]
    evening = next(step for step in storm["steps"] if step["at"].startswith("2019-08-09T12:00"))
    assert evening["to"]["km"] == 115
    assert evening["to"]["is_ahead"]
    assert {gauge["unit_code"] for gauge in township.call("GET", "/gauges")["gauges"]} == {"331081"}
    city = zone.open(as_("3310.leader"))
    assert all(
        one["unit_code"].startswith("3310") for one in city.call("GET", "/outages")["outages"]
    )
    assert city.call("GET", "/storm")["storm"]["steps"][0]["to"] != storm["steps"][0]["to"]


def test_flood_control_offices_upload_cloud_pictures_once_and_nobody_else(
    zone: Opened, as_: SignedIn
) -> None:
    path = f"/clouds?client_id=key-0001&at={NOON.replace('+', '%2B')}"
    assert zone.open(as_(duty(SHITANG))).call("POST", path, png(), status=403)
    office = zone.open(as_(COUNTY_OFFICE))
    assert office.known["may_upload"]
    first = office.call("POST", path, png(), status=201)
    assert office.call("POST", path, png(), status=201) == first
    (shown,) = office.call("GET", "/clouds")["pictures"]
    assert not shown["is_sample"]
    assert office.call("POST", path.replace("0001", "0002"), b"no", status=422)["code"] == (
        "bad_picture"
    )
    assert office.call("POST", "/clouds?client_id=key-0003&at=now", png(), status=422)["faults"]
    large = bytes(7 * 1024 * 1024)
    assert office.call("POST", path, large, status=413)["code"] == "too_large"


def test_nothing_is_told_without_a_token_and_no_cookie_is_set(zone: Opened) -> None:
    client = zone.app.test_client()
    for path in ("records", "stream", "storm", "gauges", "outages", "clouds", "directives"):
        for headers in ({}, {"Authorization": "Bearer made-up"}):
            answer = client.get(f"/api/{path}", headers=headers)
            assert (answer.status_code, answer.get_json()["code"]) == (401, "not_signed_in")
    page = client.get("/")
    assert "Set-Cookie" not in page.headers
    assert "frame-ancestors http://127.0.0.1:" in page.headers["Content-Security-Policy"]
    assert len(client.get("/api/borders").data) < 120_000


def test_while_zzd_is_away_the_visitor_is_told(settings: Settings) -> None:
    class Away:
        def request(self, *_: Any, **__: Any) -> Any:
            raise requests.ConnectionError

    credentials = {"client_id": "x", "client_secret": "y"}
    assert settings.secret_file
    settings.secret_file.write_text(json.dumps(credentials))
    client = create_app(settings, Away()).test_client()
    state = client.post("/api/launches").get_json()["state"]
    answer = client.post("/api/visits", json={"code": "c", "state": state})
    assert (answer.status_code, answer.get_json()["code"]) == (502, "platform_unreachable")
    with pytest.raises(SettingsError, match="ZONE_SECRET_FILE"):
        Settings.from_env({}).credentials()
