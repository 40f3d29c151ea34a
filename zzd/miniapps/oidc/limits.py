"""How often an app's server may ask for tokens, and how often somebody may be wrong about who it is.

Whoever brings the right secret is always served up to the app's own quota: secrets are 256 random
bits, which nobody guesses, and a stranger who knows an app's id must not be able to shut it out.
"""

from __future__ import annotations

from authlib.oauth2 import OAuth2Error
from flask import Flask, current_app

from zzd.identity.tokens import digest
from zzd.miniapps.allowances import COUNTER, Allowance, Counter, InParts, Quota
from zzd.settings import Settings

TOKENS, FAILURES = "zzd.token_quota", "zzd.token_failures"
# A minute, of those who say that they are one app.
MOST_FAILURES = 60
# So many parts of a quota are asked for one by one.
PARTS = 1000


class SlowDown(OAuth2Error):
    """RFC 6749 has no word for it at this endpoint; this is the one it has for where there is too
    much to do, and the status says the rest (RFC 6585)."""

    error = "temporarily_unavailable"
    status_code = 429

    def __init__(self, allowance: Allowance, description: str) -> None:
        super().__init__(description)
        self._allowance = allowance

    def get_headers(self) -> list[tuple[str, str]]:
        return [*super().get_headers(), *self._allowance.headers().items()]


def register(app: Flask, settings: Settings) -> None:
    counter: Counter = app.extensions[COUNTER]
    in_parts = InParts(counter, max(1, settings.token_rate // PARTS))
    app.extensions[TOKENS] = Quota("token", settings.token_rate, in_parts)
    app.extensions[FAILURES] = Quota("failure", MOST_FAILURES, counter)


def take(miniapp_id: int) -> None:
    """One request of an app that said who it is. Raises SlowDown."""
    quota: Quota = current_app.extensions[TOKENS]
    allowance = quota.take(str(miniapp_id))
    if allowance.is_over:
        raise SlowDown(allowance, f"An app may ask {quota.quota} times a minute")


def note_failure(client_id: str) -> None:
    """Somebody did not know the secret of this app, if there is one: both are counted alike, as
    which client ids exist is nobody's business. Raises SlowDown."""
    quota: Quota = current_app.extensions[FAILURES]
    allowance = quota.take(digest(client_id))
    if allowance.is_over:
        raise SlowDown(allowance, "Too many were wrong about who they are; see to the secret")
