"""``zzd-app``: from nothing to a published app, and what happens to it then."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from zzd_sdk.cli import debugging, developing, publishing, watching
from zzd_sdk.cli.project import LOCAL, Project, keep_token
from zzd_sdk.client import Client
from zzd_sdk.errors import Unreachable, ZzdError


class Said(click.Group):
    """Refusals of the platform are told in its own words, with what to mend, and never as a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ZzdError as error:
            click.echo(f"refused ({error.status} {error.code}): {error.detail}", err=True)
            for fault in error.errors:
                click.echo(f"  {fault.get('pointer', '')}  {fault.get('detail', '')}", err=True)
            sys.exit(1)
        except Unreachable as error:
            click.echo(f"no answer: {error}", err=True)
            sys.exit(1)


@click.group(cls=Said)
@click.version_option(package_name="zzd-sdk")
def zzd_app() -> None:
    """Make, try, register and watch a ZZD mini-app."""


@zzd_app.command()
@click.option("--server", default=None, help=f"The platform's address; {LOCAL} if nothing is said.")
@click.option("--username", prompt=True)
@click.option("--password", prompt=True, hide_input=True)
@click.option("--code", help="Of the second factor; asked for where the account has one.")
def login(server: str | None, username: str, password: str, code: str | None) -> None:
    """Sign in as the app's developer."""
    here = Path.cwd()
    project = Project.load(here)
    server = (server or project.server).rstrip("/")
    client, body = Client(server), {"username": username, "password": password}
    if code is not None:
        body["code"] = code
    try:
        answer = client.post("/sessions", body)
    except ZzdError as error:
        if error.code != "second_factor_required" or code is not None:
            raise
        answer = client.post("/sessions", {**body, "code": click.prompt("Code")})
    keep_token(server, answer["token"])
    if server != project.server:
        project.save(here, server=server)
    click.echo(f"signed in at {server} as {username}")


COMMANDS: tuple[Callable[..., Any], ...] = (
    publishing.init,
    publishing.validate,
    publishing.register,
    publishing.submit,
    publishing.review,
    publishing.publish,
    publishing.install,
    watching.logs,
    watching.events,
    watching.replay,
    debugging.sign_debug,
    developing.dev,
)
for command in COMMANDS:
    zzd_app.add_command(command)  # type: ignore[arg-type]
