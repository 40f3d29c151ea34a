"""What the command keeps: the project's ``zzd-app.json`` and ``.env``, and who is signed in where."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from zzd_sdk.client import Client

PROJECT = "zzd-app.json"
LOCAL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Project:
    """``miniapp_id`` and ``client_id`` are there once the app is registered on ``server``."""

    server: str = LOCAL
    miniapp_id: str | None = None
    client_id: str | None = None

    @classmethod
    def load(cls, folder: Path) -> Project:
        path = folder / PROJECT
        if not path.exists():
            return cls()
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, TypeError) as error:
            raise click.ClickException(f"{path} is not what this command wrote: {error}") from error

    def save(self, folder: Path, **changes: Any) -> Project:
        changed = replace(self, **changes)
        text = json.dumps(asdict(changed), indent=2) + "\n"
        (folder / PROJECT).write_text(text, encoding="utf-8")
        return changed

    def registered_id(self) -> str:
        if self.miniapp_id is None:
            raise click.ClickException("this app is not registered yet: run `zzd-app register`")
        return self.miniapp_id


def read_manifest(folder: Path) -> Any:
    return read_json(folder / "manifest.json")


def read_json(path: Path) -> Any:
    """Raises ClickException, saying what to do instead."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        mend = f"there is no {path}: go into the app's folder, or make one with `zzd-app init NAME`"
        raise click.ClickException(mend) from None
    except ValueError as error:
        raise click.ClickException(f"{path} is no JSON: {error}") from error
    except RecursionError:
        raise click.ClickException(f"{path} is nested without end") from None


# Secrets


def keep_secret(folder: Path, **values: str) -> None:
    """Write them to ``.env``, which only its owner reads; what it says besides is kept."""
    path = folder / ".env"
    kept = {**dict(_lines(path)), **values}
    text = "".join(f"{name}={value}\n" for name, value in kept.items())
    _write_private(path, text)


def secrets_of(folder: Path) -> dict[str, str]:
    return dict(_lines(folder / ".env"))


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        name, sign, value = line.partition("=")
        if sign and not name.startswith("#"):
            yield name.strip(), value.strip()


# Who is signed in


def credentials_path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "zzd-app" / "credentials.json"


def keep_token(server: str, token: str) -> None:
    path = credentials_path()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _write_private(path, json.dumps({**_tokens(), server: token}, indent=2))


def _tokens() -> dict[str, str]:
    try:
        found: dict[str, str] = json.loads(credentials_path().read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found


def signed_in(server: str) -> Client:
    """The developer's client; ``ZZD_APP_TOKEN`` is for machines that build."""
    token = os.environ.get("ZZD_APP_TOKEN") or _tokens().get(server)
    if token is None:
        raise click.ClickException(f"not signed in at {server}: run `zzd-app login`")
    return Client(server, token)


def _write_private(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    path.chmod(0o600)
