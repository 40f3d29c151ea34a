"""Why a signature did not fit: which part of the request differs from what was signed.

Pure: the request, the secrets and the time go in, findings come out. The usual accidents are tried one
by one: a body that was parsed and written again, a lost or added line end, another secret, a secret
used as text instead of base64, a signature in hex, a clock that is wrong.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
TOLERANCE = 300
PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Finding:
    """``part``: headers, timestamp, secret, signature or body. ``ok`` is false for what is wrong."""

    part: str
    ok: bool
    says: str


def explain(
    headers: Mapping[str, str], body: bytes, secrets: Sequence[str], now: float
) -> list[Finding]:
    """Findings in the order in which they are looked at; all ok means that the request verifies."""
    known = {name.lower(): value.strip() for name, value in headers.items()}
    missing = [name for name in HEADERS if not known.get(name)]
    if missing:
        return [Finding("headers", False, f"missing: {', '.join(missing)}")]
    found = [
        Finding("headers", True, "webhook-id, webhook-timestamp and webhook-signature are there")
    ]
    found.append(_timestamp(known["webhook-timestamp"], now))
    keys, bad = _keys(secrets)
    found += bad
    signatures, malformed = _signatures(known["webhook-signature"])
    found += malformed
    if not keys or not signatures:
        return found
    signed = (known["webhook-id"], known["webhook-timestamp"])
    for number, key in enumerate(keys, 1):
        if any(hmac.compare_digest(_sign(key, *signed, body), each) for each in signatures):
            found.append(Finding("signature", True, f"made with secret {number} over this body"))
            return found
    found.append(_accident(known, body, secrets, keys, signatures))
    return found


def _timestamp(text: str, now: float) -> Finding:
    if not text.isdecimal():
        return Finding("timestamp", False, f"{text!r} is no number of seconds since 1970")
    apart = int(text) - now
    if abs(int(text) / 1000 - now) < TOLERANCE:
        return Finding("timestamp", False, "is in milliseconds; the specification has seconds")
    if abs(apart) > TOLERANCE:
        side = "ahead of" if apart > 0 else "behind"
        return Finding(
            "timestamp",
            False,
            f"is {abs(apart):.0f} s {side} this clock, {TOLERANCE} are tolerated: "
            "an old request, or a clock that is wrong",
        )
    return Finding("timestamp", True, f"within {TOLERANCE} s of this clock")


def _keys(secrets: Sequence[str]) -> tuple[list[bytes], list[Finding]]:
    keys, bad = [], []
    for number, secret in enumerate(secrets, 1):
        try:
            keys.append(base64.b64decode(secret.removeprefix(PREFIX), validate=True))
        except (binascii.Error, ValueError):
            bad.append(Finding("secret", False, f"secret {number} is not {PREFIX} and base64"))
    return keys, bad


def _signatures(text: str) -> tuple[list[bytes], list[Finding]]:
    good, bad = [], []
    for part in text.split():
        version, _, encoded = part.partition(",")
        if version != "v1":
            bad.append(Finding("signature", False, f"{part[:12]}… does not begin with v1,"))
            continue
        try:
            raw = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            bad.append(Finding("signature", False, "is not base64 after v1,"))
            continue
        if len(raw) != hashlib.sha256().digest_size:
            says = "is hex, not base64" if _is_hex(encoded) else f"has {len(raw)} bytes, not 32"
            bad.append(Finding("signature", False, says))
            continue
        good.append(raw)
    return good, bad


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(each in "0123456789abcdefABCDEF" for each in text)


def _sign(key: bytes, id_: str, timestamp: str, body: bytes) -> bytes:
    return hmac.new(
        key, b".".join([id_.encode(), timestamp.encode(), body]), hashlib.sha256
    ).digest()


def _accident(
    known: Mapping[str, str],
    body: bytes,
    secrets: Sequence[str],
    keys: Sequence[bytes],
    signatures: Sequence[bytes],
) -> Finding:
    id_, timestamp = known["webhook-id"], known["webhook-timestamp"]

    def fits(key: bytes, said: bytes) -> bool:
        return any(
            hmac.compare_digest(_sign(key, id_, timestamp, said), each) for each in signatures
        )

    for name, other in _other_bodies(body):
        if any(fits(key, other) for key in keys):
            return Finding("body", False, f"differs from what was signed: it fits {name}")
    for number, secret in enumerate(secrets, 1):
        for name, key in (
            (f"used as text with its {PREFIX}", secret.encode()),
            ("used as text, not decoded from base64", secret.removeprefix(PREFIX).encode()),
        ):
            if fits(key, body):
                return Finding("secret", False, f"secret {number} was {name}")
    for key in keys:
        alone = hmac.new(key, body, hashlib.sha256).digest()
        if any(hmac.compare_digest(alone, each) for each in signatures):
            return Finding("signature", False, "was made over the body alone, without id and time")
    return Finding(
        "signature",
        False,
        "fits none of these secrets and no usual change of the body: another secret (rotated? "
        "another app's?), or the id or the timestamp was changed on the way",
    )


def _other_bodies(body: bytes) -> Iterator[tuple[str, bytes]]:
    yield "the body without the white space around it", body.strip()
    yield "the body with a line end", body + b"\n"
    yield "the body with \\n for \\r\\n", body.replace(b"\r\n", b"\n")
    try:
        value = json.loads(body)
    except ValueError:
        return
    for name, ascii_, separators in (
        ("the same JSON without spaces: it was parsed and written again", False, (",", ":")),
        ("the same JSON with spaces: it was parsed and written again", False, (", ", ": ")),
        ("the same JSON with \\u escapes: it was parsed and written again", True, (", ", ": ")),
        ("the same JSON with \\u escapes and no spaces", True, (",", ":")),
    ):
        yield name, json.dumps(value, ensure_ascii=ascii_, separators=separators).encode()
