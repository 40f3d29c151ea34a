"""Password hashes (argon2id, the library's RFC 9106 defaults) and the rule for new ones."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from zzd.errors import Invalid

_hasher = PasswordHasher()
# Verified against when there is no account, so that its absence takes as long to answer.
_nobody = _hasher.hash("nobody signs in with this")

SHORTEST, LONGEST = 10, 128


def hash_password(password: str) -> str:
    return _hasher.hash(password)


def verify_password(password_hash: str | None, password: str) -> bool:
    try:
        return _hasher.verify(password_hash or _nobody, password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def check_new_password(password: str, *, username: str) -> None:
    """NIST SP 800-63B: length decides, not kinds of characters. Raises Invalid."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid.at("/new", f"A password has {SHORTEST} to {LONGEST} characters")
    if username.lower() in password.lower() or len(set(password)) < 4:
        raise Invalid.at("/new", "This password is too easy to guess")
