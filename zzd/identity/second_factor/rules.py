"""Which codes are right: of time (RFC 6238, as every authenticator app does it), and for recovery.
Pure.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from datetime import datetime

from pyotp import TOTP, random_base32

# Seconds, digits and SHA-1: what apps take for granted, some of them whatever the address says.
PERIOD, DIGITS = 30, 6
# Steps that a clock may be off, either way.
SKEW = 1
ISSUER = "ZZD"

RECOVERY_CODES = 10
# Crockford's: without I, L, O and U. 16 of 32 letters are 80 bits.
RECOVERY_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
RECOVERY_LENGTH, RECOVERY_GROUP = 16, 4
LOOKS_LIKE = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})


def make_secret() -> str:
    """A random one in base32: 160 bits, as RFC 4226 recommends."""
    return random_base32(32)


def uri_of(secret: str, username: str) -> str:
    """What the app reads from a QR code."""
    totp = TOTP(secret, digits=DIGITS, interval=PERIOD)
    return totp.provisioning_uri(name=username, issuer_name=ISSUER)


def step_of(now: datetime) -> int:
    return int(now.timestamp()) // PERIOD


def read_code(typed: str) -> str:
    """A code as it was meant: full-width digits are digits, blanks and hyphens only group it."""
    return unicodedata.normalize("NFKC", typed).upper().translate(LOOKS_LIKE)


def is_of_app(code: str) -> bool:
    """Whether a code is an app's; else it is one for recovery, or nothing."""
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def matching_step(secret: str, code: str, *, now: datetime, after: int | None) -> int | None:
    """The step whose code this is: the present one, or one of those beside it. None for a step up
    to ``after``, whose code was taken before."""
    totp = TOTP(secret, digits=DIGITS, interval=PERIOD)
    present = step_of(now)
    found = None
    # All of them each time: how long it takes tells nothing.
    for step in range(present - SKEW, present + SKEW + 1):
        right = hmac.compare_digest(totp.generate_otp(step).encode(), code.encode())
        if right and (after is None or step > after):
            found = step
    return found


def make_recovery_codes() -> list[str]:
    """Ten that differ, grouped for reading."""
    return [_recovery_code() for _ in range(RECOVERY_CODES)]


def _recovery_code() -> str:
    letters = "".join(secrets.choice(RECOVERY_ALPHABET) for _ in range(RECOVERY_LENGTH))
    return "-".join(
        letters[start : start + RECOVERY_GROUP]
        for start in range(0, RECOVERY_LENGTH, RECOVERY_GROUP)
    )
