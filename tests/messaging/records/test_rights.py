"""Separated duties: who may what with rules, holds and exports, and that refusals are recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import CITY, MEMBER, OUTSIDER, OWNER, PROVINCE, MakeGroup, say
from tests.messaging.records.conftest import AUDIT, REASON, SECURITY, SYSTEM, Hold, Rule, order
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.messaging.records import making

Ids = Callable[[str], str]
RULE = {"name": "期限", "keep_days": 30}


def denials(session: Session) -> int:
    session.rollback()
    query = select(func.count()).where(AuditEntry.outcome == "denied")
    return session.scalar(query) or 0


@pytest.mark.parametrize(
    ("method", "path", "body", "who"),
    [
        ("GET", "/records/rules", None, {SECURITY, AUDIT}),
        ("POST", "/records/rules", RULE, {SECURITY}),
        ("PUT", "/records/rules/{rule}", RULE, {SECURITY}),
        ("DELETE", "/records/rules/{rule}", None, {SECURITY}),
        ("POST", "/records/rules/trial", RULE, {SECURITY}),
        ("GET", "/records/holds", None, {SECURITY, AUDIT}),
        ("POST", "/records/holds", {"conversation_id": "{place}", "reason": REASON}, {AUDIT}),
        ("POST", "/records/holds/{hold}/release", {"reason": REASON}, {AUDIT}),
        ("GET", "/records/conversations?official_id={official}", None, {SECURITY, AUDIT}),
    ],
)
def test_administrators_have_separate_duties_and_officials_none(
    as_: SignedIn,
    group: MakeGroup,
    rule: Rule,
    hold: Hold,
    official_id: Ids,
    session: Session,
    method: str,
    path: str,
    body: dict[str, str] | None,
    who: set[str],
) -> None:
    place = group(MEMBER)["id"]
    named = {
        "rule": rule(30)["id"],
        "hold": hold(conversation_id=place)["id"],
        "place": place,
        "official": official_id(MEMBER),
    }
    filled = body and {
        key: value.format(**named) if isinstance(value, str) else value
        for key, value in body.items()
    }
    before = denials(session)
    refused = 0
    # Those who may come last: what they do ends what is asked for.
    for username in sorted(
        {SECURITY, AUDIT, SYSTEM, OWNER, MEMBER, PROVINCE}, key=who.__contains__
    ):
        answer = as_(username).request(method, path.format(**named), json=filled)
        if username in who:
            assert answer.status_code in (200, 201, 204), (username, answer.get_data(True))
        else:
            assert answer.get_json()["code"] == "not_permitted", username
            refused += 1
    assert denials(session) - before == refused == 6 - len(who)


@pytest.mark.parametrize(
    ("username", "status"),
    [
        (SECURITY, 201),
        (OWNER, 201),
        (MEMBER, 403),
        (OUTSIDER, 404),
        (AUDIT, 404),
        (SYSTEM, 404),
    ],
)
def test_a_group_is_taken_out_by_who_looks_after_it_and_the_security_administrator(
    as_: SignedIn, group: MakeGroup, session: Session, username: str, status: int
) -> None:
    made = group(MEMBER)
    before = denials(session)
    body = {"conversation_id": made["id"], "reason": REASON}
    as_(username).post("/records/exports", body, status=status)
    assert denials(session) - before == (status >= 400)
    as_(username).post("/records/exports", {**body, "conversation_id": "999999"}, status=404)


def test_either_of_two_takes_a_direct_conversation_out(
    as_: SignedIn, official_id: Ids, addressed: MakeGroup
) -> None:
    body = {"kind": "direct", "official_ids": [official_id(MEMBER)]}
    direct = as_(OWNER).post("/conversations", body)
    for username in (OWNER, MEMBER):
        assert not order(as_(username), direct)["whole"]
    announced = addressed("announcement", "331081")
    order(as_(CITY), announced)
    refused = {"conversation_id": announced["id"], "reason": REASON}
    as_(MEMBER).post("/records/exports", refused, status=403)


def test_an_administrator_says_why(as_: SignedIn, group: MakeGroup) -> None:
    made = group(MEMBER)
    for reason in ("", "   "):
        body = {"conversation_id": made["id"], "reason": reason}
        as_(SECURITY).post("/records/exports", body, status=422)
    assert order(as_(OWNER), made, reason="")["reason"] == ""


def test_an_export_is_its_orderers_and_seen_by_both_administrators(
    as_: SignedIn, group: MakeGroup, session: Session
) -> None:
    made = group(MEMBER)
    ordered = order(as_(OWNER), made)
    making.make_due()
    path = f"/records/exports/{ordered['id']}"
    assert as_(OWNER).get(path)["state"] == "ready"
    for username in (SECURITY, AUDIT):
        assert as_(username).get(path)["sha256"]
        listed = as_(username).get("/records/exports", everybodys=True)["items"]
        assert [each["id"] for each in listed] == [ordered["id"]]
        assert as_(username).get("/records/exports")["items"] == []
    before = denials(session)
    for username in (MEMBER, SYSTEM):
        as_(username).get(path, status=404)
        assert as_(username).get("/records/exports", everybodys=True)["items"] == []
    for username in (SECURITY, AUDIT, MEMBER):
        as_(username).post(f"{path}/links", status=404)
        as_(username).delete(path, status=404)
    assert denials(session) - before == 8


def test_who_lost_the_right_downloads_no_more(
    as_: SignedIn, group: MakeGroup, official_id: Ids
) -> None:
    made = group(MEMBER)
    path = f"/conversations/{made['id']}"
    as_(OWNER).patch(f"{path}/members/{official_id(MEMBER)}", {"role": "admin"})
    ordered = order(as_(MEMBER), made)
    making.make_due()
    link = as_(MEMBER).post(f"/records/exports/{ordered['id']}/links", status=200)["url"]
    as_(OWNER).patch(f"{path}/members/{official_id(MEMBER)}", {"role": "member"})
    as_(MEMBER).post(f"/records/exports/{ordered['id']}/links", status=403)
    followed = as_(MEMBER).request("GET", link.removeprefix("/api/v1"))
    assert followed.status_code == 403


def test_a_link_that_was_changed_or_is_old_opens_nothing(
    as_: SignedIn, group: MakeGroup, anonymous: ApiClient
) -> None:
    made = group(MEMBER)
    ordered = order(as_(OWNER), made)
    as_(OWNER).post(f"/records/exports/{ordered['id']}/links", status=409)
    making.make_due()
    url = as_(OWNER).post(f"/records/exports/{ordered['id']}/links", status=200)["url"]
    path = url.removeprefix("/api/v1")
    assert anonymous.request("GET", path).status_code == 200
    assert anonymous.request("GET", path[:-2] + "AA").get_json()["code"] == "link_invalid"
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert anonymous.request("GET", path).get_json()["code"] == "link_invalid"
    as_(OWNER).delete("/sessions/current")
    assert anonymous.request("GET", path).get_json()["code"] == "link_invalid"


def test_the_panel_tells_who_may_know(
    as_: SignedIn,
    group: MakeGroup,
    addressed: MakeGroup,
    hold: Hold,
    official_id: Ids,
    unit_id: Ids,
) -> None:
    made, other = group(MEMBER), group(MEMBER)
    hold(conversation_id=made["id"])
    path = f"/conversations/{made['id']}/records"
    assert as_(OWNER).get(path) == {"may_export": True, "held": None}
    assert as_(MEMBER).get(path) == {"may_export": False, "held": None}
    as_(OUTSIDER).get(path, status=404)
    found = as_(AUDIT).get("/records/conversations", official_id=official_id(MEMBER))["items"]
    assert [(each["id"], each["held"]) for each in found] == [
        (other["id"], False),
        (made["id"], True),
    ]
    announced = addressed("announcement", "331081")
    hold(audience={"unit_id": unit_id("331081")})
    found = as_(AUDIT).get("/records/conversations", unit_id=unit_id("331081"))["items"]
    assert [(each["id"], each["held"]) for each in found] == [(announced["id"], True)]


def test_no_word_is_told_to_who_finds_conversations(
    as_: SignedIn, group: MakeGroup, official_id: Ids
) -> None:
    made = group(MEMBER)
    say(as_(OWNER), made, "机密内容")
    answer = as_(AUDIT).request("GET", f"/records/conversations?official_id={official_id(MEMBER)}")
    assert "机密内容" not in answer.get_data(True)


WRONG: list[tuple[str, Any]] = [
    ("/records/rules", {"name": "", "keep_days": 1}),
    ("/records/rules", {"name": "甲", "keep_days": 0}),
    ("/records/rules", {"name": "甲", "keep_days": 10**9}),
    ("/records/rules", {"name": "甲", "keep_days": True}),
    ("/records/rules", {"name": "甲", "keep_days": 1.5}),
    ("/records/rules", {"name": "甲"}),
    ("/records/rules", {"name": "甲", "keep_days": 1, "conversation_kinds": ["x"]}),
    ("/records/rules", {"name": "甲\0", "keep_days": 1}),
    ("/records/rules", {"name": "甲", "keep_days": 1, "audience": {"unit_id": "999999"}}),
    ("/records/rules/trial", {"name": "甲", "keep_days": 1, "cursor": "x"}),
    ("/records/rules/trial", {"name": "甲", "keep_days": 1, "rule_id": "999"}),
    ("/records/exports", {"conversation_id": "1", "reason": "字" * 501}),
    ("/records/exports", {"conversation_id": "1", "reason": "甲", "with_files": "yes"}),
]


@pytest.mark.parametrize(("path", "body"), WRONG)
def test_wrong_input_is_refused_by_name(as_: SignedIn, path: str, body: Any) -> None:
    assert as_(SECURITY).post(path, body, status=422)["errors"]
