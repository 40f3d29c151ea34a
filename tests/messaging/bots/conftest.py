"""A bot, and the program that it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, OWNER, MakeGroup
from zzd import clock

Added = tuple[dict[str, Any], dict[str, Any]]


def signature(secret: str, key: str, timestamp: int | str, body: bytes) -> str:
    """By the words of the specification, not by the server's code."""
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    said = f"{key}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(raw, said, hashlib.sha256).digest()).decode()


class Program:
    """Signs with one secret and sends to one address, without any session."""

    def __init__(self, app: Flask, bot: dict[str, Any]) -> None:
        self.client = app.test_client()
        self.url, self.secret = bot["url"], bot["secret"]

    @property
    def path(self) -> str:
        return str(self.url).removeprefix("http://127.0.0.1:8000")

    def send(self, body: Any, *, key: str | None = None, **headers: str) -> TestResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        key = key or uuid.uuid4().hex
        timestamp = headers.get("webhook-timestamp") or str(int(clock.now().timestamp()))
        signed = {
            "Content-Type": "application/json",
            "webhook-id": key,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.secret, key, timestamp, raw),
            **headers,
        }
        return self.client.post(self.path, data=raw, headers=signed)

    def say(self, text: str = "水位 3.2 米", *, status: int = 201, **more: Any) -> Any:
        key = more.pop("key", None)
        answer = self.send({"text": text, **more}, key=key)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer.get_json()


@pytest.fixture
def added(as_: SignedIn, group: MakeGroup) -> Added:
    """A group of three, and a bot in it with its address and secret."""
    made = group(MEMBER, OTHER_MEMBER)
    bot = as_(OWNER).post(f"/conversations/{made['id']}/bots", {"name": "水位监测"})
    return made, bot


@pytest.fixture
def program(app: Flask, added: Added) -> Program:
    return Program(app, added[1])
