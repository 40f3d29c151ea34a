"""Accounts: made, disabled and given passwords by system administrators."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn, Statements
from tests.organisation import PASSWORD
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.identity.commands import accounts as commands
from zzd.identity.models import Account
from zzd.orgtree.models import Official

DUTY = "331081100.duty_officer"


def sign_in(app: Flask, username: str, password: str, *, status: int = 201) -> ApiClient:
    client = ApiClient(app)
    body = {"username": username, "password": password}
    client.token = client.post("/sessions", body, status=status).get("token")
    return client


@pytest.fixture
def account_id(as_: SignedIn) -> Any:
    def find(username: str) -> str:
        found = as_("system_admin").get("/accounts", q=username)["items"]
        return str(next(item["id"] for item in found if item["username"] == username))

    return find


@pytest.fixture
def newcomer(app: Flask) -> str:
    """The id of an official without an account."""
    with transaction() as session:
        official = Official(name="林海", phone=None, staff_no="newcomer")
        session.add(official)
        session.flush()
        return str(official.id)


def test_a_new_account_signs_in_with_its_initial_password(
    app: Flask, as_: SignedIn, newcomer: str, session: Session
) -> None:
    body = {"username": "lin.hai", "official_id": newcomer, "client_id": "a"}
    response = as_("system_admin").request("POST", "/accounts", json=body)
    made = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/accounts/{made['id']}"
    assert made["official"] == {"id": newcomer, "name": "林海", "post_title": "", "unit_name": ""}
    assert (made["status"], made["roles"]) == ("active", [])
    me = sign_in(app, "lin.hai", made["initial_password"]).get("/me")
    assert me["official"]["name"] == "林海"
    again = as_("system_admin").post("/accounts", body, status=200)
    assert again == {**made, "initial_password": None}
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.username, entry.action) == ("system_admin", "account.create")
    assert made["initial_password"] not in str(entry.detail)
    found = as_("system_admin").get(f"/accounts/{made['id']}")
    assert {**found, "initial_password": None} == again


def test_one_key_makes_one_account(as_: SignedIn) -> None:
    admin = as_("system_admin")
    admin.post("/accounts", {"username": "first", "client_id": "a"})
    refused = admin.post("/accounts", {"username": "second", "client_id": "a"}, status=409)
    assert refused["code"] == "idempotency_conflict"
    assert admin.get("/accounts", q="second")["items"] == []


def test_a_user_name_and_an_official_have_one_account(as_: SignedIn, official_id: Any) -> None:
    admin = as_("system_admin")
    taken = admin.post("/accounts", {"username": DUTY}, status=409)
    assert taken["code"] == "username_taken"
    body = {"username": "second.self", "official_id": official_id(DUTY)}
    assert admin.post("/accounts", body, status=409)["code"] == "official_has_account"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "x"},
        {"username": "X" * 10},
        {"username": "x" * 65},
        {"username": "trailing\n"},
        {"username": "名字"},
        {"username": 12},
        {"username": "ok.name", "official_id": "999999"},
        {"username": "ok.name", "official_id": 1},
        {"username": "ok.name", "official_id": "9" * 30},
        {"username": "ok.name", "client_id": ""},
        {"username": "ok.name", "client_id": "x" * 64 + "\n"},
        {"username": "ok.name", "password": "chosen by the administrator"},
    ],
    ids=str,
)
def test_a_malformed_account_is_refused(as_: SignedIn, body: dict[str, Any]) -> None:
    assert as_("system_admin").post("/accounts", body, status=422)["errors"]


def test_disabling_an_account_ends_its_sessions_and_enabling_brings_none_back(
    as_: SignedIn, app: Flask, account_id: Any, session: Session
) -> None:
    path = f"/accounts/{account_id(DUTY)}"
    as_(DUTY).get("/me")
    assert as_("system_admin").patch(path, {"status": "disabled"})["status"] == "disabled"
    as_(DUTY).get("/me", status=401)
    as_("system_admin").patch(path, {"status": "disabled"})
    as_("system_admin").patch(path, {"status": "active"})
    as_(DUTY).get("/me", status=401)
    sign_in(app, DUTY, PASSWORD).get("/me")
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["account.disable", "account.enable"]


@pytest.mark.parametrize("body", [{}, {"status": "asleep"}, {"status": 1}, {"role": "x"}], ids=str)
def test_a_malformed_change_is_refused(
    as_: SignedIn, account_id: Any, body: dict[str, Any]
) -> None:
    as_("system_admin").patch(f"/accounts/{account_id(DUTY)}", body, status=422)


def test_nobody_disables_or_resets_themselves(as_: SignedIn, account_id: Any) -> None:
    admin, own = as_("system_admin"), account_id("system_admin")
    refused = admin.patch(f"/accounts/{own}", {"status": "disabled"}, status=409)
    assert refused["code"] == "own_account"
    refused = admin.post(f"/accounts/{own}/password-reset", status=409)
    assert refused["code"] == "own_account"


def test_a_reset_password_replaces_the_old_one_ends_sessions_and_lifts_a_lock(
    app: Flask, as_: SignedIn, account_id: Any
) -> None:
    as_(DUTY).get("/me")
    for _ in range(5):
        sign_in(app, DUTY, "a guess", status=401)
    answer = as_("system_admin").post(f"/accounts/{account_id(DUTY)}/password-reset", status=200)
    as_(DUTY).get("/me", status=401)
    sign_in(app, DUTY, PASSWORD, status=401)
    sign_in(app, DUTY, answer["initial_password"]).get("/me")


@pytest.mark.parametrize("username", ["security_admin", "audit_admin"])
def test_a_system_administrator_cannot_become_another_administrator_by_a_reset(
    as_: SignedIn, account_id: Any, username: str
) -> None:
    path = f"/accounts/{account_id(username)}/password-reset"
    refused = as_("system_admin").post(path, status=409)
    assert refused["code"] == "separated_duties"
    as_(username).get("/me")


def test_accounts_are_listed_by_name_in_pages(as_: SignedIn, statements: Statements) -> None:
    admin = as_("security_admin")
    seen: list[str] = []
    cursor = None
    while True:
        query = {"q": "331081", "limit": 3} | ({"cursor": cursor} if cursor else {})
        page = admin.get("/accounts", **query)
        seen += [item["username"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) == 12
    with statements() as sent:
        admin.get("/accounts", limit=200)
    # One each for the caller, the page, its roles, its second factors and its officials.
    assert len(sent) == 5
    leader = admin.get("/accounts", q="331081.leader")["items"][0]
    assert leader["roles"] == ["unit_admin"]
    assert leader["official"]["unit_name"] == "温岭市"


@pytest.mark.parametrize("q", ["%", "_", "~", "x" * 64, "'; DROP TABLE account; --", "名"])
def test_a_strange_beginning_finds_nothing(as_: SignedIn, q: str) -> None:
    assert as_("system_admin").get("/accounts", q=q)["items"] == []


@pytest.mark.parametrize(
    "query",
    [{"q": ""}, {"q": "x" * 65}, {"q": "\x00"}, {"cursor": "@"}, {"cursor": "WzFd"}, {"limit": 0}],
    ids=str,
)
def test_a_malformed_query_is_refused(as_: SignedIn, query: dict[str, Any]) -> None:
    as_("system_admin").get("/accounts", status=422, **query)


ADMINISTRATION = [
    ("GET", "/accounts", {"system_admin", "security_admin"}),
    ("POST", "/accounts", {"system_admin"}),
    ("GET", "/accounts/999999", {"system_admin", "security_admin"}),
    ("PATCH", "/accounts/999999", {"system_admin"}),
    ("POST", "/accounts/999999/password-reset", {"system_admin"}),
    ("GET", "/grants", {"security_admin"}),
    ("POST", "/grants", {"security_admin"}),
    ("GET", "/grants/999999", {"security_admin"}),
    ("DELETE", "/grants/999999", {"security_admin"}),
    ("GET", "/audit", {"audit_admin"}),
]
CALLERS = [
    "system_admin",
    "security_admin",
    "audit_admin",
    "app_developer",
    "33.leader",
    "33.duty_officer",
    DUTY,
]


@pytest.mark.parametrize(("method", "path", "allowed"), ADMINISTRATION)
def test_each_administrator_does_their_own_part_and_refusals_are_recorded(
    as_: SignedIn, session: Session, method: str, path: str, allowed: set[str]
) -> None:
    for username in CALLERS:
        response = as_(username).request(method, path, json={} if method in "POSTPATCH" else None)
        if username in allowed:
            assert response.status_code in {200, 404, 422}
        else:
            assert response.status_code == 403
            assert response.get_json()["code"] == "not_permitted"
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.username for entry in entries] == [u for u in CALLERS if u not in allowed]
    assert {(entry.action, entry.outcome, entry.object_kind) for entry in entries} == {
        ("access", "denied", "door")
    }


@pytest.mark.parametrize(("method", "path", "_allowed"), ADMINISTRATION)
def test_anonymous_callers_are_asked_to_sign_in_and_not_recorded(
    anonymous: ApiClient, session: Session, method: str, path: str, _allowed: set[str]
) -> None:
    assert anonymous.request(method, path).status_code == 401
    assert session.scalars(select(AuditEntry)).all() == []


# The operator's commands


def run(app: Flask, *arguments: str) -> Any:
    return CliRunner().invoke(commands, list(arguments))


def test_the_operator_makes_the_first_administrator(app: Flask, as_: SignedIn) -> None:
    result = run(app, "add", "chief", "--role", "system_admin")
    assert result.exit_code == 0
    me = sign_in(app, "chief", result.output.strip()).get("/me")
    assert [grant["role"] for grant in me["grants"]] == ["system_admin"]
    entries = as_("audit_admin").get("/audit")["items"]
    assert [(e["action"], e["username"]) for e in entries] == [
        ("grant.give", None),
        ("account.create", None),
    ]


def test_the_operator_resets_an_administrators_password(app: Flask, as_: SignedIn) -> None:
    as_("audit_admin").get("/me")
    guess = {"username": "audit_admin", "password": "not the password"}
    for _ in range(5):
        ApiClient(app).post("/sessions", guess, status=401)
    ApiClient(app).post("/sessions", guess, status=423)
    result = run(app, "reset-password", "audit_admin")
    as_("audit_admin").get("/me", status=401)
    admin = sign_in(app, "audit_admin", result.output.strip())
    entries = [(e["action"], e["username"]) for e in admin.get("/audit")["items"]]
    assert ("account.reset_password", None) in entries


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "system_admin"),
        ("add", "Not A Name"),
        ("add", "chief", "--role", "issuer"),
        ("reset-password", "nobody.at.all"),
    ],
)
def test_the_operators_mistakes_are_told_in_a_line(
    app: Flask, session: Session, arguments: tuple[str, ...]
) -> None:
    before = len(session.scalars(select(Account.id)).all())
    result = run(app, *arguments)
    assert result.exit_code != 0
    assert "Error: " in result.output
    assert "Traceback" not in result.output
    assert len(session.scalars(select(Account.id)).all()) == before
