"""A published app with a webhook, and the server behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import addressed, group
from tests.miniapps.conftest import AppServer, Publish, asking
from tests.outgoing.receiver import Received, Receiver, Reply, receiving
from tests.tasks.conftest import scene
from zzd.miniapps.hooks import dispatch, spreading
from zzd.outgoing import CLIENT, Client
from zzd.outgoing.addresses import networks

__all__ = ["addressed", "group", "scene"]

SCOPES = asking("identity", "messages.read", "directives.read")
EVENTS = ["message.created", "message.recalled", "directive.issued", "assignment.updated"]
# In Taizhou, which the app is for.
SPEAKER = "331081100.duty_officer"


def word_of(received: Received) -> bytes | None:
    said = orjson.loads(received.body)
    return said["data"]["challenge"].encode() if said["type"] == "webhook.challenge" else None


def accepting(received: Received) -> Reply:
    """Answer challenges, and accept everything else."""
    word = word_of(received)
    return Reply(200, orjson.dumps({"challenge": word.decode()}) if word else b"")


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    """The app's server, on this machine, which the operator allows."""
    before = app.extensions[CLIENT], app.extensions[dispatch.DISPATCHER]
    app.extensions[CLIENT] = Client(networks(["127.0.0.0/8"]))
    app.extensions[dispatch.DISPATCHER] = dispatch.Dispatcher(16)
    with receiving() as made:
        made.reply = accepting
        yield made
    app.extensions[CLIENT], app.extensions[dispatch.DISPATCHER] = before


@dataclass
class Hook:
    """A webhook, as its app's developer handles it."""

    developer: ApiClient
    app: AppServer
    id: str
    secret: str | None
    receiver: Receiver

    @property
    def path(self) -> str:
        return f"/miniapps/{self.app.id}/webhooks/{self.id}"

    def get(self) -> dict[str, Any]:
        found: dict[str, Any] = self.developer.get(self.path)
        return found

    def deliveries(self, **query: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.developer.get(f"{self.path}/deliveries", **query)[
            "items"
        ]
        return found

    def heard(self) -> list[dict[str, Any]]:
        """The events that came, each as often as it did."""
        said = [orjson.loads(received.body) for received in self.receiver.received]
        return [each for each in said if each["type"] != "webhook.challenge"]

    def texts(self) -> list[str]:
        return [each["data"]["text"] for each in self.heard()]


MakeHook = Callable[..., Hook]


@pytest.fixture
def hooked(publish: Publish, developer: ApiClient, receiver: Receiver) -> MakeHook:
    """Publish an app and verify a webhook of it."""

    def make(*types: str, verified: bool = True, of: AppServer | None = None, **more: Any) -> Hook:
        app = of or publish(events=EVENTS, scopes=SCOPES)
        body = {"url": f"{receiver.url}/hook", "types": list(types) or ["message.created"], **more}
        made = developer.post(f"/miniapps/{app.id}/webhooks", body)
        hook = Hook(developer, app, made["id"], made["secret"], receiver)
        if verified:
            developer.post(f"{hook.path}/verification", status=200)
        return hook

    return make


@pytest.fixture
def say(as_: SignedIn) -> Callable[..., dict[str, Any]]:
    def run(place: dict[str, Any], text: str, by: str = SPEAKER) -> dict[str, Any]:
        sent: dict[str, Any] = as_(by).post(
            f"/conversations/{place['id']}/messages", {"text": text}
        )
        return sent

    return run


Say = Callable[..., dict[str, Any]]


def deliver() -> None:
    """Once around, as a worker does four times a second."""
    spreading.spread_due()
    dispatch.dispatch_due()
