"""Warnings over the API: taken in once, seen by those concerned, responded to in one act."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import Listening, SignedIn, Statements
from tests.tasks.cap.documents import EXAMPLE, GOOD, document, later, take_in
from tests.tasks.cap.test_reading import LARGE, WITH_DTD
from tests.tasks.scenes import (
    DONGHAI,
    JIAOJIANG,
    PROVINCE,
    SHITANG,
    TAIZHOU,
    WENLING,
    WENZHOU,
    Scene,
    duty,
)
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.tasks.cap.exporting import sender_at
from zzd.tasks.cap.reading import read_alert

NAME = "33-2019-08-09-001"
EFFECTIVE = "<effective>2019-08-09T21:30:00+08:00</effective>"


def respond(scene: Scene, warning: dict[str, Any], *, status: int = 201, **more: Any) -> Any:
    return scene.issuer.post(f"/warnings/{warning['id']}/event", more, status=status)


def shown(scene: Scene, warning: dict[str, Any]) -> dict[str, Any]:
    """The warning as the list has it."""
    items = scene.issuer.get("/warnings")["items"]
    found: dict[str, Any] = next(item for item in items if item["id"] == warning["id"])
    return found


# In


def test_a_warning_is_kept_as_it_was_received(scene: Scene) -> None:
    warning = take_in(scene.issuer, EXAMPLE.read_bytes(), media="text/xml; charset=utf-8")
    answer = scene.issuer.request("GET", f"/warnings/{warning['id']}/document")
    assert answer.data == EXAMPLE.read_bytes()
    assert answer.mimetype == "application/cap+xml"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    fresh = scene.issuer.get(f"/warnings/{warning['id']}")
    assert fresh == warning
    assert [info["language"] for info in fresh["alert"]["infos"]] == ["en-US", "es-US"]
    assert fresh["proposal"]["kind"] == "rescue"


def test_what_a_warning_says_is_shown_in_parts(scene: Scene) -> None:
    area = "<polygon>28,121 28.5,121 28.5,121.5 28,121</polygon><circle>28.3,121.6 25</circle>"
    text = document(("石塘镇</areaDesc>", f"石塘镇</areaDesc>{area}"))
    (info,) = take_in(scene.issuer, text)["alert"]["infos"]
    (shape,) = info["areas"]
    assert shape["polygons"] == [[[28, 121], [28.5, 121], [28.5, 121.5], [28, 121]]]
    assert shape["circles"] == [{"centre": [28.3, 121.6], "radius_km": 25}]
    assert info["sender_name"] == "浙江省气象台"


def test_a_repeat_gives_the_first_and_another_document_is_refused(scene: Scene) -> None:
    first = take_in(scene.issuer, GOOD)
    assert take_in(scene.issuer, GOOD, status=200) == first
    problem = take_in(scene.issuer, document(("石塘镇", "松门镇")), status=409)
    assert (problem["code"], problem["warning_id"]) == ("warning_differs", first["id"])
    # Another sender may use the same identifier.
    other = take_in(scene.issuer, document(("qx@zj", "sw@zj")))
    items = scene.issuer.get("/warnings")["items"]
    assert [item["id"] for item in items] == [other["id"], first["id"]]


def test_two_parts_of_the_organisation_may_take_in_the_same_warning(scene: Scene) -> None:
    city = take_in(scene.as_(duty(TAIZHOU)), GOOD)
    # The province sees the city's.
    assert take_in(scene.issuer, GOOD, status=200)["id"] == city["id"]
    assert scene.as_(duty(WENZHOU)).get("/warnings")["items"] == []


def test_the_list_goes_on_page_by_page(scene: Scene) -> None:
    ids = [take_in(scene.issuer, document((NAME, f"w{n}")))["id"] for n in range(3)]
    first = scene.issuer.get("/warnings", limit=2)
    rest = scene.issuer.get("/warnings", limit=2, cursor=first["next"])
    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None


def test_a_list_costs_the_same_however_long(scene: Scene, statements: Statements) -> None:
    def cost() -> int:
        with statements() as seen:
            scene.issuer.get("/warnings")
        assert not any("warning.document" in statement for statement in seen)
        return len(seen)

    first = take_in(scene.issuer, GOOD)
    respond(scene, first)
    take_in(scene.issuer, later("Update", "2"))
    few = cost()
    for n in range(5):
        respond(scene, take_in(scene.issuer, document((NAME, f"w{n}"))))
    assert cost() == few


# Faults


def test_what_is_wrong_is_told_by_place_and_rule(scene: Scene, session: Session) -> None:
    text = document(("<scope>Public", "<scope>Private"), ("qx@zj", "q x@zj"))
    problem = take_in(scene.issuer, text, status=422)
    assert problem["code"] == "cap_invalid"
    assert [(error["pointer"], error["rule"]) for error in problem["errors"]] == [
        ("/alert/sender", "name_characters"),
        ("/alert/addresses", "private_addresses"),
    ]
    assert scene.issuer.get("/warnings")["items"] == []


@pytest.mark.parametrize("kind", [*WITH_DTD, *LARGE])
def test_no_bomb_goes_off(scene: Scene, kind: str) -> None:
    text = LARGE.get(kind) or f'<?xml version="1.0"?>{WITH_DTD.get(kind)}<alert>&x;</alert>'
    # Of this thread alone, whatever else the machine does.
    started = time.thread_time()
    status = 413 if len(text) > 1024 * 1024 else 422
    take_in(scene.issuer, text, status=status)
    assert time.thread_time() - started < 3


def test_a_document_of_five_megabytes_is_too_large(scene: Scene) -> None:
    text = document(("台风利奇马", "风" * 1_700_000))
    problem = take_in(scene.issuer, text, status=413)
    assert (problem["code"], problem["limit"]) == ("warning_too_large", 1024 * 1024)
    # One that does not say how long it is.
    answer = scene.issuer.request(
        "POST",
        "/warnings",
        input_stream=BytesIO(text.encode()),
        content_type="application/cap+xml",
        environ_overrides={"wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"},
    )
    assert (answer.status_code, answer.get_json()["code"]) == (413, "warning_too_large")


def test_a_document_of_a_megabyte_is_taken_in(scene: Scene) -> None:
    room = 1024 * 1024 - len(GOOD.encode())
    text = document(("浙江省气象台", "浙江省气象台" + "a" * room))
    assert len(text.encode()) == 1024 * 1024
    take_in(scene.issuer, text)


@pytest.mark.parametrize("media", ["application/json", "text/html", "", "multipart/form-data"])
def test_other_media_are_not_taken(scene: Scene, media: str) -> None:
    assert take_in(scene.issuer, GOOD, status=415, media=media)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("kind", ["Ack", "Error"])
def test_receipts_are_no_warnings(scene: Scene, kind: str) -> None:
    take_in(scene.issuer, GOOD)
    problem = take_in(scene.issuer, later(kind, "2"), status=422)
    assert problem["errors"][0]["rule"] == "msg_type"


# Update and Cancel


@pytest.mark.parametrize("kind", ["Update", "Cancel"])
@pytest.mark.parametrize(
    "change",
    [
        None,
        ("+08:00</references>", "+09:00</references>"),
        (">qx@zj.example,", ">sw@zj.example,"),
        ("001,2019-08-09T21:30:00+08:00</ref", "009,2019-08-09T21:30:00+08:00</ref"),
    ],
)
def test_a_reference_must_be_there(scene: Scene, kind: str, change: tuple[str, str] | None) -> None:
    if change is not None:
        take_in(scene.issuer, GOOD)
    text = later(kind, "2", *([change] if change else []))
    (error,) = take_in(scene.issuer, text, status=422)["errors"]
    assert (error["pointer"], error["rule"]) == ("/alert/references", "references_unknown")


def test_a_reference_is_the_same_moment_in_another_offset(scene: Scene) -> None:
    take_in(scene.issuer, GOOD)
    take_in(scene.issuer, later("Update", "2", ("21:30:00+08:00</ref", "13:30:00-00:00</ref")))


def test_what_another_city_took_in_is_not_there(scene: Scene) -> None:
    take_in(scene.as_(duty(TAIZHOU)), GOOD)
    take_in(scene.issuer, later("Update", "2"))
    take_in(scene.as_(duty(TAIZHOU)), later("Update", "3"))


def test_an_update_and_a_cancel_take_the_place_of_what_they_name(scene: Scene) -> None:
    first = take_in(scene.issuer, GOOD)
    update = take_in(scene.issuer, later("Update", "2"))
    assert shown(scene, first)["standing"] == "updated"
    assert shown(scene, first)["replaced_by"] == {"id": update["id"], "msg_type": "Update"}
    assert respond(scene, first, status=409)["standing"] == "updated"
    cancel = take_in(scene.issuer, later("Cancel", "3", ("33-2019-08-09-001,", "2,")))
    assert shown(scene, update)["standing"] == "cancelled"
    assert shown(scene, cancel)["may"] == {"raise": False}
    assert respond(scene, update, status=409)["code"] == "warning_not_current"
    respond(scene, cancel, status=422)


def test_an_expired_warning_is_not_responded_to(scene: Scene) -> None:
    ends = (clock.now() + timedelta(hours=1)).astimezone(UTC).replace(microsecond=0)
    expires = f"<expires>{ends.isoformat()}</expires>"
    warning = take_in(scene.issuer, document((EFFECTIVE, EFFECTIVE + expires)))
    assert warning["standing"] == "in_force"
    with clock.at(ends):
        assert shown(scene, warning)["standing"] == "expired"
        assert shown(scene, warning)["may"] == {"raise": False}
        respond(scene, warning, status=409)


# The response


def test_one_act_raises_the_event_that_the_warning_proposes(scene: Scene) -> None:
    warning = take_in(scene.issuer, GOOD)
    assert warning["may"] == {"raise": True}
    answered = respond(scene, warning)
    event = scene.issuer.get(f"/events/{answered['event']['id']}")
    assert (event["name"], event["kind"]) == ("台风利奇马红色预警", "typhoon")
    assert (event["mode"], event["level"]) == ("actual", 1)
    assert [entry["level"] for entry in event["levels"]] == [1]
    assert answered["responded"] is True
    assert answered["may"] == {"raise": False}
    # A repeat, whatever it says, changes nothing.
    assert respond(scene, warning, status=200, level=4) == answered
    assert len(scene.issuer.get("/events")["items"]) == 2


def test_a_person_may_say_otherwise(scene: Scene) -> None:
    answered = respond(scene, take_in(scene.issuer, GOOD), level=3, name="台风", kind="flood")
    event = scene.issuer.get(f"/events/{answered['event']['id']}")
    assert (event["name"], event["kind"], event["level"]) == ("台风", "flood", 3)


def test_a_level_must_be_said_where_none_is_proposed(scene: Scene) -> None:
    warning = take_in(
        scene.issuer, document(("红色预警", "预警"), ("<severity>Severe", "<severity>Unknown"))
    )
    problem = respond(scene, warning, status=422)
    assert problem["errors"][0]["pointer"] == "/level"
    assert respond(scene, warning, level=4)["event"]["level"] == 4


def test_exercise_stays_exercise_and_a_test_raises_nothing(scene: Scene) -> None:
    exercise = take_in(scene.issuer, document(("<status>Actual", "<status>Exercise")))
    assert respond(scene, exercise)["event"]["mode"] == "exercise"
    for status in ("System", "Test", "Draft"):
        other = take_in(scene.issuer, document(("Actual", status), (NAME, status)))
        assert other["may"] == {"raise": False}
        respond(scene, other, status=409)


def test_an_update_changes_the_level_of_the_event_there_is(scene: Scene) -> None:
    first = respond(scene, take_in(scene.issuer, GOOD))
    update = take_in(scene.issuer, later("Update", "2", ("红色", "橙色")))
    assert update["event"] == first["event"]
    assert (update["responded"], update["may"]) == (False, {"raise": True})
    answered = respond(scene, update)
    assert answered["event"] == {**first["event"], "level": 2}
    levels = scene.issuer.get(f"/events/{first['event']['id']}")["levels"]
    assert [entry["level"] for entry in levels] == [1, 2]
    assert "橙色预警" in levels[1]["reason"]
    # The next one is of the same level: responded to, and nothing to change.
    same = take_in(
        scene.issuer, later("Update", "3", ("33-2019-08-09-001,", "2,"), ("红色", "橙色"))
    )
    assert respond(scene, same)["event"]["level"] == 2
    assert len(scene.issuer.get(f"/events/{first['event']['id']}")["levels"]) == 2


def test_an_update_of_a_closed_event_raises_another(scene: Scene) -> None:
    first = respond(scene, take_in(scene.issuer, GOOD))
    scene.issuer.post(f"/events/{first['event']['id']}/close", status=200)
    answered = respond(scene, take_in(scene.issuer, later("Update", "2")))
    assert answered["event"]["id"] != first["event"]["id"]


def test_an_exercise_never_moves_an_actual_event(scene: Scene) -> None:
    first = respond(scene, take_in(scene.issuer, GOOD))
    exercise = later("Update", "2", ("Actual", "Exercise"), ("红色", "蓝色"))
    answered = respond(scene, take_in(scene.issuer, exercise))
    assert answered["event"]["mode"] == "exercise"
    assert scene.issuer.get(f"/events/{first['event']['id']}")["level"] == 1


@pytest.mark.parametrize("status", ["Exercise", "System", "Test", "Draft"])
def test_only_a_message_of_its_own_status_takes_the_place_of_a_warning(
    scene: Scene, status: str
) -> None:
    first = take_in(scene.issuer, GOOD)
    for kind in ("Update", "Cancel"):
        take_in(scene.issuer, later(kind, f"{status}-{kind}", ("Actual", status)))
    assert (shown(scene, first)["standing"], shown(scene, first)["replaced_by"]) == (
        "in_force",
        None,
    )
    assert respond(scene, first)["event"]["mode"] == "actual"


def test_each_unit_responds_for_itself(scene: Scene) -> None:
    warning = take_in(scene.issuer, GOOD)
    province = respond(scene, warning)
    city = scene.as_(duty(TAIZHOU))
    (seen,) = city.get("/warnings")["items"]
    assert (seen["event"], seen["may"]) == (None, {"raise": True})
    answered = city.post(f"/warnings/{warning['id']}/event", {"level": 2})
    assert answered["event"]["id"] != province["event"]["id"]
    assert shown(scene, warning)["event"] == province["event"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("name", ["", " ", "a\u202eb", "长" * 101, 5]),
        ("kind", ["", "Typhoon", "t" * 33, 5]),
        ("level", [0, 5, "1", 1.5, True]),
        ("mode", ["exercise"]),
    ],
)
def test_every_fault_of_a_response_is_named(scene: Scene, name: str, values: list[Any]) -> None:
    warning = take_in(scene.issuer, GOOD)
    for value in values:
        problem = respond(scene, warning, status=422, **{name: value})
        assert problem["errors"][0]["pointer"].startswith(f"/{name}")


# Rights

SEE = {
    PROVINCE: 200,
    TAIZHOU: 200,
    WENLING: 200,
    DONGHAI: 200,
    WENZHOU: 404,
}


def denied(session: Session) -> int:
    session.rollback()
    return len(session.scalars(select(AuditEntry.id).filter_by(outcome="denied")).all())


def test_a_warning_is_seen_in_above_and_below_its_unit_and_nowhere_else(
    scene: Scene, session: Session
) -> None:
    warning = take_in(scene.as_(duty(TAIZHOU)), GOOD)
    for code, expected in SEE.items():
        client = scene.as_(duty(code))
        assert len(client.get("/warnings")["items"]) == (expected == 200)
        for path in ("", "/document"):
            before = denied(session)
            answer = client.request("GET", f"/warnings/{warning['id']}{path}")
            assert answer.status_code == expected, code
            assert denied(session) - before == (expected != 200)
    scene.as_("system_admin").get("/warnings", status=403)
    hidden = scene.as_(duty(WENZHOU)).get(f"/warnings/{warning['id']}", status=404)
    absent = scene.as_(duty(WENZHOU)).get("/warnings/999999", status=404)
    assert {**hidden, "instance": ""} == {**absent, "instance": ""}


def test_whoever_declares_no_events_takes_in_and_raises_nothing(
    scene: Scene, session: Session
) -> None:
    warning = take_in(scene.as_(duty(TAIZHOU)), GOOD)
    path = f"/warnings/{warning['id']}/event"
    for username, expected in {
        "33.leader": 403,
        duty(WENLING): 403,
        duty(DONGHAI): 403,
        duty(WENZHOU): 404,
        "system_admin": 403,
    }.items():
        before = denied(session)
        take_in(scene.as_(username), GOOD, status=403)
        scene.as_(username).post(path, {}, status=expected)
        assert denied(session) - before == 2, username
    assert scene.as_(duty(WENLING)).get("/warnings")["items"][0]["may"] == {"raise": False}


def test_taking_in_and_responding_are_in_the_audit_log(scene: Scene, session: Session) -> None:
    warning = take_in(scene.issuer, GOOD)
    respond(scene, warning)
    kept = {
        entry.action: entry
        for entry in session.scalars(select(AuditEntry).filter_by(object_kind="warning"))
    }
    assert set(kept) == {"warning.receive", "warning.raise"}
    assert all(entry.object_id == warning["id"] for entry in kept.values())


# Live


def apply(items: dict[str, Any], heard: list[Any], unit_id: str) -> None:
    """What an open list knows after ``warning.updated``; null stays as it was."""
    for update in heard:
        item = items[update["warning_id"]]
        if update["replaced_by"]:
            item["replaced_by"] = update["replaced_by"]
        if update["raised"] and update["raised"]["unit_id"] == unit_id:
            item["event"] = update["raised"]["event_id"]


def test_open_screens_hear_of_it_and_know_what_a_fresh_one_knows(
    scene: Scene, listening: Listening
) -> None:
    near = {code: listening(duty(code)) for code in (PROVINCE, TAIZHOU, WENLING, DONGHAI)}
    far = listening(duty(WENZHOU))
    city = scene.as_(duty(TAIZHOU))
    first = take_in(city, GOOD)
    for listener in near.values():
        (heard,) = listener.hear("warning.received")
        assert heard == {
            "warning_id": first["id"],
            "unit_id": scene.unit_id(TAIZHOU),
            "msg_type": "Alert",
            "name": "台风利奇马红色预警",
            "kind": "typhoon",
            "mode": "actual",
            "level": 1,
        }
    take_in(city, GOOD, status=200)
    assert near[TAIZHOU].hear("warning.received") == []
    city.post(f"/warnings/{first['id']}/event", {})
    update = take_in(city, later("Update", "2"))
    known = {each["id"]: {"replaced_by": None, "event": None} for each in (first, update)}
    apply(known, near[TAIZHOU].hear("warning.updated"), scene.unit_id(TAIZHOU))
    fresh = {item["id"]: item for item in city.get("/warnings")["items"]}
    assert known[first["id"]] == {
        "replaced_by": fresh[first["id"]]["replaced_by"],
        "event": fresh[first["id"]]["event"]["id"],
    }
    assert far.hear() == []


# Out


def test_a_directive_is_exported_to_whoever_sees_it(scene: Scene, session: Session) -> None:
    directive = scene.issue(SHITANG)
    path = f"/directives/{directive['id']}/cap"
    answer = scene.as_(duty(SHITANG)).request("GET", path)
    assert answer.mimetype == "application/cap+xml"
    alert = read_alert(answer.data)
    assert alert.identifier == f"zzd-directive-{directive['id']}"
    assert alert.sender == sender_at("http://127.0.0.1:8000") == "zzd@127.0.0.1"
    assert (alert.status, alert.msg_type) == ("Actual", "Alert")
    assert alert.infos[0].areas[0].geocodes == (("GB/T 10114", SHITANG),)
    assert alert.infos[0].areas[0].description == "石塘镇"
    assert alert.sent == datetime.fromisoformat(directive["issued_at"]).replace(microsecond=0)
    before = denied(session)
    scene.as_(duty(JIAOJIANG)).get(path, status=404)
    assert denied(session) == before + 1
    scene.issuer.get("/directives/999999/cap", status=404)


def test_a_message_stays_as_it_was_until_the_directive_is_closed(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    path = f"/directives/{directive['id']}/cap"
    first = scene.issuer.request("GET", path).data
    event = f"/events/{scene.event['id']}"
    scene.issuer.post(f"{event}/levels", {"level": 3, "reason": "减弱"})
    assert scene.issuer.request("GET", path).data == first
    scene.issuer.post(f"{event}/close", status=200)
    cancel = read_alert(scene.issuer.request("GET", path).data)
    assert (cancel.msg_type, cancel.infos[0].severity) == ("Cancel", "Extreme")
    named = read_alert(first)
    assert (cancel.references or "").startswith(f"{named.sender},{named.identifier},")


def test_an_exercise_is_exported_as_one(as_: SignedIn, scene: Scene) -> None:
    drill = Scene(as_, scene.unit_id, mode="exercise")
    directive = drill.issue(SHITANG)
    alert = read_alert(drill.issuer.request("GET", f"/directives/{directive['id']}/cap").data)
    assert alert.status == "Exercise"
    assert (alert.infos[0].headline or "").startswith("【演练】")


def test_a_line_on_the_map_goes_out_and_comes_in_as_it_was_drawn(scene: Scene) -> None:
    line = [[121.35, 28.36], [121.40, 28.36], [121.40, 28.40], [121.35, 28.40]]
    directive = scene.issue(audiences=[], area={"polygon": line, "levels": [4]})
    message = scene.issuer.request("GET", f"/directives/{directive['id']}/cap").data
    assert b"<polygon>28.360000,121.350000 28.360000,121.400000 " in message
    *addressed, drawn = take_in(scene.issuer, message)["alert"]["infos"][0]["areas"]
    assert [each["polygons"] for each in addressed] == [[]]
    closed = [[latitude, longitude] for longitude, latitude in [*line, line[0]]]
    assert (drawn["description"], drawn["polygons"]) == ("地图圈定范围、温岭市", [closed])


def test_our_own_message_can_be_taken_in_by_another_installation(scene: Scene) -> None:
    directive = scene.issue(SHITANG)
    message = scene.issuer.request("GET", f"/directives/{directive['id']}/cap").data
    warning = take_in(scene.issuer, message)
    assert warning["proposal"] == {
        "name": "转移危险区域人员",
        "kind": "typhoon",
        "mode": "actual",
        "level": 1,
        "basis": "parameter: 应急响应等级 = Ⅰ级",
        "plan": None,
    }
