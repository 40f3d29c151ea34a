"""A published app that sends cards, and its server, which hears their buttons."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OTHER_MEMBER, MakeGroup
from tests.miniapps.conftest import AppServer, Publish, developer, publish, reviewer
from tests.outgoing.receiver import Receiver, receiving
from zzd.messaging.cards import delivery
from zzd.outgoing import CLIENT, Client
from zzd.outgoing.addresses import networks

__all__ = ["developer", "publish", "reviewer"]

CONTENT: dict[str, Any] = {
    "title": "安置点将满",
    "text": "石塘镇中心小学",
    "status": {"text": "将满", "tone": "warning"},
    "fields": [{"label": "已安置", "value": "186 / 200 人"}],
    "buttons": [
        {"id": "seen", "text": "已知悉", "style": "primary", "action": "seen:17"},
        {"id": "open", "text": "查看", "url": "https://shelters.example.cn/17"},
    ],
}


def content(**changes: Any) -> dict[str, Any]:
    return {**CONTENT, **changes}


@pytest.fixture
def receiver(app: Flask) -> Iterator[Receiver]:
    """The app's server, on this machine, which the operator allows."""
    before = app.extensions[CLIENT]
    app.extensions[CLIENT] = Client(networks(["127.0.0.0/8"]))
    with receiving() as made:
        yield made
    app.extensions[CLIENT] = before


@dataclass
class Shelters:
    """The app: as its official's tokens call, with the secrets it was given."""

    server: AppServer
    secrets: list[str] = field(default_factory=list)

    def make_secret(self, developer: ApiClient) -> dict[str, Any]:
        made: dict[str, Any] = developer.post(f"/miniapps/{self.server.id}/callback-secret")
        self.secrets.append(made["secret"])
        return made


@pytest.fixture
def shelters(publish: Publish, developer: ApiClient, receiver: Receiver) -> Shelters:
    server = publish(
        scopes=[
            {"name": "identity", "reason": "显示谁已知悉"},
            {"name": "cards.send", "reason": "提醒安置点将满"},
        ],
        callback_url=f"{receiver.url}/cards",
    )
    made = Shelters(server)
    made.make_secret(developer)
    return made


@pytest.fixture
def acting(shelters: Shelters, as_: SignedIn) -> ApiClient:
    """The app, for the official MEMBER."""
    return shelters.server.open(as_(MEMBER))


@pytest.fixture
def made(group: MakeGroup) -> dict[str, Any]:
    return group(MEMBER, OTHER_MEMBER)


@pytest.fixture
def send(acting: ApiClient, made: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    def run(key: str | None = "shelter-17", **more: Any) -> dict[str, Any]:
        card: dict[str, Any] = acting.post(
            f"/conversations/{made['id']}/cards", {**content(), "key": key, **more}
        )
        return card

    return run


Send = Callable[..., dict[str, Any]]


def press(client: ApiClient, card: dict[str, Any], button: str = "seen", **more: Any) -> Any:
    status = more.pop("status", 201)
    path = f"/conversations/{card['conversation_id']}/messages/{card['seq']}/actions"
    return client.post(path, {"button_id": button, **more}, status=status)


def actions(client: ApiClient, card: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(
        f"/conversations/{card['conversation_id']}/card-actions"
    )["items"]
    return found


def deliver() -> None:
    """Once around, as a worker does twice a second."""
    delivery.deliver_due()
