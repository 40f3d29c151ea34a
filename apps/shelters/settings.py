"""What the app is told by its environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from zzd_sdk.settings import SettingsError, client_origins, read_credentials


@dataclass(frozen=True)
class Settings:
    """``zzd_url`` is where this server reaches ZZD, ``client_origins`` where browsers have it."""

    zzd_url: str = "http://127.0.0.1:8000"
    client_origins: tuple[str, ...] = ("http://127.0.0.1:8000", "http://localhost:8000")
    url: str = "http://localhost:8001"
    database: Path = Path("var/shelters.db")
    secret_file: Path | None = None
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    sample: bool = False

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> Settings:
        zzd_url = env.get("ZZD_URL", cls.zzd_url).rstrip("/")
        secret_file = env.get("SHELTERS_SECRET_FILE")
        return cls(
            zzd_url=zzd_url,
            client_origins=client_origins(zzd_url, env.get("ZZD_CLIENT_ORIGINS", "")),
            url=env.get("SHELTERS_URL", cls.url).rstrip("/"),
            database=Path(env.get("SHELTERS_DATABASE") or cls.database),
            secret_file=Path(secret_file) if secret_file else None,
            client_id=env.get("SHELTERS_CLIENT_ID", ""),
            client_secret=env.get("SHELTERS_CLIENT_SECRET", ""),
            sample=env.get("SHELTERS_SAMPLE", "0") not in {"", "0", "no", "false"},
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
            raise SettingsError(
                "Set SHELTERS_SECRET_FILE, or SHELTERS_CLIENT_ID and SHELTERS_CLIENT_SECRET"
            )
        return self.client_id, self.client_secret
