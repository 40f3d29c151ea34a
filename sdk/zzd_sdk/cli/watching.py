"""What happened to the app: ``logs``, ``events tail``, ``replay``."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import click

from zzd_sdk.cli.project import Project, signed_in
from zzd_sdk.client import Client
from zzd_sdk.errors import ZzdError
from zzd_sdk.events import tail


@click.command()
@click.option("--state", help="Only those: waiting, done or dead.")
@click.option("--most", default=50, show_default=True)
@click.option("--requests", "detailed", is_flag=True, help="With every request that was made.")
@click.option("--failed", is_flag=True, help="Of the app's own calls only those that were refused.")
def logs(state: str | None, most: int, detailed: bool, failed: bool) -> None:
    """What the platform told the app's webhooks, and what the app called, the newest first."""
    project = Project.load(Path.cwd())
    client, app_id = signed_in(project.server), project.registered_id()
    for hook in client.get(f"/miniapps/{app_id}/webhooks")["items"]:
        path = f"/miniapps/{app_id}/webhooks/{hook['id']}"
        click.echo(f"webhook {hook['id']}  {hook['state']}  {hook['url']}")
        deliveries = client.pages(f"{path}/deliveries", state=state, limit=min(most, 200))
        for delivery in islice(deliveries, most):
            click.echo(f"  {_line(delivery)}")
            if detailed:
                for attempt in client.get(f"{path}/deliveries/{delivery['id']}")["requests"]:
                    click.echo(f"      {_attempt(attempt)}")
    click.echo("calls")
    calls = client.pages(f"/miniapps/{app_id}/calls", failed=failed or None, limit=min(most, 200))
    for made in islice(calls, most):
        click.echo(f"  {_call(made)}")


def _call(made: dict[str, Any]) -> str:
    refused = f"  {made['code']}" if made["code"] else ""
    return (
        f"{made['at'][:19]}  {made['status']}  {made['method']} {made['path']}  "
        f"{made['took_ms']} ms{refused}"
    )


def _line(delivery: dict[str, Any]) -> str:
    last = delivery["last_attempt"]
    came = _attempt(last) if last else "not tried yet"
    return (
        f"{delivery['id']}  {delivery['occurred_at'][:19]}  {delivery['state']:8} "
        f"{delivery['type']}  {delivery['subject']}  {came}"
    )


def _attempt(attempt: dict[str, Any]) -> str:
    answer = attempt["status"] or attempt["error"]
    return f"{attempt['at'][:19]}  {answer}  {attempt['took_ms']} ms"


@click.group()
def events() -> None:
    """The events that the app may see."""


@events.command("tail")
@click.option("--cursor", default="tail", show_default=True, help="Each name gets every event.")
@click.option("--once", is_flag=True, help="Stop when there is nothing more.")
def tail_events(cursor: str, once: bool) -> None:
    """Print events as they happen, one JSON a line, until Ctrl-C."""
    project = Project.load(Path.cwd())
    client = signed_in(project.server)
    for event in tail(client, project.registered_id(), cursor=cursor, once=once):
        shown = {"id": event.id, "type": event.type, "subject": event.subject, "time": event.time}
        click.echo(json.dumps({**shown, "data": dict(event.data)}, ensure_ascii=False))


@click.command()
@click.argument("delivery", required=False)
@click.option(
    "--hours", type=click.FloatRange(0.01, 720), help="Instead: all dead ones of so long."
)
def replay(delivery: str | None, hours: float | None) -> None:
    """Have a delivery told once more, or all dead ones of the last hours."""
    if (delivery is None) == (hours is None):
        raise click.UsageError("either a delivery's id, or --hours")
    project = Project.load(Path.cwd())
    client, app_id = signed_in(project.server), project.registered_id()
    for hook in client.get(f"/miniapps/{app_id}/webhooks")["items"]:
        path = f"/miniapps/{app_id}/webhooks/{hook['id']}"
        if hours is not None:
            click.echo(f"webhook {hook['id']}: {_replay_range(client, path, hours)} are told again")
        elif _replay_one(client, path, str(delivery)):
            click.echo(f"{delivery} is told again")
            return
    if delivery is not None:
        raise click.ClickException(f"no webhook of this app has a delivery {delivery}")


def _replay_range(client: Client, path: str, hours: float) -> int:
    until = datetime.now(UTC)
    body = {"since": (until - timedelta(hours=hours)).isoformat(), "until": until.isoformat()}
    told: int = 0
    while True:
        answer = client.post(f"{path}/replay", body)
        told += int(answer["count"])
        if not answer["more"]:
            return told


def _replay_one(client: Client, path: str, delivery: str) -> bool:
    try:
        client.post(f"{path}/deliveries/{delivery}/replay")
    except ZzdError as error:
        if error.status == 404:
            return False
        raise
    return True
