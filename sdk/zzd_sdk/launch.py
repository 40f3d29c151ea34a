"""Knowing who opened the app: OAuth 2.1's authorization code with PKCE, from the client's launch code.

The page asks its server for a challenge, the client for a code, and its server exchanges that code
for who it stands for: one request. The verifier never leaves the server.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol, cast

from zzd_sdk.client import Client
from zzd_sdk.shapes import UserInfo

LAUNCH_SECONDS = 300
MOST_AT_ONCE = 10_000


class UnknownLaunch(Exception):
    """This ``state`` was never given out, was used, or is older than five minutes."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who opened the app. Keep ``access_token`` on the server."""

    user: UserInfo
    access_token: str
    expires_in: int
    scopes: tuple[str, ...]


class Store(Protocol):
    """Where verifiers are kept while a launch is under way; MemoryStore comes with it."""

    def put(self, state: str, verifier: str, until: float) -> None: ...

    def take(self, state: str, now: float) -> str | None:
        """The verifier kept for a state until after ``now``, once."""


@dataclass
class Launches:
    """Launches under way, in this process. With several processes give a ``store`` that they share
    (see ``Store``). ``credentials`` is asked for the client's id and secret at each launch: for
    those who keep them where a replaced one is found without a restart."""

    client: Client
    client_id: str = ""
    client_secret: str = ""
    redirect_uri: str = ""
    clock: Callable[[], float] = time.time
    store: Store = field(default_factory=lambda: MemoryStore())
    credentials: Callable[[], tuple[str, str]] | None = None

    def begin(self) -> dict[str, str]:
        """What the page gives to ``zzd.getLaunchCode``."""
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
        self.store.put(state, verifier, self.clock() + LAUNCH_SECONDS)
        digest = hashlib.sha256(verifier.encode()).digest()
        return {
            "state": state,
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "redirect_uri": self.redirect_uri,
        }

    def finish(self, code: str, state: str) -> Identity:
        """Exchange the code. Raises UnknownLaunch, ZzdError, Unreachable."""
        # Both are random ASCII where they come from.
        verifier = self.store.take(state, self.clock()) if (code + state).isascii() else None
        if verifier is None:
            raise UnknownLaunch
        answer = self.client.request(
            "POST",
            "/oauth/token",
            form={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.redirect_uri,
                "code_verifier": verifier,
            },
            auth=self.credentials() if self.credentials else (self.client_id, self.client_secret),
        )
        return Identity(
            user=cast(UserInfo, answer["user"]),
            access_token=answer["access_token"],
            expires_in=int(answer["expires_in"]),
            scopes=tuple(str(answer.get("scope", "")).split()),
        )


class MemoryStore:
    """Verifiers by ``state``, each taken once and forgotten after five minutes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def put(self, state: str, verifier: str, until: float) -> None:
        with self._lock:
            while len(self._kept) >= MOST_AT_ONCE:
                self._kept.pop(next(iter(self._kept)))
            self._kept[state] = (verifier, until)

    def take(self, state: str, now: float) -> str | None:
        with self._lock:
            verifier, until = self._kept.pop(state, ("", 0.0))
        return verifier if until > now else None
