"""What a bot is known by: its address, and the secrets it signs with."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

from flask import current_app

from zzd.api import PREFIX
from zzd.messaging.bots.models import Bot
from zzd.messaging.bots.rules import old_secret_until
from zzd.outgoing import signing
from zzd.settings import Settings


def make_salt() -> str:
    return secrets.token_urlsafe(32)


def token_of(salt: str) -> str:
    """The last part of the address: 256 bits that nobody guesses."""
    return base64.urlsafe_b64encode(_derive(f"address:{salt}")).decode().rstrip("=")


def digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def url_of(bot: Bot) -> str:
    settings: Settings = current_app.extensions["zzd.settings"]
    return f"{settings.public_url}{PREFIX}/hooks/{token_of(bot.salt)}"


def secret_of(bot: Bot) -> str:
    return signing.secret_of(_secret(bot, bot.secret_no))


def keys_of(bot: Bot, now: datetime) -> list[bytes]:
    """With which a request may be signed now."""
    numbers = [bot.secret_no]
    if old_secret_until(bot.rotated_at, now) is not None:
        numbers.append(bot.secret_no - 1)
    return [_secret(bot, no) for no in numbers]


def _secret(bot: Bot, no: int) -> bytes:
    return _derive(f"secret:{bot.salt}:{no}")


def _derive(purpose: str) -> bytes:
    key = current_app.config["SECRET_KEY"].encode()
    return hmac.digest(key, f"bot:1:{purpose}".encode(), "sha256")
