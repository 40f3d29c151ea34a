"""Which part of a refused request differs: every usual accident is named, and a good one passes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook
from zzd_sdk.cli.debugging import sign_debug
from zzd_sdk.signing import explain
from zzd_sdk.webhooks import BadSignature, Webhooks, answer_challenge

# The vector of the Standard Webhooks specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, AT, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
GOOD = {
    "Webhook-Id": ID,
    "Webhook-Timestamp": str(AT),
    "Webhook-Signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))


def signed(key: bytes, content: bytes, encode: Any = base64.b64encode) -> dict[str, str]:
    raw = hmac.new(key, content, hashlib.sha256).digest()
    made = encode(raw)
    return {**GOOD, "Webhook-Signature": f"v1,{made if isinstance(made, str) else made.decode()}"}


def over(body: bytes) -> bytes:
    return f"{ID}.{AT}.".encode() + body


def wrong(
    headers: dict[str, str], body: bytes = BODY, *, secrets: Any = (SECRET,), now: int = AT
) -> Any:
    return [(each.part, each.says) for each in explain(headers, body, secrets, now) if not each.ok]


def test_the_vector_of_the_specification_passes_and_with_either_of_two_secrets() -> None:
    assert wrong(GOOD) == []
    assert wrong(GOOD, secrets=("whsec_" + base64.b64encode(b"k" * 24).decode(), SECRET)) == []


@pytest.mark.parametrize(
    ("headers", "body", "part", "says"),
    [
        ({"Webhook-Id": ID}, BODY, "headers", "webhook-timestamp, webhook-signature"),
        (GOOD, BODY + b"\n", "body", "without the white space"),
        (GOOD, json.dumps(json.loads(BODY), indent=1).encode(), "body", "parsed and written again"),
        (signed(KEY, over(b'{"a":"\xe6\xb0\xb4"}')), b'{"a": "\\u6c34"}', "body", "written again"),
        (signed(SECRET.encode(), over(BODY)), BODY, "secret", "used as text with its whsec_"),
        (signed(SECRET[6:].encode(), over(BODY)), BODY, "secret", "not decoded"),
        (signed(KEY, BODY), BODY, "signature", "the body alone"),
        (signed(KEY, over(BODY), bytes.hex), BODY, "signature", "is hex"),
        (signed(b"another", over(BODY)), BODY, "signature", "none of these secrets"),
        ({**GOOD, "Webhook-Id": "msg_other"}, BODY, "signature", "the id or the timestamp"),
        ({**GOOD, "Webhook-Signature": "sha256=abc"}, BODY, "signature", "v1,"),
    ],
)
def test_each_accident_is_named(headers: dict[str, str], body: bytes, part: str, says: str) -> None:
    found = wrong(headers, body)
    assert [each[0] for each in found] == [part]
    assert says in found[0][1]


@pytest.mark.parametrize(
    ("timestamp", "now", "says"),
    [
        (AT, AT + 301, "behind"),
        (AT, AT - 301, "ahead of"),
        (AT * 1000, AT, "milliseconds"),
        ("today", AT, "no number"),
    ],
)
def test_a_time_that_is_not_now_is_named(timestamp: Any, now: int, says: str) -> None:
    found = wrong({**GOOD, "Webhook-Timestamp": str(timestamp)}, now=now)
    assert found[0][0] == "timestamp"
    assert says in found[0][1]


def test_the_command_reads_a_request_as_it_came() -> None:
    raw = "".join(f"{name}: {value}\r\n" for name, value in GOOD.items()).encode()
    arguments = ["-", "--secret", SECRET, "--now", str(AT)]
    request = b"POST /zzd/events HTTP/1.1\r\n" + raw + b"\r\n"
    good = CliRunner().invoke(sign_debug, arguments, input=request + BODY)
    assert (good.exit_code, "WRONG" in good.output) == (0, False)
    bad = CliRunner().invoke(sign_debug, arguments, input=request + BODY + b"\n")
    assert (bad.exit_code, "WRONG  body" in bad.output) == (1, True)


def test_events_are_taken_from_good_requests_only() -> None:
    body = b'{"id": "e1", "type": "webhook.challenge", "data": {"challenge": "word"}}'
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "evt-e1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("evt-e1", now, body.decode()),
    }
    event = Webhooks([SECRET]).verify(headers, body)
    assert (event.id, answer_challenge(event)) == ("e1", {"challenge": "word"})
    for changed in (body + b" ", b"[]"):
        with pytest.raises(BadSignature):
            Webhooks([SECRET]).verify(headers, changed)
