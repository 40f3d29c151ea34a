"""Ways to a recipient besides the application: messages and calls through a gateway.

A DING reaches the application by an event to rooms, whatever the number of people; these reach
telephones, a batch at a time.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import requests
import structlog
from flask import Flask, current_app

from zzd import clock
from zzd.messaging.dings.rules import PHONE_CHANNELS
from zzd.outgoing.signing import sign
from zzd.settings import SIMULATED, Settings

log = structlog.get_logger()

CHANNELS = "zzd.ding_channels"
# Seconds: to connect, and of silence while the gateway answers.
TIMEOUT = (3.05, 10)
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One message to one telephone. ``id`` is the same each time it is tried: whoever has sent
    it already does not send it again."""

    id: str
    phone: str
    text: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """``sent``, ``failed`` (for good) or ``retry``; the reason is shown to the sender."""

    state: str
    reason: str | None = None


class Channel(Protocol):
    def send(self, batch: Sequence[Call]) -> Mapping[str, Outcome]:
        """Hand over a batch; outcomes by the calls' ids. What is missing is tried again, and so
        is everything when this raises."""


class HttpGateway:
    """A gateway that takes a batch as JSON over HTTP (docs/dings.md has its whole shape).

    Requests are signed as Standard Webhooks are; ``webhook-id`` is the key by which the gateway
    recognises a batch it took before.
    """

    def __init__(self, channel: str, url: str, secret: str) -> None:
        self._channel = channel
        self._url = url
        self._secret = secret

    def send(self, batch: Sequence[Call]) -> Mapping[str, Outcome]:
        messages = [{"id": call.id, "phone": call.phone, "text": call.text} for call in batch]
        body = orjson.dumps({"channel": self._channel, "messages": messages})
        # A session for each: connections are not shared by greenlets that wait on them.
        with requests.Session() as session:
            response = session.post(
                self._url,
                data=body,
                headers=self._headers(body, [call.id for call in batch]),
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        if not 200 <= response.status_code < 300:
            reason = f"the gateway answered {response.status_code}"
            return {call.id: Outcome("retry", reason) for call in batch}
        return _outcomes(response.content)

    def _headers(self, body: bytes, ids: list[str]) -> dict[str, str]:
        key = hashlib.sha256("\n".join(ids).encode()).hexdigest()
        return sign([self._secret], key, clock.now(), body)


def _outcomes(content: bytes) -> Mapping[str, Outcome]:
    """What the gateway says of each message; what cannot be understood is as if not said."""
    try:
        results = orjson.loads(content)["results"]
        return {
            result["id"]: Outcome(result["state"], _reason(result))
            for result in results
            if isinstance(result["id"], str) and result["state"] in ("sent", "failed")
        }
    except (ValueError, KeyError, TypeError) as error:
        log.warning("a gateway's answer makes no sense", error=repr(error))
        return {}


def _reason(result: Mapping[str, Any]) -> str | None:
    reason = result.get("reason")
    # PostgreSQL keeps no NUL.
    return reason.replace("\x00", "")[:LONGEST_REASON] if isinstance(reason, str) else None


class SimulatedGateway:
    """For development: says in the log what it would have sent, takes a moment, and fails for
    some, for the same ones each time with the same seed."""

    def __init__(self, channel: str, *, seed: int = 0, delay: float = 0.2) -> None:
        self._channel = channel
        self._seed = seed
        self._delay = delay

    def send(self, batch: Sequence[Call]) -> Mapping[str, Outcome]:
        time.sleep(self._delay)
        return {call.id: self._outcome(call) for call in batch}

    def _outcome(self, call: Call) -> Outcome:
        digest = hashlib.sha256(f"{self._seed}:{call.id}".encode()).digest()
        outcome = Outcome("sent", "simulated")
        if digest[0] % 20 == 0:
            outcome = Outcome("failed", "simulated: no such number")
        elif digest[0] % 10 == 1 and call.attempt == 1:
            outcome = Outcome("retry", "simulated: busy")
        log.info(
            "simulated call",
            channel=self._channel,
            id=call.id,
            phone=call.phone,
            text=call.text,
            state=outcome.state,
        )
        return outcome


def register(app: Flask, settings: Settings) -> None:
    """Set up the channels that the settings name."""
    gateways = {"sms": settings.sms_gateway, "voice": settings.voice_gateway}
    app.extensions[CHANNELS] = {
        channel: _gateway(channel, url, settings.gateway_secret)
        for channel in PHONE_CHANNELS
        if (url := gateways[channel])
    }


def _gateway(channel: str, url: str, secret: str) -> Channel:
    return SimulatedGateway(channel) if url == SIMULATED else HttpGateway(channel, url, secret)


def channels_here() -> dict[str, Channel]:
    """The channels to telephones on this server, by name."""
    found: dict[str, Channel] = current_app.extensions[CHANNELS]
    return found
