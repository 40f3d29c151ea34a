"""From nothing to published: ``init``, ``validate``, ``register``, ``submit``, ``publish``."""

from __future__ import annotations

import re
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import click

from zzd_sdk.cli.project import (
    LOCAL,
    Project,
    keep_secret,
    read_json,
    read_manifest,
    signed_in,
)
from zzd_sdk.client import Client
from zzd_sdk.errors import Unreachable, ZzdError
from zzd_sdk.manifests import faults_of

# Where the app of the template runs.
PORT = "9001"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@click.command()
@click.argument("name")
@click.option(
    "--port",
    type=click.IntRange(1024, 65535),
    default=int(PORT),
    show_default=True,
    help="Where the app runs on this machine.",
)
@click.option("--server", default=LOCAL, show_default=True, help="The platform to try it on.")
def init(name: str, port: int, server: str) -> None:
    """Make a folder NAME with an app that runs: it says who opened it, and hears events."""
    if not NAME.fullmatch(name):
        raise click.ClickException("NAME is small letters and digits, with - between: river-watch")
    folder = Path(name)
    if folder.exists():
        raise click.ClickException(f"there is a {folder} already")
    folder.mkdir()
    template = resources.files("zzd_sdk.cli") / "template"
    for file in sorted(template.iterdir(), key=lambda each: each.name):
        if file.name.startswith("__"):
            continue
        text = file.read_text(encoding="utf-8").replace("@NAME@", name).replace(PORT, str(port))
        text = text.replace(LOCAL, server.rstrip("/"))
        target = ".gitignore" if file.name == "gitignore" else file.name
        (folder / target).write_text(text, encoding="utf-8")
        click.echo(f"  {folder / target}")
    Project(server=server.rstrip("/")).save(folder)
    click.echo(f"\nNext: cd {name} && zzd-app dev")


@click.command()
@click.argument("path", default="manifest.json", type=click.Path(path_type=Path))
def validate(path: Path) -> None:
    """Say everything that is wrong with a manifest, with the place of each fault (JSON Pointer).

    These are the platform's own rules; its origins and version are asked of the project's server.
    What only the platform knows, whether the audience exists and whether the id is taken, it says at
    `register`.
    """
    manifest = read_json(path)
    server = Project.load(path.parent).server
    rules = _rules_of(server)
    faults = faults_of(manifest, **(rules or {}))
    for fault in faults:
        click.echo(f"{fault['pointer'] or '/'}  {fault['detail']}")
    if faults:
        sys.exit(1)
    alone = "" if rules else f" (by the rules alone: {server} did not say its origins and version)"
    click.echo(f"{path} is a good manifest{alone}")


def _rules_of(server: str) -> dict[str, Any] | None:
    """The part of the rules that differs from one platform to another; none if it does not answer."""
    try:
        found: dict[str, Any] = Client(server, tries=1).get("/miniapps/manifest-rules")
    except (ZzdError, Unreachable):
        return None
    return {name: found[name] for name in ("own_origins", "platform_version")}


@click.command()
def register() -> None:
    """Register the app, or bring the platform the manifest as it is now."""
    here = Path.cwd()
    project = Project.load(here)
    manifest = _checked(here, project.server)
    client = signed_in(project.server)
    if project.miniapp_id is not None:
        app = client.put(f"/miniapps/{project.miniapp_id}", {"manifest": manifest})
        click.echo(f"{app['app_id']} has version {app['version']} now, {app['state']}")
        return
    body = {"manifest": manifest, "client_id": f"register-{manifest['id']}"[:64]}
    app = client.post("/miniapps", body)
    project.save(here, miniapp_id=app["id"], client_id=app["client_id"])
    if app["client_secret"] is None:
        # Registered before, and the answer was lost: only a new secret can be had.
        app |= client.post(f"/miniapps/{app['id']}/secret")
    signing = client.post(f"/miniapps/{app['id']}/callback-secret")
    keep_secret(
        here,
        ZZD_SERVER=project.server,
        ZZD_CLIENT_ID=app["client_id"],
        ZZD_CLIENT_SECRET=app["client_secret"],
        ZZD_WEBHOOK_SECRET=signing["secret"],
    )
    click.echo(f"registered {app['app_id']}; its secrets are in .env, and nowhere else")


@click.command()
def submit() -> None:
    """Submit the newest version for review."""
    project = Project.load(Path.cwd())
    app = signed_in(project.server).post(f"/miniapps/{project.registered_id()}/submission")
    words = {
        "submitted": "waits for its review, by somebody else",
        "in_review": "waits for its review, by somebody else",
        "approved": "is approved: it asks for nothing new",
    }
    click.echo(f"version {app['version']} {words.get(app['state'], app['state'])}")


@click.command()
@click.option("--approve", "decision", flag_value="approve")
@click.option("--reject", "decision", flag_value="reject")
@click.option("--reason", default="", help="What the developer is told; a rejection needs one.")
def review(decision: str | None, reason: str) -> None:
    """Approve or reject what was submitted: as a system administrator, never who submitted it."""
    if decision is None:
        raise click.UsageError("either --approve or --reject")
    project = Project.load(Path.cwd())
    body = {"decision": decision, "reason": reason}
    app = signed_in(project.server).post(f"/miniapps/{project.registered_id()}/review", body)
    click.echo(f"version {app['version']} is {app['state']}")


@click.command()
@click.option(
    "--unit", "code", help="The unit's code; that which the manifest is for, if not said."
)
@click.option("--all-scopes", is_flag=True, help="With the optional ones.")
def install(code: str | None, all_scopes: bool) -> None:
    """Install the app for a unit and all below it: as that unit's administrator, who agrees to what
    it asks for."""
    here = Path.cwd()
    project, manifest = Project.load(here), read_manifest(here)
    client = signed_in(project.server)
    code = code or manifest["audience"]["unit_code"]
    units = client.get("/units", code=code)["items"]
    if not units:
        raise click.ClickException(f"there is no unit {code}")
    made = install_for(client, project.registered_id(), units[0]["id"], optional=all_scopes)
    click.echo(f"installed for {units[0]['name']} with {', '.join(made['scopes']) or 'no scopes'}")


def install_for(client: Client, miniapp_id: str, unit_id: str, *, optional: bool) -> dict[str, Any]:
    """Install it there, or agree to what its newest version asks for."""
    app = next(
        (
            each
            for each in client.pages("/miniapps/installable")
            if each["miniapp_id"] == miniapp_id
        ),
        None,
    )
    if app is None:
        raise click.ClickException("this app is not published yet")
    asked = [*app["scopes"], *(app["optional_scopes"] if optional else ())]
    scopes = [each["name"] for each in asked]
    there = client.pages("/installations", miniapp_id=miniapp_id)
    installed = next((each for each in there if each["unit"]["id"] == unit_id), None)
    if installed is None:
        body = {"miniapp_id": miniapp_id, "unit_id": unit_id, "scopes": scopes}
        key = f"install-{miniapp_id}-{unit_id}"
        installed = client.post("/installations", {**body, "client_id": key})
    elif set(scopes) - set(installed["scopes"]):
        installed = client.patch(f"/installations/{installed['id']}", {"scopes": scopes})
    known: dict[str, Any] = installed
    return known


@click.command()
@click.option(
    "--percent",
    type=click.IntRange(0, 100),
    help="Of those it is for; without it and --to everybody.",
)
@click.option(
    "--to",
    "audiences",
    multiple=True,
    metavar="CODE[:ROLE]",
    help="First to those of a unit and all below it, or of a role there: 331081:leader. May be repeated.",
)
def publish(percent: int | None, audiences: tuple[str, ...]) -> None:
    """Publish what was approved, to everybody or to some of them first."""
    project = Project.load(Path.cwd())
    client = signed_in(project.server)
    path = f"/miniapps/{project.registered_id()}/publication"
    body: dict[str, Any] = {} if percent is None else {"percent": percent}
    if audiences:
        named = [_audience(client, said) for said in audiences]
        body["audiences"] = named
    app = client.post(path, body)
    click.echo(f"version {app['version']} is {app['state']}")


def _audience(client: Client, said: str) -> dict[str, Any]:
    code, _, role = said.partition(":")
    units = client.get("/units", code=code)["items"]
    if not units:
        raise click.ClickException(f"there is no unit {code}")
    return {"unit_id": units[0]["id"], **({"role": role} if role else {})}


def _checked(folder: Path, server: str) -> dict[str, Any]:
    manifest = read_manifest(folder)
    faults = faults_of(manifest, **(_rules_of(server) or {}))
    for fault in faults:
        click.echo(f"manifest.json {fault['pointer'] or '/'}  {fault['detail']}", err=True)
    if faults:
        sys.exit(1)
    checked: dict[str, Any] = manifest
    return checked
