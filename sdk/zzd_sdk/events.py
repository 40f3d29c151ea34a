"""The same events on request, for an app without a public address."""

from __future__ import annotations

from collections.abc import Iterator

from zzd_sdk.client import Client
from zzd_sdk.errors import ZzdError
from zzd_sdk.webhooks import Event

WAIT = 10


def tail(
    client: Client,
    miniapp_id: str,
    *,
    cursor: str = "default",
    wait: int = WAIT,
    once: bool = False,
) -> Iterator[Event]:
    """Events as they happen. A batch is acknowledged when the caller asks for the next one, so what
    it did not finish comes again. ``once`` ends when there is nothing more at the moment.

    A cursor that is too old (31 days) goes on with the oldest that is kept.
    """
    path = f"/miniapps/{miniapp_id}/events"
    while True:
        try:
            batch = client.get(path, cursor=cursor, wait=0 if once else wait)
        except ZzdError as error:
            if error.code != "events_expired" or "oldest" not in error.body:
                raise
            client.post(f"{path}/ack", {"cursor": cursor, "ack": error.body["oldest"]})
            continue
        for item in batch["items"]:
            yield Event.of(item)
        # Past what the app may not see as well, or its cursor would grow old where it stands.
        if batch["ack"] != batch["acknowledged"]:
            client.post(f"{path}/ack", {"cursor": cursor, "ack": batch["ack"]})
        if once and not batch["items"]:
            return
