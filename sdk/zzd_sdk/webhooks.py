"""What the platform tells: requests signed by the Standard Webhooks specification, CloudEvents inside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

CHALLENGE = "webhook.challenge"


class BadSignature(Exception):
    """The request was not signed with any of the app's secrets, or not within five minutes.
    ``zzd-app sign-debug`` says which part differs."""


@dataclass(frozen=True, slots=True)
class Event:
    """A CloudEvent 1.0. ``id`` is the same however often it is told: keep the ids of what you did.
    Of one ``subject`` events come in their order; ``sequence`` grows."""

    id: str
    type: str
    subject: str
    time: str
    sequence: str
    data: Mapping[str, Any]
    installation_id: str | None = None
    source: str = ""

    @classmethod
    def of(cls, envelope: Mapping[str, Any]) -> Event:
        """Raises KeyError for what is no event of the platform."""
        return cls(
            id=str(envelope["id"]),
            type=str(envelope["type"]),
            subject=str(envelope.get("subject", "")),
            time=str(envelope.get("time", "")),
            sequence=str(envelope.get("sequence", "")),
            data=envelope.get("data") or {},
            installation_id=envelope.get("installationid"),
            source=str(envelope.get("source", "")),
        )


class Webhooks:
    """Verifies requests with the app's secrets; two while one replaces the other."""

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            raise ValueError("at least one secret, such as whsec_…")
        self._keys = [Webhook(secret) for secret in secrets]

    def verify(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event in a request, whose ``body`` is as it came, byte by byte. Raises BadSignature."""
        lowered = {name.lower(): value for name, value in headers.items()}
        for key in self._keys:
            try:
                key.verify(body, lowered)
            except WebhookVerificationError:
                continue
            try:
                return Event.of(json.loads(body))
            except (KeyError, ValueError, AttributeError) as error:
                raise BadSignature("signed, but no event") from error
        raise BadSignature("no secret of this app fits")


def answer_challenge(event: Event) -> dict[str, str] | None:
    """What to answer when the platform asks whether this address is the app's; None otherwise."""
    return {"challenge": str(event.data["challenge"])} if event.type == CHALLENGE else None
