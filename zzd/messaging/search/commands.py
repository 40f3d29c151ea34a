"""What the operator does about search."""

from __future__ import annotations

import json

import click

from zzd.messaging.search import following, rebuilding
from zzd.messaging.search.words import load_dictionary


@click.group()
def search() -> None:
    """The index that messages are found by."""


@search.command()
def status() -> None:
    """Print as JSON how many messages wait for the index, and for how many seconds."""
    state = following.state()
    click.echo(
        json.dumps(
            {
                "messages": state.messages,
                "waiting": state.waiting,
                "lag_seconds": round(state.lag.total_seconds(), 3),
            }
        )
    )


@search.command()
def reindex() -> None:
    """Write the index anew, beside a server that uses it. Stop it at any time and begin again."""
    load_dictionary()
    with click.progressbar(
        length=rebuilding.count_messages(), label="messages", show_pos=True
    ) as bar:
        for count in rebuilding.rebuild():
            bar.update(count)
    click.echo(f"{bar.pos} messages indexed")
