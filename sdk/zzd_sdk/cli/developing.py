"""``zzd-app dev``: the app on this machine, as five officials, reloaded and told of events."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from urllib.parse import urlsplit

import click

from zzd_sdk.cli.project import Project, read_manifest, secrets_of, signed_in
from zzd_sdk.cli.publishing import register
from zzd_sdk.client import Client
from zzd_sdk.dev import forwarding, harness, people, running

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command()
@click.option("--port", default=9100, show_default=True, help="Where the client around it is.")
@click.option("--password", default=people.SAMPLE_PASSWORD, help="Of the sample's people.")
@click.option("--command", "command", help="How the app is started; `python app.py` if not said.")
@click.pass_context
def dev(ctx: click.Context, port: int, password: str, command: str | None) -> None:
    """Run the app against a local platform with the sample data (`script/server`).

    It is registered, approved, installed and published there by the sample's people, opened as one of
    five officials of three cities, loaded anew when a file changes, and told of events.
    """
    folder = Path.cwd()
    project, manifest = Project.load(folder), read_manifest(folder)
    if urlsplit(project.server).hostname not in LOOPBACK:
        raise click.ClickException(
            f"{project.server} is not on this machine: dev signs in as the sample's people there, "
            "so it works with a local platform only"
        )
    sample = people.Sample(Client(project.server), password)
    os.environ["ZZD_APP_TOKEN"] = sample.token("developer")
    ctx.invoke(register)
    project = Project.load(folder)
    people.publish(sample, project.registered_id())
    around = {
        "ZZD_SERVER": project.server,
        "ZZD_CLIENT_ORIGINS": f"{project.server} http://127.0.0.1:{port}",
    }
    app = running.App(folder, command, {**secrets_of(folder), **around}, say=click.echo)
    answers = harness.answers_of(manifest, project.registered_id(), sample, app)
    try:
        server = harness.make_server(port, answers)
    except OSError as error:
        raise click.ClickException(
            f"port {port} cannot be had, choose another with --port: {error}"
        ) from error
    # Whatever ends this ends the app as well, or the next one finds its port taken.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with app:
        forwarding.start(
            signed_in(project.server),
            project.registered_id(),
            url=manifest.get("callback_url"),
            secrets=secrets_of(folder).get("ZZD_WEBHOOK_SECRET", "").split(),
            say=click.echo,
        )
        click.echo(f"\n  {manifest['name']['zh']}: http://127.0.0.1:{port}  (Ctrl-C ends it)\n")
        harness.serve(server)
