"""Password hashes (argon2id, the library's RFC 9106 defaults) and the rule for new ones."""

from __future__ import annotations

import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from zzd.beside import beside
from zzd.errors import Invalid

# What guessing costs: 64 MiB, three passes, four lanes.
FULL_COST = RFC_9106_LOW_MEMORY
_hasher = PasswordHasher.from_parameters(FULL_COST)

SHORTEST, LONGEST = 10, 128
# No I, l, 1, O or 0: it is read from a screen or a slip of paper.
INITIAL_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    return beside(_hasher.hash, password)


@cache
def _nobody() -> str:
    """Verified against when there is no account, so that its absence takes as long to answer."""
    return _hasher.hash("nobody signs in with this")


def verify_password(password_hash: str | None, password: str) -> bool:
    return beside(_matches, password_hash or _nobody(), password) and password_hash is not None


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def initial_password() -> str:
    """A random one for a new account: 16 characters, 93 bits."""
    return "".join(secrets.choice(INITIAL_ALPHABET) for _ in range(16))


def check_new_password(password: str, *, username: str) -> None:
    """NIST SP 800-63B: length decides, not kinds of characters. Raises Invalid."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.at("/new", f"A password has {SHORTEST} to {LONGEST} characters")
    if username.lower() in password.lower() or len(set(password)) < 4:
        raise Invalid.at("/new", "This password is too easy to guess")
