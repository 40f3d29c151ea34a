"""Turning the second factor on, signing in with it, replacing it and turning it off."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.client import ApiClient
from tests.identity.second_factor.conftest import Holder
from tests.organisation import PASSWORD
from zzd import clock
from zzd.audit.models import AuditEntry
from zzd.db import transaction
from zzd.identity.models import SignInFailure
from zzd.identity.second_factor import factors
from zzd.identity.second_factor.models import RecoveryCode, SecondFactor

DUTY = "331081100.duty_officer"


def both(code: str, password: str = PASSWORD) -> dict[str, str]:
    return {"password": password, "code": code}


# Turning it on


def test_nothing_changes_until_a_code_confirms_it(holder_of: Any, session: Session) -> None:
    holder = holder_of(DUTY)
    wrong = holder.post("/me/second-factor", {"password": "not this"}, status=422)
    assert (wrong["code"], wrong["errors"][0]["pointer"]) == ("wrong_password", "/password")
    offer = holder.post("/me/second-factor", {"password": PASSWORD}, status=201)
    assert offer["secret"] in offer["uri"]
    assert offer["uri"].startswith(f"otpauth://totp/ZZD:{DUTY}?")
    holder.secret = offer["secret"]
    holder.sign_in(status=201)
    refused = holder.post("/me/second-factor/confirmation", {"code": "000000"}, status=422)
    assert refused["code"] == "wrong_code"
    holder.sign_in(status=201)
    assert holder.standing() == {
        "on": False,
        "since": None,
        "recovery_codes_left": 0,
        "required": False,
    }
    answer = holder.post("/me/second-factor/confirmation", {"code": holder.code()})
    assert len(set(answer["recovery_codes"])) == 10
    assert holder.sign_in(status=401)["code"] == "second_factor_required"
    # The session of before stays.
    standing = holder.standing()
    assert (standing["on"], standing["recovery_codes_left"]) == (True, 10)
    again = holder.post("/me/second-factor/confirmation", {"code": holder.code()}, status=409)
    assert again["code"] == "no_second_factor_offered"
    entry = session.scalars(select(AuditEntry)).one()
    assert (entry.action, entry.username) == ("account.turn_on_second_factor", DUTY)


def test_an_offer_is_forgotten_with_the_next_one_and_after_half_an_hour(holder_of: Any) -> None:
    holder = holder_of(DUTY)
    first = holder.post("/me/second-factor", {"password": PASSWORD}, status=201)
    second = holder.post("/me/second-factor", {"password": PASSWORD}, status=201)
    assert first["secret"] != second["secret"]
    holder.secret = first["secret"]
    holder.post("/me/second-factor/confirmation", {"code": holder.code()}, status=422)
    holder.secret = second["secret"]
    holder.wait(minutes=31)
    holder.post("/me/second-factor/confirmation", {"code": holder.code()}, status=409)


def test_what_is_kept_and_told_later_gives_no_secret_away(holder: Holder, session: Session) -> None:
    factor = session.scalars(select(SecondFactor)).one()
    assert factor.secret is not None
    kept = [*vars(factor).values(), *session.scalars(select(RecoveryCode.digest))]
    told = [entry.detail for entry in session.scalars(select(AuditEntry))]
    for secret in (holder.secret, *holder.recovery_codes):
        assert secret not in f"{kept} {told} {holder.client.get('/me')}"
        assert secret.replace("-", "") not in f"{kept}"


def test_another_key_of_the_server_opens_no_secret_and_recovery_codes_still_help(
    app: Flask, holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(factors, "_key", lambda: "another key of forty characters, or so..")
    assert holder.sign_in(holder.code(), status=401)["code"] == "bad_code"
    holder.sign_in(holder.recovery_codes[0], status=201)


# Signing in


def test_signing_in_takes_both_and_each_code_once(holder: Holder) -> None:
    assert (
        holder.sign_in(holder.code(), password="a guess", status=401)["code"] == "bad_credentials"
    )
    assert holder.sign_in("000000", status=401)["code"] == "bad_code"
    holder.sign_in(holder.code(), status=201)
    assert holder.sign_in(holder.code(), status=401)["code"] == "bad_code"
    holder.wait(seconds=30)
    # A clock half a minute fast; then the present code is one of before.
    holder.sign_in(holder.code(1), status=201)
    assert holder.sign_in(holder.code(), status=401)["code"] == "bad_code"
    holder.wait(minutes=5)
    # A clock half a minute slow; two is too much.
    assert holder.sign_in(holder.code(-2), status=401)["code"] == "bad_code"
    holder.sign_in(f" {holder.code(-1)[:3]} {holder.code(-1)[3:]}", status=201)


@pytest.mark.parametrize("kind", ["app", "recovery"])
def test_of_two_who_bring_one_code_at_once_one_comes_in(
    app: Flask, holder: Holder, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = holder.code() if kind == "app" else holder.recovery_codes[3]
    take_code, both_there = factors.take_code, Barrier(2)

    def take_side_by_side(*args: Any) -> bool:
        # Both have read what was taken before, if nothing keeps the second from it.
        with suppress(BrokenBarrierError):
            both_there.wait(timeout=0.3)
        return take_code(*args)

    monkeypatch.setattr(factors, "take_code", take_side_by_side)

    def come(_: int) -> int:
        with app.app_context():
            body = {"username": DUTY, **both(code)}
            return ApiClient(app).request("POST", "/sessions", json=body).status_code

    with clock.at(holder.now), ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(come, range(2)))
    assert answers == [201, 401]


def test_a_recovery_code_is_good_once_and_recorded(holder: Holder, session: Session) -> None:
    code = holder.recovery_codes[0]
    holder.sign_in(code.lower().replace("-", " "), status=201)
    assert holder.sign_in(code, status=401)["code"] == "bad_code"
    assert holder.standing()["recovery_codes_left"] == 9
    entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.detail["left"]) == ("account.use_recovery_code", 9)


def test_wrong_codes_lock_the_name_and_the_right_password_alone_forgives_none(
    holder: Holder, session: Session
) -> None:
    for _ in range(4):
        holder.sign_in("000000", status=401)
        # Neither counts nor forgives; nor does changing the password.
        holder.sign_in(status=401)
    change = {"current": PASSWORD, "new": PASSWORD + " of another kind"}
    holder.client.put("/me/password", change, status=204)
    back = {"current": change["new"], "new": PASSWORD}
    holder.client.put("/me/password", back, status=204)
    assert session.scalars(select(SignInFailure.failures)).one() == 4
    # Guessing goes on behind no other door.
    holder.post("/me/second-factor/removal", both("000000"), status=422)
    assert holder.sign_in(holder.code(), status=423)["code"] == "account_locked"
    holder.post("/me/second-factor/removal", both(holder.code()), status=423)
    holder.wait(minutes=16)
    holder.sign_in(holder.code(), status=201)


def test_no_password_that_was_reset_goes_round_it(holder: Holder, as_: Any) -> None:
    admin = as_("system_admin")
    found = admin.get("/accounts", q=DUTY)["items"][0]
    assert found["second_factor"] is True
    password = admin.post(f"/accounts/{found['id']}/password-reset", status=200)["initial_password"]
    refused = holder.sign_in(password=password, status=401)
    assert refused["code"] == "second_factor_required"
    holder.sign_in(holder.code(), password=password, status=201)


# Replacing, renewing, turning off


def test_it_is_replaced_with_a_code_of_the_one_in_force(holder: Holder, session: Session) -> None:
    path = "/me/second-factor"
    missing = holder.post(path, {"password": PASSWORD}, status=422)
    assert missing["errors"][0]["pointer"] == "/code"
    assert holder.post(path, both("000000"), status=422)["code"] == "wrong_code"
    former, codes = holder.code(1), holder.recovery_codes
    holder.turn_on(holder.code())
    assert holder.sign_in(former, status=401)["code"] == "bad_code"
    assert holder.sign_in(codes[0], status=401)["code"] == "bad_code"
    holder.sign_in(holder.code(), status=201)
    actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["account.turn_on_second_factor", "account.replace_second_factor"]


def test_recovery_codes_are_renewed_with_both(holder: Holder) -> None:
    path, former = "/me/second-factor/recovery-codes", holder.recovery_codes[0]
    assert holder.post(path, both(former, "no"), status=422)["code"] == "wrong_password"
    renewed = holder.post(path, both(holder.code()))["recovery_codes"]
    assert holder.sign_in(former, status=401)["code"] == "bad_code"
    holder.sign_in(renewed[0], status=201)
    assert holder.standing()["recovery_codes_left"] == 9


def test_it_is_turned_off_with_both_and_then_the_password_is_enough(holder: Holder) -> None:
    path = "/me/second-factor/removal"
    assert holder.post(path, both("000000"), status=422)["code"] == "wrong_code"
    assert holder.post(path, both(holder.code(), "no"), status=422)["code"] == "wrong_password"
    holder.post(path, both(holder.recovery_codes[0]), status=204)
    assert holder.standing()["on"] is False
    holder.sign_in(status=201)
    assert holder.post(path, both(holder.code()), status=409)["code"] == "no_second_factor"


def test_rows_of_an_account_are_its_own(holder: Holder) -> None:
    """A secret copied into another account's row opens nothing there."""
    with transaction() as session:
        factor = session.scalars(select(SecondFactor)).one()
        assert (
            factors._step(factor.secret, holder.code(), factor.account_id + 1, after=None) is None
        )
