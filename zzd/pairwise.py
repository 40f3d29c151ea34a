"""By which names a supplier's apps know officials: by others than any other supplier's, so that two of
them cannot put together what they know. Pure.

A name is the official's id, enciphered so that the same id always gives the same name (AES-SIV,
RFC 5297; OpenID Connect Core 8.1 allows for it): it is read back without a table, and nobody
makes up one that is somebody's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

ID_BYTES = 8
LONGEST_NAME = 64
# What else is kept from a supplier's apps, without being a name.
SEALED = [b"sealed"]


def sub_of(official_id: int | str, *, supplier: int, key: str) -> str:
    """The supplier is whoever registered the app: what a manifest says of itself proves nothing."""
    plain = int(official_id).to_bytes(ID_BYTES, "big")
    return _text(_cipher(supplier, key).encrypt(plain, None))


def official_of(sub: str, *, supplier: int, key: str) -> int | None:
    """Whose name it is; None if it is nobody's to this supplier."""
    plain = _opened(sub, None, supplier, key) if len(sub) <= LONGEST_NAME else None
    return int.from_bytes(plain, "big") if plain is not None and len(plain) == ID_BYTES else None


def seal(plain: bytes, *, supplier: int, key: str) -> str:
    """What an app carries to and fro without reading it."""
    return _text(_cipher(supplier, key).encrypt(plain, SEALED))


def unseal(sealed: str, *, supplier: int, key: str) -> bytes | None:
    return _opened(sealed, SEALED, supplier, key)


def _opened(text: str, beside: list[bytes] | None, supplier: int, key: str) -> bytes | None:
    try:
        # The alphabet is checked by hand: the library passes over what is not in it.
        if not text.isascii() or not text.replace("-", "").replace("_", "").isalnum():
            return None
        enciphered = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        found = _cipher(supplier, key).decrypt(enciphered, beside)
    except (binascii.Error, InvalidTag, ValueError):
        return None
    # Last bits that say nothing would give one official several names.
    return found if _text(enciphered) == text else None


def _text(enciphered: bytes) -> str:
    return base64.urlsafe_b64encode(enciphered).decode().rstrip("=")


@lru_cache(maxsize=4096)
def _cipher(supplier: int, key: str) -> AESSIV:
    of = f"pairwise:supplier:{supplier}"
    return AESSIV(hmac.digest(key.encode(), of.encode(), hashlib.sha512))
