"""Signatures as the Standard Webhooks specification has them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

from standardwebhooks import Webhook

from zzd.outgoing.signing import secret_of, sign

# The specification's own vector.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_vector_of_the_specification() -> None:
    headers = sign([SECRET], ID, AT, BODY)
    assert headers["webhook-id"] == ID
    assert headers["webhook-timestamp"] == "1614265330"
    assert headers["webhook-signature"] == SIGNATURE


def test_one_signature_for_each_secret_and_each_verifies() -> None:
    other = secret_of(b"another key of twenty-four bytes")
    now = datetime.now(UTC)
    headers = sign([other, SECRET], ID, now, BODY)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (other, SECRET):
        assert Webhook(secret).verify(BODY, headers) == {"test": 2432232314}


def test_a_secret_is_its_key_in_base64() -> None:
    assert base64.b64decode(secret_of(b"k" * 32).removeprefix("whsec_")) == b"k" * 32
