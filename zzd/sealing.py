"""What the database keeps and must not give away by itself: sealed under a key that follows from the
server's own, which is not in the database. Whoever has only a copy of it opens nothing.
"""

from __future__ import annotations

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12


def seal(plain: bytes, *, purpose: str, of: str, key: str) -> str:
    """``purpose`` gives each kind of secret a key of its own; ``of`` says whose it is: moved to
    somebody else's row it does not open."""
    nonce = os.urandom(NONCE)
    sealed = nonce + _cipher(purpose, key).encrypt(nonce, plain, of.encode())
    return base64.b64encode(sealed).decode()


def unseal(sealed: str, *, purpose: str, of: str, key: str) -> bytes | None:
    """What was sealed; None where it was somebody else's, or the server had another key."""
    kept = base64.b64decode(sealed)
    try:
        return _cipher(purpose, key).decrypt(kept[:NONCE], kept[NONCE:], of.encode())
    except InvalidTag:
        return None


def _cipher(purpose: str, key: str) -> AESGCM:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode())
    return AESGCM(derive.derive(key.encode()))
