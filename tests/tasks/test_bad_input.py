"""Whatever is sent, the answer is a problem that says what is wrong, never a failure of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.tasks.scenes import SHITANG, Scene, duty, in_hours
from zzd.api import encode_cursor

HUGE = 10**30
TEXTS = ["", " ", "a\x00b", 5, None, ["x"], {}]
MOMENTS = ["", "2019-08-09", "2019-08-09T12:00:00", "9999-12-31T23:59:59-12:00", 5, None, "x\x00"]
IDS = ["", "x", "-1", "1.5", 1, None, str(HUGE), "９", {}]
BODIES: dict[str, dict[str, list[Any]]] = {
    "/events": {
        "name": [*TEXTS, "长" * 101],
        "kind": [*TEXTS, "Typhoon", "t" * 33, "typhoon\n"],
        "mode": ["", "drill", 1, None],
        "level": [0, 5, "1", 1.5, True, HUGE],
        "client_id": ["", "a b", "x" * 65, 5, "é"],
        "colour": ["red"],
    },
    "/events/{event}/levels": {
        "level": [0, 5, "1", None, 1.5],
        "reason": [*TEXTS, "长" * 1001],
    },
    "/events/{event}/close": {"reason": ["结束"]},
    "/directives": {
        "event_id": [*IDS, "999999"],
        "number": ["", "a\x00", "1" * 65, 5],
        "title": [*TEXTS, "长" * 201],
        "text": [*TEXTS, "长" * 20_001],
        "urgency": ["", "immediate", 1, None],
        "audiences": [
            [],
            {},
            None,
            [None],
            [{}],
            *([{"unit_id": bad}] for bad in IDS),
            [{"unit_id": "999999"}],
            [{"unit_id": "1", "levels": []}],
            [{"unit_id": "1", "levels": [0]}],
            [{"unit_id": "1", "levels": [HUGE]}],
            [{"unit_id": "1", "levels": ["4"]}],
            [{"unit_id": "1", "line": "fishing"}],
            [{"unit_id": "1", "line": "a\x00"}],
            [{"unit_id": "1", "role": "king"}],
            [{"unit_id": "1", "roles": "leader"}],
            [{"unit_id": "1"}] * 51,
        ],
        "ack_deadline": MOMENTS,
        "report_deadline": [moment for moment in MOMENTS if moment is not None],
        "figures": [
            {},
            [None],
            [{}],
            [{"key": "a" * 33, "name": "人", "unit": "人"}],
            [{"key": "moved\n", "name": "人", "unit": "人"}],
            [{"key": "moved", "name": "人\x00", "unit": "人"}],
            [{"key": "moved", "name": "人", "unit": "人", "minimum": HUGE}],
            [{"key": "moved", "name": "人", "unit": "人", "required": "perhaps"}],
        ],
        "report_interval_minutes": [0, 4, 10_081, "60", 1.5, True],
        "escalation": [
            {},
            None,
            [None],
            [{}],
            [{"step": "mayor", "after_minutes": 0}],
            [{"step": "remind", "after_minutes": -1}],
            [{"step": "remind", "after_minutes": HUGE}],
            [{"step": "remind", "after_minutes": 0, "working_days": "perhaps"}],
            [{"step": "leader", "after_minutes": 0}, {"step": "deputy", "after_minutes": 0}],
            [{"step": "remind", "after_minutes": minute} for minute in range(9)],
        ],
        "client_id": ["", "a b"],
    },
    "/directives/{directive}/urges": {
        "assignment_ids": [[], None, "1", *([bad] for bad in IDS), ["1"] * 201],
        "text": ["", "a\x00", "长" * 501, 5],
        "channels": [None, "sms", ["in_app"], ["sms"] * 3],
        "client_id": ["", "a b"],
    },
    "/assignments/receipts": {
        "assignment_ids": [[], None, "1", *([bad] for bad in IDS), ["1"] * 201],
        "kind": ["seen", "", None, 1],
    },
    "/assignments/{assignment}/acknowledgement": {"reason": ["x"]},
    "/assignments/{assignment}/reports": {
        "figures": [
            None,
            [],
            "x",
            {"moved": HUGE},
            {"moved": 1e300},
            {"moved": None},
            {"moved": {}},
            {"moved": 1, "x" * 65: 1},
            {"moved": 1, "a\x00": 1},
            {},
        ],
        "text": ["", "a\x00", "长" * 4001, 5],
        "device_time": [moment for moment in MOMENTS if moment is not None],
        "client_id": ["", "a b"],
    },
    "/assignments/{assignment}/cascade": {
        "levels": [[], [0], [4], [7], ["5"], [HUGE], 5],
        "unit_ids": [[], "1", *([bad] for bad in IDS), ["999999"], ["1"], ["2"] * 201],
        "note": [*TEXTS, "长" * 4001],
        "ack_deadline": MOMENTS,
        "report_deadline": [moment for moment in MOMENTS if moment is not None],
    },
    "/assignments/{assignment}/completion": {"reason": ["", " ", "a\x00", "长" * 1001, 5]},
}


def good(scene: Scene) -> dict[str, dict[str, Any]]:
    return {
        "/events": {"name": "台风", "kind": "typhoon", "mode": "actual"},
        "/events/{event}/levels": {"level": 2, "reason": "减弱"},
        "/events/{event}/close": {},
        "/directives": scene.body(SHITANG),
        "/directives/{directive}/urges": {"assignment_ids": ["1"]},
        "/assignments/receipts": {"assignment_ids": ["1"], "kind": "read"},
        "/assignments/{assignment}/acknowledgement": {},
        "/assignments/{assignment}/reports": {"figures": {"moved": 1}},
        "/assignments/{assignment}/cascade": {"note": "请落实", "ack_deadline": in_hours(1)},
        "/assignments/{assignment}/completion": {},
    }


@pytest.mark.parametrize("path", BODIES)
def test_every_fault_in_a_body_is_named(scene: Scene, path: str) -> None:
    directive = scene.issue(SHITANG)
    scene.acknowledge(SHITANG, directive)
    assignment = scene.mine(duty(SHITANG), directive)["id"]
    address = path.format(event=scene.event["id"], assignment=assignment, directive=directive["id"])
    caller = scene.as_(duty(SHITANG)) if path.startswith("/assignments") else scene.issuer
    for name, values in BODIES[path].items():
        for value in values:
            body = {**good(scene)[path], name: value}
            # The standard library's writer: ours refuses to write what these tests send.
            answer = caller.request(
                "POST", address, data=json.dumps(body), content_type="application/json"
            )
            assert answer.status_code == 422, (name, value, answer.get_data(True)[:300])
            problem = answer.get_json()
            assert problem["errors"][0]["pointer"].startswith(f"/{name}"), (name, value, problem)
    for required in {"/events": ["name"], "/directives": ["event_id", "audiences"]}.get(path, []):
        body = {key: value for key, value in good(scene)[path].items() if key != required}
        problem = caller.post(address, body, status=422)
        assert problem["errors"][0]["pointer"] == f"/{required}"


def test_what_is_no_json_is_refused(scene: Scene) -> None:
    for data in (b"{", b"[]", b'"x"', b'{"name": "\\ud800"}', b"\xff", b"[" * 5000):
        for path in ("/events", "/directives", "/assignments/receipts"):
            answer = scene.issuer.request("POST", path, data=data, content_type="application/json")
            assert 400 <= answer.status_code < 500, data


QUERIES = {
    "/escalations": ["limit=0", "limit=201", "cursor=x"],
    "/events": ["limit=0", "limit=201", "limit=x", "cursor=x", "mode=drill", "status=x"],
    "/directives": ["limit=-1", "cursor=%00", "box=sent", "cursor=WzEuNV0"],
    "/directives/{directive}/rollup": ["unit_id=x", "unit_id=-1", f"unit_id={HUGE}"],
    "/directives/{directive}/assignments": ["unit_id=x", "state=late", "cursor=WzFd", "limit=0"],
    "/assignments": [
        "state=x",
        "box=theirs",
        "cursor=x",
        *(
            f"cursor={encode_cursor(position)}"
            for position in (
                [0, "x", 1],
                [2, "2019-08-09", 1],
                [0, "0001-01-01T00:00:00+14:00", 1],
                [0, "2019-08-09", -1],
            )
        ),
    ],
}


@pytest.mark.parametrize("path", QUERIES)
def test_every_fault_in_a_query_is_named(scene: Scene, path: str) -> None:
    address = path.format(directive=scene.issue(SHITANG)["id"])
    for query in QUERIES[path]:
        answer = scene.issuer.request("GET", f"{address}?{query}")
        assert answer.status_code == 422, (query, answer.get_data(True))


@pytest.mark.parametrize(
    "path",
    [
        "/directives/999999",
        f"/directives/{2**63}",
        "/directives/x",
        "/directives/999999/rollup",
        "/assignments/999999",
        f"/assignments/{HUGE}",
        "/events/999999",
    ],
)
def test_what_is_not_there_is_not_found(scene: Scene, path: str) -> None:
    scene.issuer.get(path, status=404)


def test_a_unit_that_never_was_has_no_roll_up(scene: Scene) -> None:
    path = f"/directives/{scene.issue(SHITANG)['id']}/rollup"
    for unit_id in ("999999", "0", str(2**63 - 1)):
        scene.issuer.get(path, unit_id=unit_id, status=404)
