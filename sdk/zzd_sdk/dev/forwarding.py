"""Events, brought to an app that the platform cannot reach: asked for here, told there as webhooks are."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import requests
from standardwebhooks import Webhook

from zzd_sdk.client import Client
from zzd_sdk.errors import Unreachable, ZzdError
from zzd_sdk.events import tail
from zzd_sdk.webhooks import Event

CURSOR = "dev"
REST = 3.0
TIMEOUT = 15


def start(
    client: Client,
    miniapp_id: str,
    *,
    url: str | None,
    secrets: Sequence[str],
    say: Callable[[str], None],
) -> None:
    """In a thread that ends with the process; without an address or a secret there is nothing to do."""
    if not url or not secrets:
        say("  events are not forwarded: the manifest has no callback_url, or .env no secret")
        return
    arguments = (client, miniapp_id, url, secrets[0], say)
    threading.Thread(target=_forward, args=arguments, daemon=True).start()


def _forward(
    client: Client, miniapp_id: str, url: str, secret: str, say: Callable[[str], None]
) -> None:
    while True:
        try:
            for event in tail(client, miniapp_id, cursor=CURSOR):
                say(f"  event {event.type} {event.subject}: {tell(url, secret, event)}")
        except (ZzdError, Unreachable) as error:
            say(f"  events: {error}")
        time.sleep(REST)


def tell(url: str, secret: str, event: Event) -> str:
    """Tell one event as the platform does; what was answered."""
    body = json.dumps(envelope_of(event), ensure_ascii=False)
    now = datetime.now(UTC)
    headers = {
        "Content-Type": "application/cloudevents+json",
        "webhook-id": f"evt-{event.id}",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(f"evt-{event.id}", now, body),
    }
    try:
        answer = requests.post(url, data=body.encode(), headers=headers, timeout=TIMEOUT)
    except requests.RequestException as error:
        return f"no answer ({type(error).__name__})"
    return str(answer.status_code)


def envelope_of(event: Event) -> dict[str, Any]:
    """The event as the platform sends it."""
    made = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.subject,
        "time": event.time,
        "datacontenttype": "application/json",
        "sequence": event.sequence,
        "data": dict(event.data),
    }
    if event.installation_id is not None:
        made["installationid"] = event.installation_id
    return made
