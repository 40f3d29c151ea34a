"""An event as apps are told of it: CloudEvents 1.0, structured JSON. docs/webhooks.md has it."""

from __future__ import annotations

from typing import Any, Protocol

import orjson


class Told(Protocol):
    """What of an event goes into its envelope: a kept event, or a delivery with its data."""

    event_id: str
    type: str
    subject: str
    occurred_at: Any
    data: dict[str, Any]


def envelope(
    event: Told, *, source: str, position: int, installation_id: int | None
) -> dict[str, Any]:
    """``sequence`` grows with every event, and of one subject it says which was first."""
    made = {
        "specversion": "1.0",
        "id": event.event_id,
        "source": source,
        "type": event.type,
        "subject": event.subject,
        "time": event.occurred_at.isoformat(),
        "datacontenttype": "application/json",
        "sequence": f"{position:019d}",
        "data": event.data,
    }
    if installation_id is not None:
        made["installationid"] = str(installation_id)
    return made


CONTENT_TYPE = "application/cloudevents+json"


def as_body(made: dict[str, Any]) -> bytes:
    return orjson.dumps(made)
