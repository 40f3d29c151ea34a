"""Grants: who gives them, what they reach, that they count at once and duties stay separated."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import database
from zzd.identity.models import Account, AccountGrant

DUTY = "331081100.duty_officer"
SEPARATED = ("system_admin", "security_admin", "audit_admin")


@pytest.fixture
def account_id(app: Flask) -> Any:
    def find(username: str) -> str:
        with database().reading() as session:
            return str(
                session.scalars(select(Account.id).where(Account.username == username)).one()
            )

    return find


def test_an_issuers_grant_has_an_audience_and_counts_at_once(
    as_: SignedIn, account_id: Any, unit_id: Any, session: Session
) -> None:
    assert as_(DUTY).get("/me")["may"]["issue_directives"] is False
    audience = {"unit_id": unit_id("331081"), "levels": [4, 5], "line": "flood_control"}
    body = {"account_id": account_id(DUTY), "role": "issuer", "audience": audience}
    response = as_("security_admin").request("POST", "/grants", json=body)
    given = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/api/v1/grants/{given['id']}"
    assert given["audience"]["levels"] == [4, 5]
    assert given["text"].startswith("指令签发人 · 温岭市以下 乡镇、村 ")
    me = as_(DUTY).get("/me")
    assert me["may"]["issue_directives"] is True
    assert me["grants"][0]["audience"] == given["audience"]
    assert as_("security_admin").get(f"/grants/{given['id']}") == given
    as_("security_admin").delete(f"/grants/{given['id']}")
    assert as_(DUTY).get("/me")["grants"] == []
    as_("security_admin").get(f"/grants/{given['id']}", status=404)
    as_("security_admin").delete(f"/grants/{given['id']}", status=404)
    entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(e.action, e.object_id) for e in entries] == [
        ("grant.give", account_id(DUTY)),
        ("grant.take_back", account_id(DUTY)),
    ]


def test_a_unit_administrators_grant_has_a_unit(
    as_: SignedIn, account_id: Any, unit_id: Any
) -> None:
    body = {"account_id": account_id(DUTY), "role": "unit_admin", "unit_id": unit_id("331081100")}
    given = as_("security_admin").post("/grants", body)
    assert (given["unit_id"], given["audience"]) == (unit_id("331081100"), None)
    assert given["text"] == "单位管理员 · 石塘镇以下"
    assert as_(DUTY).get("/me")["may"]["administer"] is True


def test_a_repeat_returns_the_first_grant_even_when_it_was_taken_back(
    as_: SignedIn, account_id: Any
) -> None:
    admin = as_("security_admin")
    body = {"account_id": account_id(DUTY), "role": "app_developer", "client_id": "one"}
    given = admin.post("/grants", body)
    assert admin.post("/grants", body, status=200) == given
    other = {**body, "account_id": account_id("33.leader")}
    assert admin.post("/grants", other, status=409)["code"] == "idempotency_conflict"
    admin.delete(f"/grants/{given['id']}")
    assert admin.post("/grants", body, status=200)["revoked_at"] is not None
    assert as_(DUTY).get("/me")["grants"] == []
    assert admin.post("/grants", {**body, "client_id": "two"})["id"] != given["id"]


def test_the_same_grant_is_given_once(as_: SignedIn, account_id: Any, unit_id: Any) -> None:
    admin = as_("security_admin")
    audience = {"unit_id": unit_id("3310"), "levels": [4]}
    body = {"account_id": account_id(DUTY), "role": "issuer", "audience": audience}
    admin.post("/grants", body)
    assert admin.post("/grants", body, status=409)["code"] == "already_granted"
    admin.post("/grants", {**body, "audience": {**audience, "levels": [5]}})


@pytest.mark.parametrize("held", SEPARATED)
@pytest.mark.parametrize("wanted", SEPARATED)
def test_no_account_holds_two_of_the_separated_administrations(
    app: Flask, as_: SignedIn, account_id: Any, session: Session, held: str, wanted: str
) -> None:
    if held == "security_admin":
        # Nobody grants to themselves either: another security administrator tries.
        with database().transaction() as writing:
            writing.add(
                AccountGrant(
                    account_id=int(account_id("app_developer")),
                    role="security_admin",
                    granted_at=clock.now(),
                )
            )
        admin = as_("app_developer")
    else:
        admin = as_("security_admin")
    body = {"account_id": account_id(held), "role": wanted}
    refused = admin.post("/grants", body, status=409)
    assert refused["code"] == ("already_granted" if held == wanted else "separated_duties")


@pytest.mark.parametrize("shown_by", ["making it", "a reset"])
def test_who_was_shown_a_password_does_not_get_an_administration_by_it(
    app: Flask, as_: SignedIn, account_id: Any, shown_by: str
) -> None:
    system, security = as_("system_admin"), as_("security_admin")
    if shown_by == "a reset":
        id_, username = account_id(DUTY), DUTY
        answer = system.post(f"/accounts/{id_}/password-reset", status=200)
    else:
        answer = system.post("/accounts", {"username": "newcomer"})
        id_, username = answer["id"], "newcomer"
    body = {"account_id": id_, "role": "audit_admin"}
    assert security.post("/grants", body, status=409)["code"] == "password_shown"
    # What is no separated administration may be granted at once.
    security.post("/grants", {"account_id": id_, "role": "app_developer"})
    known = answer["initial_password"]
    session = ApiClient(app).post("/sessions", {"username": username, "password": known})
    own = {"current": known, "new": "a-password-of-my-own"}
    ApiClient(app, session["token"]).put("/me/password", own, status=204)
    security.post("/grants", body)


def test_the_database_too_refuses_two_separated_administrations(
    app: Flask, account_id: Any
) -> None:
    def add(role: str, **more: Any) -> None:
        with Session(database().engine) as writing:
            writing.connection(execution_options={"zzd_write": True})
            grant = AccountGrant(
                account_id=int(account_id(DUTY)), role=role, granted_at=clock.now(), **more
            )
            writing.add(grant)
            writing.commit()

    add("system_admin", revoked_at=clock.now())
    add("audit_admin")
    add("app_developer")
    with pytest.raises(IntegrityError):
        add("system_admin")


def test_of_two_security_administrators_at_once_one_is_refused(
    app: Flask, as_: SignedIn, account_id: Any
) -> None:
    admin = as_("security_admin")

    def grant(role: str) -> int:
        with app.app_context():
            client = ApiClient(app, token=admin.token)
            body = {"account_id": account_id(DUTY), "role": role}
            return int(client.request("POST", "/grants", json=body).status_code)

    account_id(DUTY)
    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(grant, SEPARATED))
    assert answers == [201, 409, 409]


def test_nobody_changes_their_own_grants(as_: SignedIn, account_id: Any) -> None:
    admin, own = as_("security_admin"), account_id("security_admin")
    refused = admin.post("/grants", {"account_id": own, "role": "app_developer"}, status=409)
    assert refused["code"] == "own_account"
    mine = admin.get("/grants", account_id=own)["items"][0]["id"]
    assert admin.delete(f"/grants/{mine}", status=409)["code"] == "own_account"


def test_grants_are_listed_by_account_and_role_in_pages(as_: SignedIn, account_id: Any) -> None:
    admin = as_("security_admin")
    first = admin.get("/grants", limit=5)
    second = admin.get("/grants", limit=5, cursor=first["next"])
    assert len(first["items"]) == 5
    assert {item["role"] for item in first["items"] + second["items"]} == {
        *SEPARATED,
        "app_developer",
        "issuer",
        "unit_admin",
    }
    assert second["next"] is None
    issuers = admin.get("/grants", role="issuer")["items"]
    assert {item["account"]["username"] for item in issuers} == {
        "33.duty_officer",
        "3310.duty_officer",
    }
    found = admin.get("/grants", account_id=account_id("33.leader"))["items"]
    assert [item["role"] for item in found] == ["unit_admin"]


def bad_grants() -> list[tuple[dict[str, Any], str]]:
    """Bodies, with $ACCOUNT and $UNIT to be filled in, and where the fault is."""
    account, unit = {"account_id": "$ACCOUNT"}, {"unit_id": "$UNIT"}
    return [
        ({}, "/account_id"),
        ({**account}, "/role"),
        ({**account, "role": "emperor"}, "/role"),
        ({**account, "role": "issuer"}, "/audience"),
        ({**account, "role": "issuer", "audience": {}}, "/audience/unit_id"),
        ({**account, "role": "issuer", "audience": [1]}, "/audience"),
        ({**account, "role": "issuer", "audience": {"unit_id": "999999"}}, "/audience/unit_id"),
        ({**account, "role": "issuer", "audience": {**unit, "levels": [1]}}, "/audience/levels"),
        ({**account, "role": "issuer", "audience": {**unit, "levels": []}}, "/audience/levels"),
        ({**account, "role": "issuer", "audience": {**unit, "levels": [7]}}, "/audience/levels/0"),
        ({**account, "role": "issuer", "audience": {**unit, "line": "magic"}}, "/audience/line"),
        ({**account, "role": "issuer", "audience": {**unit, "role": "king"}}, "/audience/role"),
        ({**account, "role": "issuer", "audience": unit, **unit}, "/unit_id"),
        ({**account, "role": "unit_admin"}, "/unit_id"),
        ({**account, "role": "unit_admin", "unit_id": "999999"}, "/unit_id"),
        ({**account, "role": "unit_admin", "unit_id": 3}, "/unit_id"),
        ({**account, "role": "unit_admin", "audience": unit, **unit}, "/audience"),
        ({**account, "role": "app_developer", **unit}, "/unit_id"),
        ({**account, "role": "audit_admin", "audience": unit}, "/audience"),
        ({"account_id": "999999", "role": "app_developer"}, "/account_id"),
        ({"account_id": "-1", "role": "app_developer"}, "/account_id"),
        ({**account, "role": "app_developer", "surprise": 1}, "/surprise"),
    ]


@pytest.mark.parametrize(("body", "pointer"), bad_grants(), ids=str)
def test_a_malformed_grant_is_refused_with_the_place_of_the_fault(
    as_: SignedIn, account_id: Any, unit_id: Any, body: dict[str, Any], pointer: str
) -> None:
    def fill(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: fill(part) for key, part in value.items()}
        return {"$ACCOUNT": account_id(DUTY), "$UNIT": unit_id("3310")}.get(str(value), value)

    refused = as_("security_admin").post("/grants", fill(body), status=422)
    assert pointer in [error["pointer"] for error in refused["errors"]]


def test_only_an_officials_account_issues_directives(
    as_: SignedIn, account_id: Any, unit_id: Any
) -> None:
    audience = {"unit_id": unit_id("3310")}
    body = {"account_id": account_id("app_developer"), "role": "issuer", "audience": audience}
    refused = as_("security_admin").post("/grants", body, status=422)
    assert refused["errors"][0]["pointer"] == "/account_id"


@pytest.mark.parametrize(
    "query",
    [{"role": "emperor"}, {"account_id": "x"}, {"account_id": "9" * 30}, {"cursor": "WyJhIl0"}],
    ids=str,
)
def test_a_malformed_query_is_refused(as_: SignedIn, query: dict[str, Any]) -> None:
    as_("security_admin").get("/grants", status=422, **query)
