"""The operator's commands for mini-apps."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click
from flask import current_app
from sqlalchemy.orm import Session

from zzd.db import transaction
from zzd.errors import Problem
from zzd.identity.principals import principal_of_username
from zzd.miniapps.oidc import keys
from zzd.miniapps.sample import Credentials, publish_manifest
from zzd.principal import Principal
from zzd.settings import Settings

URL_PLACEHOLDER = "${APP_URL}"


@click.group()
def miniapps() -> None:
    """Mini-apps on the workbench."""


@miniapps.command("publish-sample")
@click.argument("manifest_file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--entry", help="The app's address for browsers.  [default: ZZD_APPS_URL]")
@click.option(
    "--secret-file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Where the app reads its client_id and client_secret.",
)
@click.option("--developer", default="developer", show_default=True, help="Registers the app.")
@click.option("--reviewer", default="sysadmin", show_default=True, help="Approves it.")
@click.option(
    "--installer", default="province_admin", show_default=True, help="Installs it for their unit."
)
def publish_sample(
    manifest_file: Path,
    entry: str | None,
    secret_file: Path,
    developer: str,
    reviewer: str,
    installer: str,
) -> None:
    """Register, approve, publish and install the app of MANIFEST_FILE; done before, it changes
    nothing.

    ${APP_URL} in the manifest stands for the entry address.
    """
    settings: Settings = current_app.extensions["zzd.settings"]
    manifest = _read_manifest(manifest_file, (entry or settings.apps_url).rstrip("/"))
    kept = _read_credentials(secret_file)
    try:
        with transaction() as session:
            credentials = publish_manifest(
                session,
                manifest,
                developer=_account(session, developer),
                reviewer=_account(session, reviewer),
                installer=_account(session, installer),
                kept=kept,
                settings=settings,
            )
    except Problem as problem:
        faults = "".join(f"\n  {fault['pointer']}: {fault['detail']}" for fault in problem.errors)
        raise click.ClickException(f"{problem.detail or problem.title}{faults}") from problem
    if credentials != kept:
        _write_credentials(secret_file, credentials)
    click.echo(f"{manifest['id']} is on the workbench; its credentials are in {secret_file}")


def _account(session: Session, username: str) -> Principal:
    found = principal_of_username(session, username)
    if found is None:
        raise click.ClickException(f"there is no active account {username}: seed the sample first")
    return found


def _read_manifest(path: Path, url: str) -> dict[str, Any]:
    try:
        manifest = json.loads(path.read_text(encoding="utf-8").replace(URL_PLACEHOLDER, url))
    except ValueError as error:
        raise click.ClickException(f"{path} is not JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise click.ClickException(f"{path} holds no manifest: it must be an object")
    return manifest


def _read_credentials(path: Path) -> Credentials | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def _write_credentials(path: Path, credentials: Credentials) -> None:
    """For its owner's eyes only, and whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        json.dump(credentials, file)
    draft.replace(path)


@miniapps.command("rotate-signing-key")
@click.option(
    "--at-once", is_flag=True, help="Sign with it at once: the one before is not trusted."
)
def rotate_signing_key(at_once: bool) -> None:
    """Make the next key that ID tokens are signed with.

    It is published now and signs in a quarter of an hour. Every 90 days one is made without being
    asked for.
    """
    with transaction() as session:
        made = keys.make(session, current_app.config["SECRET_KEY"], at_once=at_once)
    click.echo(f"{made.kid} signs from {made.signs_from.isoformat()}")
