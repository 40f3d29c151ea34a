"""The operator's command ``zzd``."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress

import click
from flask import Flask
from sqlalchemy.exc import OperationalError

from zzd import collect_seldom, create_app, logs, migrate, realtime
from zzd.db import database, reading
from zzd.sample.commands import demo_accounts, seed
from zzd.settings import SettingsError

# So much nicer than the web processes a worker is.
BEHIND_REQUESTS = 5


@click.group()
@click.pass_context
def zzd(context: click.Context) -> None:
    """Run and look after a ZZD server."""
    if context.invoked_subcommand != "db" and "--help" not in sys.argv:
        _check_database()


def _check_database() -> None:
    try:
        with reading() as session:
            current = migrate.is_current(session.connection())
    except OperationalError as error:
        raise click.ClickException(f"no answer from the database: {error.orig}") from error
    if not current:
        raise click.ClickException("the database is not up to date: run `zzd db upgrade` first")


@zzd.group()
def db() -> None:
    """The database's structure."""


@db.command()
def upgrade() -> None:
    """Bring the database to the structure that this code needs."""
    migrate.upgrade(database().engine)


@db.command()
@click.argument("rev_id")
@click.argument("message")
def draft(rev_id: str, message: str) -> None:
    """Write migration REV_ID (0007_word) for what the models have and the database lacks."""
    migrate.draft(database().engine, message, rev_id)


@zzd.command()
@click.pass_obj
def worker(app: Flask) -> None:
    """Do the timed work beside the web processes, until stopped."""
    # Where a core is short, whoever waits for an answer goes first.
    os.nice(BEHIND_REQUESTS)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    collect_seldom()
    click.echo("worker ready", err=True)
    with suppress(KeyboardInterrupt):
        realtime.work(app)


zzd.add_command(seed)
zzd.add_command(demo_accounts)


def main() -> None:
    logs.configure()
    try:
        app: Flask = create_app()
    except SettingsError as error:
        click.echo(f"zzd: {error}", err=True)
        sys.exit(2)
    with app.app_context():
        for command in app.extensions.get("zzd.commands", ()):
            zzd.add_command(command)
        zzd(prog_name="zzd", obj=app)
