"""The app's own tokens: what it does under its own name, for one of its installations."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from zzd_sdk.client import Client

# A token is not used any more so long before it ends.
SPARE = 300.0


class OwnTokens:
    """A client for each installation, with a token that is asked for anew before it ends.

    own = OwnTokens(Client("https://zzd.example.cn"), client_id, client_secret)
    own.client(event.installation_id).answer_command(…)
    """

    def __init__(
        self,
        client: Client,
        client_id: str,
        client_secret: str,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._clock = client, clock
        self._credentials = (client_id, client_secret)
        self._kept: dict[str | None, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def client(self, installation_id: str | None = None) -> Client:
        """Without an ``installation_id`` that of the only one there is. Raises ZzdError, which names them
        where there are several; Unreachable."""
        with self._lock:
            token, until = self._kept.get(installation_id, ("", 0.0))
            if until <= self._clock():
                form = {"grant_type": "client_credentials"}
                if installation_id is not None:
                    form["installation_id"] = installation_id
                answer = self._client.request(
                    "POST", "/oauth/token", form=form, auth=self._credentials
                )
                token = answer["access_token"]
                until = self._clock() + int(answer["expires_in"]) - SPARE
                self._kept[installation_id] = (token, until)
        return self._client.as_(token)
