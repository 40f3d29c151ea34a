"""What an app's server is told by its environment, and where browsers have the client."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

LOOPBACK = ("127.0.0.1", "localhost")


class SettingsError(Exception):
    """A setting is missing; the text says which and how to mend it."""


def read_credentials(file: Path) -> tuple[str, str]:
    """``client_id`` and ``client_secret`` of a JSON file. Read it for each launch: a secret that
    was replaced is then found without a restart. Raises SettingsError."""
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
        return kept["client_id"], kept["client_secret"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SettingsError(
            f"{file} is no credentials file: run `zzd miniapps publish-sample`"
        ) from error


def client_origins(platform_url: str, listed: str = "") -> tuple[str, ...]:
    """The origins that may frame the app and that its page listens to: the platform's, and those
    listed with commas between them."""
    named = (origin.strip().rstrip("/") for origin in listed.split(","))
    return tuple(dict.fromkeys([*_origins(platform_url), *filter(None, named)]))


def _origins(url: str) -> list[str]:
    """The origin of an address; a loopback one goes by both its names."""
    parts = urlsplit(url)
    if parts.hostname not in LOOPBACK:
        return [f"{parts.scheme}://{parts.netloc}"]
    port = f":{parts.port}" if parts.port else ""
    return [f"{parts.scheme}://{host}{port}" for host in LOOPBACK]
