"""Which server this is: by what address apps know it, and what pseudonyms and seals follow from."""

from __future__ import annotations

from flask import current_app

from zzd.settings import Settings


def issuer() -> str:
    settings: Settings = current_app.extensions["zzd.settings"]
    return settings.public_url


def secret_key() -> str:
    key: str = current_app.config["SECRET_KEY"]
    return key
