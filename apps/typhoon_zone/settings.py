"""What the zone is told by its environment. README and FEEDS.md list the variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from zzd_sdk.settings import SettingsError, client_origins, read_credentials

FEEDS = ("track", "gauges", "outages", "clouds")
SIMULATED = "simulated"


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
        secret_file = env.get("ZONE_SECRET_FILE")
        feeds = {name: env.get(f"ZONE_FEED_{name.upper()}") or SIMULATED for name in FEEDS}
        return cls(
            zzd_url=zzd_url,
            client_origins=client_origins(zzd_url, env.get("ZZD_CLIENT_ORIGINS", "")),
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
        if self.secret_file is not None:
            return read_credentials(self.secret_file)
        if not (self.client_id and self.client_secret):
            raise SettingsError("Set ZONE_SECRET_FILE, or ZONE_CLIENT_ID and ZONE_CLIENT_SECRET")
        return self.client_id, self.client_secret


def _seconds(text: str | None, default: float) -> float:
    if not text:
        return default
    try:
        return max(0.0, float(text))
    except ValueError as error:
        raise SettingsError(f"ZONE_FEED_SECONDS must be a number, not {text!r}") from error
