"""The main job from end to end: Lekima's day, over HTTP and sockets, on the full sample data.

On SQLite with one server process, and on PostgreSQL and Redis with two, where superiors and
subordinates sit on different processes.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from tests.servers import Person
from tests.story.conftest import Stage

FIGURES = [
    {"key": "moved", "name": "转移人数", "unit": "人", "required": True},
    {"key": "in_shelters", "name": "进入安置点人数", "unit": "人"},
    {"key": "boats_in_port", "name": "回港渔船", "unit": "艘"},
]
SCREEN_WITHIN = 2.0


def in_hours(hours: float) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def key() -> str:
    return uuid.uuid4().hex


@pytest.mark.timeout(300)
def test_lekima_from_the_warning_to_the_last_completion(stage: Stage) -> None:
    province = stage.person("province")
    city = stage.person("city")
    county = stage.person("county")
    township = stage.person("township")
    group = stage.person("group")
    stranger = stage.person("other_county")
    province.listen()
    county.listen()
    stranger.listen()

    event = raise_to_level_one(province)
    directive = issue(province, event)
    pushed = county.wait_for("directive.issued", 5)
    assert pushed["data"]["directive_id"] == directive["id"]

    own = {}
    for person in (city, county, township):
        own[person.name] = acknowledge(person, directive)
    pass_on(city, own[city.name], hours=5, note="各县市区立即部署")
    pass_on(county, own[county.name], hours=4, note="沿海乡镇优先")
    pass_on(township, own[township.name], hours=3, note="逐户上门")

    village = stage.person("village")
    assignment = sees_first(village, directive)
    assert [note["text"] for note in assignment["notes"]] == ["逐户上门"]
    answer = province.send_event(
        "watch", {"directive_id": directive["id"], "unit_id": province.unit["id"]}
    )
    assert answer == {"ok": True}
    acknowledge(village, directive)
    pass_on(village, assignment, hours=2, note="组长挨户确认")
    acknowledge(group, directive)

    province.heard()
    reported_at = time.monotonic()
    report(village, assignment, {"moved": 312, "in_shelters": 120, "boats_in_port": 41})
    province.wait_for(
        "rollup.updated", SCREEN_WITHIN, lambda data: village.unit["id"] in data["unit_ids"]
    )
    shown = province.get(f"/directives/{directive['id']}/rollup", unit_id=province.unit["id"])
    assert time.monotonic() - reported_at < SCREEN_WITHIN
    assert shown["total"]["figures"] == {"moved": 312, "in_shelters": 120, "boats_in_port": 41}
    assert_sums_add_up(province, directive, city.unit["id"])

    nobody_elses_business(stranger, directive, assignment, village)
    the_line_talks(province, county)
    the_shelter_register_knows(township, stage)
    complete_level_by_level(directive, [group, village, township, county, city], own)
    assert stage.audit_verifies()


def raise_to_level_one(province: Person) -> dict[str, Any]:
    event: dict[str, Any] = province.post(
        "/events",
        {
            "name": "超强台风利奇马",
            "kind": "typhoon",
            "mode": "actual",
            "level": 4,
            "client_id": key(),
        },
    )
    for level in (3, 2, 1):
        event = province.post(
            f"/events/{event['id']}/levels", {"level": level, "reason": "风力增强"}
        )
    assert event["level"] == 1
    assert [entry["level"] for entry in event["levels"]] == [4, 3, 2, 1]
    return event


def issue(province: Person, event: dict[str, Any]) -> dict[str, Any]:
    """To the cities, counties and townships of Taizhou and Wenzhou; twice by a double click."""
    audiences = []
    for code in ("3310", "3303"):
        unit = province.get("/units", code=code)["items"][0]
        audiences.append({"unit_id": unit["id"], "levels": [2, 3, 4]})
    body = {
        "event_id": event["id"],
        "title": "转移危险区域人员",
        "text": "立即转移危险区域全部人员,逐村逐户落实。",
        "urgency": "critical",
        "audiences": audiences,
        "ack_deadline": in_hours(6),
        "report_deadline": in_hours(8),
        "figures": FIGURES,
        "client_id": key(),
    }
    directive: dict[str, Any] = province.post("/directives", body)
    again = province.post("/directives", body, status=200)
    assert again["id"] == directive["id"]
    expected = sum(
        row["units"]
        for audience in audiences
        for row in province.get(f"/units/{audience['unit_id']}/counts")["items"]
        if row["level"] in (3, 4)
    )
    assert directive["units"] == expected + 2
    return directive


def mine(person: Person, directive: dict[str, Any]) -> dict[str, Any]:
    found = person.get("/assignments", box="mine", state="any")["items"]
    return next(item for item in found if item["directive"]["id"] == directive["id"])


def acknowledge(person: Person, directive: dict[str, Any]) -> dict[str, Any]:
    """Twice, as a hurried finger does."""
    assignment = mine(person, directive)
    path = f"/assignments/{assignment['id']}/acknowledgement"
    person.post(path, status=201)
    acknowledged: dict[str, Any] = person.post(path, status=200)
    assert acknowledged["state"] == "acknowledged"
    assert acknowledged["acknowledged"]["by"]["name"] == person.name
    return acknowledged


def pass_on(person: Person, assignment: dict[str, Any], *, hours: float, note: str) -> None:
    answer = person.post(
        f"/assignments/{assignment['id']}/cascade",
        {
            "note": note,
            "ack_deadline": in_hours(hours),
            "report_deadline": in_hours(hours),
            "client_id": key(),
        },
    )
    assert answer["units"] + answer["noted"] > 0


def sees_first(person: Person, directive: dict[str, Any]) -> dict[str, Any]:
    """Who was offline pulls the order on signing in, at the head of the list."""
    # Of its event: other plays on this stage have orders of their own.
    here = directive["event"]["id"]
    items = person.get("/assignments")["items"]
    first: dict[str, Any] = next(i for i in items if i["directive"]["event"]["id"] == here)
    assert first["directive"]["id"] == directive["id"]
    person.post(
        "/assignments/receipts", {"assignment_ids": [first["id"]], "kind": "delivered"}, status=200
    )
    assert mine(person, directive)["state"] == "delivered"
    return first


def report(person: Person, assignment: dict[str, Any], figures: dict[str, int]) -> None:
    body = {"client_id": key(), "figures": figures, "text": "全部转移到位"}
    path = f"/assignments/{assignment['id']}/reports"
    first = person.post(path, body)
    assert person.post(path, body, status=200)["id"] == first["id"]
    person.post(path, {**body, "text": "别的内容"}, status=409)


def assert_sums_add_up(province: Person, directive: dict[str, Any], unit_id: str) -> None:
    """From the province down to the village each sum is its parts."""
    for _ in range(4):
        shown = province.get(f"/directives/{directive['id']}/rollup", unit_id=unit_id)
        rows = [*shown["rows"], *([shown["own"]] if shown["own"] else [])]
        assert shown["total"]["figures"]["moved"] == 312
        for column in ("addressed", "acknowledged", "reported"):
            assert sum(row[column] for row in rows) == shown["total"][column]
        moved = [row["figures"]["moved"] for row in rows if row["figures"]["moved"] is not None]
        assert sum(moved) == 312
        below = [row for row in shown["rows"] if row["figures"]["moved"] == 312]
        unit_id = below[0]["unit"]["id"] if below else unit_id
    assert shown["own"]["figures"]["moved"] == 312


def nobody_elses_business(
    stranger: Person, directive: dict[str, Any], assignment: dict[str, Any], village: Person
) -> None:
    """Another county gets nothing, over HTTP or over the socket."""
    stranger.get(f"/assignments/{assignment['id']}", status=404)
    stranger.post(f"/assignments/{assignment['id']}/acknowledgement", status=404)
    stranger.get(f"/directives/{directive['id']}/rollup", unit_id=village.unit["id"], status=404)
    refused = stranger.send_event(
        "watch", {"directive_id": directive["id"], "unit_id": village.unit["id"]}
    )
    assert refused["code"] == "not_found"
    assert "rollup.updated" not in {event["type"] for event in stranger.heard()}


def the_line_talks(province: Person, county: Person) -> None:
    conversation = province.post(
        "/conversations",
        {"kind": "group", "name": "防汛指挥群", "official_ids": [county.id], "client_id": key()},
    )
    county.wait_for(
        "conversation.updated", 5, lambda data: data["conversation_id"] == conversation["id"]
    )
    path = f"/conversations/{conversation['id']}/messages"
    sent = province.post(path, {"client_id": key(), "text": "请每小时报一次"})
    heard = county.wait_for("message.created", 5)
    assert heard["data"]["text"] == "请每小时报一次"
    readers = f"{path}/{sent['seq']}/readers"
    assert province.get(readers, state="unread")["unread"] == 1
    county.put(f"/conversations/{conversation['id']}/read", {"seq": sent["seq"]})
    province.wait_for("receipt.updated", 5, lambda data: data["official_id"] == county.id)
    read = province.get(readers, state="read")
    assert [reader["name"] for reader in read["items"]] == [county.name]


def the_shelter_register_knows(township: Person, stage: Stage) -> None:
    """The launch code, exchanged by the app's own server, tells who is looking."""
    app = next(
        item for item in township.get("/workbench")["items"] if item["app_id"] == stage.app_id
    )
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    launched = township.post(
        f"/miniapps/{app['id']}/launch",
        {
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "redirect_uri": stage.redirect_uri,
        },
    )
    form = {
        "grant_type": "authorization_code",
        "code": launched["code"],
        "redirect_uri": stage.redirect_uri,
        "code_verifier": verifier,
    }
    token = requests.post(
        f"{township.url}/oauth/token", data=form, auth=stage.app_credentials, timeout=10
    )
    assert token.status_code == 200, token.text
    known = requests.get(
        f"{township.url}/oauth/userinfo",
        headers={"Authorization": f"Bearer {token.json()['access_token']}"},
        timeout=10,
    ).json()
    assert known["name"] == township.name
    assert known["unit"]["code"] == township.unit["code"]
    repeated = requests.post(
        f"{township.url}/oauth/token", data=form, auth=stage.app_credentials, timeout=10
    )
    assert repeated.json()["error"] == "invalid_grant"


def complete_level_by_level(
    directive: dict[str, Any], upwards: list[Person], own: dict[str, dict[str, Any]]
) -> None:
    """From the bottom up; who has open units below closes only with a reason, which is kept."""
    for person in upwards:
        assignment = mine(person, directive)
        path = f"/assignments/{assignment['id']}/completion"
        if assignment["state"] != "reported":
            report(person, assignment, {"moved": 0})
        if assignment["below"]["completed"] < assignment["below"]["addressed"]:
            refused = person.post(path, status=409)
            assert refused["code"] == "units_below_open"
            person.post(path, {"reason": "其余单位已电话确认"})
        else:
            person.post(path)
        assert mine(person, directive)["state"] == "completed"
