"""Which codes are right: plain values, and the time given."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyotp import TOTP

from zzd.identity.policy import must_have_second_factor
from zzd.identity.second_factor import rules
from zzd.principal import Grant
from zzd.sealing import seal, unseal

# RFC 6238, appendix B: its key, and its codes' last six digits.
RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
RFC_CODES = {59: "287082", 1111111109: "081804", 1234567890: "005924", 20000000000: "353130"}
NOW = datetime(2019, 8, 9, 13, 30, tzinfo=UTC)
SECRET = rules.make_secret()


@pytest.mark.parametrize(("second", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    at = datetime.fromtimestamp(second, UTC)
    assert rules.matching_step(RFC_SECRET, code, now=at, after=None) == second // 30


@given(off=st.integers(-120, 120), after=st.none() | st.integers(-3, 3))
@settings(max_examples=60, deadline=None)
def test_a_code_is_good_one_step_either_way_and_never_up_to_the_last_one_taken(
    off: int, after: int | None
) -> None:
    present = rules.step_of(NOW)
    step = rules.step_of(NOW + timedelta(seconds=off))
    code = TOTP(SECRET).at(NOW + timedelta(seconds=off))
    last = None if after is None else present + after
    found = rules.matching_step(SECRET, code, now=NOW, after=last)
    if abs(step - present) <= 1 and (last is None or step > last):
        assert found == step
    else:
        # But for a code that is another step's by chance: one in a million.
        assert found is None or found != step


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("123456", "123456"),
        (" 123 456 ", "123456"),
        ("１２３４５６", "123456"),
        ("abcd-efgh-jkmn-pqr0", "ABCDEFGHJKMNPQR0"),
        ("ABCD EFGH JKMN PQRO", "ABCDEFGHJKMNPQR0"),
    ],
)
def test_a_code_is_read_as_it_was_meant(typed: str, meant: str) -> None:
    assert rules.read_code(typed) == meant


@pytest.mark.parametrize("code", ["12345", "1234567", "١٢٣٤٥٦", "12345A", "", "²²²²²²"])
def test_what_is_no_six_digits_is_no_code_of_an_app(code: str) -> None:
    assert not rules.is_of_app(code)


def test_recovery_codes_are_ten_that_differ_and_are_read_back() -> None:
    codes = rules.make_recovery_codes()
    assert len(set(codes)) == 10
    for code in codes:
        letters = rules.read_code(code.lower())
        assert letters == code.replace("-", "")
        assert len(letters) == 16
        assert not rules.is_of_app(letters)


def test_the_address_names_the_account_and_nothing_that_apps_do_not_take() -> None:
    uri = rules.uri_of(SECRET, "33.leader")
    assert uri == f"otpauth://totp/ZZD:33.leader?secret={SECRET}&issuer=ZZD"
    assert len(SECRET) == 32


@pytest.mark.parametrize(
    ("role", "required", "must"),
    [
        ("issuer", "none", False),
        ("system_admin", "none", False),
        ("issuer", "administrators", False),
        ("app_developer", "administrators", False),
        ("unit_admin", "administrators", True),
        ("system_admin", "administrators", True),
        ("security_admin", "administrators", True),
        ("audit_admin", "administrators", True),
        ("issuer", "all", True),
    ],
)
def test_who_must_have_one(role: str, required: str, must: bool) -> None:
    assert must_have_second_factor([Grant(1, role)], required) is must
    assert must_have_second_factor([], required) is (required == "all")


def test_what_is_sealed_opens_for_its_owner_and_purpose_under_the_same_key_only() -> None:
    right = {"purpose": "a purpose", "of": "7", "key": "k" * 40}
    sealed = seal(b"plain", **right)
    assert unseal(sealed, **right) == b"plain"
    assert seal(b"plain", **right) != sealed
    for name, other in (("purpose", "another"), ("of", "8"), ("key", "l" * 40)):
        assert unseal(sealed, **{**right, name: other}) is None
