"""``zzd files``."""

from __future__ import annotations

import sys

import click

from zzd.messaging.files import collection


@click.group()
def files() -> None:
    """What people have uploaded."""


@files.command()
def verify() -> None:
    """Read every stored content; exit code 1 if one is missing or not what was stored."""
    flaws = 0
    for flaw in collection.find_flaws():
        flaws += 1
        click.echo(f"{flaw.key}: {flaw.reason}")
    click.echo(f"{flaws} flaws" if flaws else "intact", err=bool(flaws))
    if flaws:
        sys.exit(1)


@files.command()
def purge() -> None:
    """Delete now what the timers delete in time: abandoned uploads, files never sent, contents
    that no file has; and what a crash left in the store."""
    expired = _all_of(collection.purge_expired)
    contents = _all_of(collection.collect_blobs)
    orphans = collection.sweep_orphans()
    click.echo(f"deleted {expired} uploads and files, {contents} contents, {orphans} orphans")


def _all_of(step: collection.Step) -> int:
    total = 0
    while some := step():
        total += some
    return total
