"""Who takes a lost second factor off an account, and what that is no way to."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.conftest import SignedIn
from tests.identity.second_factor.conftest import Holder
from tests.organisation import PASSWORD
from zzd.audit.models import AuditEntry
from zzd.identity.commands import accounts as commands

DUTY = "331081100.duty_officer"
REASON = {"reason": "手机遗失，本人到场核验"}


@pytest.fixture
def path_of(as_: SignedIn) -> Any:
    def find(username: str) -> str:
        found = as_("system_admin").get("/accounts", q=username)["items"][0]
        return f"/accounts/{found['id']}/second-factor-reset"

    return find


def test_a_security_administrator_takes_it_off_with_a_reason_and_its_sessions_end(
    holder: Holder, as_: SignedIn, path_of: Any, session: Session
) -> None:
    admin, path = as_("security_admin"), path_of(DUTY)
    admin.post(path, {}, status=422)
    as_("system_admin").post(path, REASON, status=403)
    admin.post(path, REASON, status=204)
    holder.client.get("/me", status=401)
    holder.sign_in(status=201)
    assert admin.post(path, REASON, status=409)["code"] == "no_second_factor"
    query = select(AuditEntry).where(AuditEntry.action == "account.take_second_factor")
    entry = session.scalars(query).one()
    assert (entry.username, entry.detail["username"]) == ("security_admin", DUTY)
    assert entry.detail["reason"] == REASON["reason"]


def test_not_ones_own_nor_those_of_the_separated_administrators(
    holder_of: Any, as_: SignedIn, path_of: Any
) -> None:
    holder = holder_of("audit_admin")
    holder.turn_on()
    admin = as_("security_admin")
    assert admin.post(path_of("audit_admin"), REASON, status=409)["code"] == "separated_duties"
    assert admin.post(path_of("security_admin"), REASON, status=409)["code"] == "own_account"
    assert admin.post("/accounts/999999/second-factor-reset", REASON, status=404)
    assert holder.sign_in(status=401)["code"] == "second_factor_required"


def test_whose_was_taken_is_made_no_separated_administrator_before_they_have_another(
    holder: Holder, as_: SignedIn, path_of: Any
) -> None:
    admin, path = as_("security_admin"), path_of(DUTY)
    admin.post(path, REASON, status=204)
    body = {"account_id": path.split("/")[2], "role": "system_admin"}
    assert admin.post("/grants", body, status=409)["code"] == "second_factor_taken"
    holder.client.token = holder.sign_in(status=201)["token"]
    holder.turn_on()
    admin.post("/grants", body)


def test_the_operator_takes_it_off_the_last_administrator(
    app: Flask, holder_of: Any, as_: SignedIn, session: Session
) -> None:
    holder = holder_of("security_admin")
    holder.turn_on()
    result = CliRunner().invoke(
        commands, ["take-second-factor", "security_admin", "--reason", "the phone drowned"]
    )
    assert result.exit_code == 0, result.output
    holder.client.get("/me", status=401)
    holder.sign_in(status=201)
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.username) == ("account.take_second_factor", None)
    assert entry.detail["reason"] == "the phone drowned"


@pytest.mark.parametrize(
    "arguments",
    [("nobody.at.all", "--reason", "x"), ("audit_admin", "--reason", "x"), ("audit_admin",)],
)
def test_the_operators_mistakes_are_told_in_a_line(app: Flask, arguments: tuple[str, ...]) -> None:
    result = CliRunner().invoke(commands, ["take-second-factor", *arguments])
    assert result.exit_code != 0
    assert "Error: " in result.output
    assert "Traceback" not in result.output


def test_a_password_and_a_factor_that_were_both_reset_still_give_no_separated_right(
    holder: Holder, as_: SignedIn, path_of: Any
) -> None:
    """Two administrators together could use such an account: its holder must have ended both."""
    path = path_of(DUTY)
    account_id = path.split("/")[2]
    initial = as_("system_admin").post(f"/accounts/{account_id}/password-reset", status=200)
    as_("security_admin").post(path, REASON, status=204)
    body = {"account_id": account_id, "role": "system_admin"}
    refused = as_("security_admin").post("/grants", body, status=409)
    assert refused["code"] == "password_shown"
    password = initial["initial_password"]
    holder.client.token = holder.sign_in(password=password, status=201)["token"]
    change = {"current": password, "new": PASSWORD}
    holder.client.put("/me/password", change, status=204)
    refused = as_("security_admin").post("/grants", body, status=409)
    assert refused["code"] == "second_factor_taken"
