"""What the zone is told by its environment. README and FEEDS.md list the variables."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

FEEDS = ("track", "gauges", "outages", "clouds")
SIMULATED = "simulated"


class SettingsError(Exception):
    """A setting is missing; the text says which and how to mend it."""


@dataclass(frozen=True)
class Settings:
    """``zzd_url`` is where this server reaches ZZD, ``client_origins`` where browsers have it.

    ``feeds`` names a source for each of FEEDS: ``simulated``, an http(s) address or a file.
    """

    zzd_url: str = "http://127.0.0.1:8000"
    client_origins: tuple[str, ...] = ("http://127.0.0.1:8000", "http://localhost:8000")
    url: str = "http://localhost:8002"
    database: Path = Path("var/typhoon_zone.db")
    secret_file: Path | None = None
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    sample: bool = False
    feeds: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType(dict.fromkeys(FEEDS, SIMULATED))
    )
    # Between two looks at the sources; 0: only when asked to.
    feed_seconds: float = 60.0

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        zzd_url = env.get("ZZD_URL", cls.zzd_url).rstrip("/")
        listed = [o.strip().rstrip("/") for o in env.get("ZZD_CLIENT_ORIGINS", "").split(",")]
        secret_file = env.get("ZONE_SECRET_FILE")
        feeds = {name: env.get(f"ZONE_FEED_{name.upper()}") or SIMULATED for name in FEEDS}
        return cls(
            zzd_url=zzd_url,
            client_origins=tuple(dict.fromkeys([*_origins(zzd_url), *filter(None, listed)])),
            url=env.get("ZONE_URL", cls.url).rstrip("/"),
            database=Path(env.get("ZONE_DATABASE") or cls.database),
            secret_file=Path(secret_file) if secret_file else None,
            client_id=env.get("ZONE_CLIENT_ID", ""),
            client_secret=env.get("ZONE_CLIENT_SECRET", ""),
            sample=env.get("ZONE_SAMPLE", "0") not in {"", "0", "no", "false"},
            feeds=MappingProxyType(feeds),
            feed_seconds=_seconds(env.get("ZONE_FEED_SECONDS"), cls.feed_seconds),
        )

    @property
    def redirect_uri(self) -> str:
        return f"{self.url}/callback"

    def credentials(self) -> tuple[str, str]:
        """client_id and client_secret; the file is read anew, so that a rotated secret is found.

        Raises SettingsError.
        """
        if self.secret_file is None:
            if not (self.client_id and self.client_secret):
                raise SettingsError(
                    "Set ZONE_SECRET_FILE, or ZONE_CLIENT_ID and ZONE_CLIENT_SECRET"
                )
            return self.client_id, self.client_secret
        try:
            kept = json.loads(self.secret_file.read_text(encoding="utf-8"))
            return kept["client_id"], kept["client_secret"]
        except (OSError, ValueError, KeyError) as error:
            raise SettingsError(
                f"{self.secret_file} is no credentials file: run `zzd miniapps publish-sample`"
            ) from error


def _seconds(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        return max(0.0, float(text))
    except ValueError as error:
        raise SettingsError(f"ZONE_FEED_SECONDS must be a number, not {text!r}") from error


def _origins(url: str) -> list[str]:
    """The origin of an address; a loopback one goes by both its names."""
    parts = urlsplit(url)
    if parts.hostname not in {"127.0.0.1", "localhost"}:
        return [f"{parts.scheme}://{parts.netloc}"]
    port = f":{parts.port}" if parts.port else ""
    return [f"{parts.scheme}://{host}{port}" for host in ("127.0.0.1", "localhost")]
