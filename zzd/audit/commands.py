"""``zzd audit``."""

from __future__ import annotations

import sys

import click

from zzd.audit.log import find_flaws, head_of
from zzd.db import reading


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command()
def verify() -> None:
    """Check the whole log; exit code 1 if an entry was changed, added or removed.

    Keep the last line somewhere else: it also shows if the whole log was written anew.
    """
    with reading() as session:
        flaws = 0
        for flaw in find_flaws(session):
            flaws += 1
            click.echo(f"entry {flaw.entry_id}: {flaw.reason}")
        count, digest = head_of(session)
    if flaws:
        click.echo(f"{count} entries, {flaws} flaws", err=True)
        sys.exit(1)
    click.echo(f"{count} entries, intact, last hash {digest}")
