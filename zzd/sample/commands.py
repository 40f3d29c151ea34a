"""The commands that fill a database with the sample and tell who is in it."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import click
from sqlalchemy import select

from zzd.db import reading, transaction
from zzd.identity.models import Account
from zzd.orgtree.audiences import LEVELS, ROLES
from zzd.orgtree.models import Official, Post, Unit
from zzd.sample import demo

OFFICIALS, GROUPS = 6_000, 240


@click.command()
@click.option("--if-empty", is_flag=True, help="Do nothing where units are already.")
@click.option(
    "--officials",
    type=click.IntRange(len(demo.DEMO_ACCOUNTS), 9_999_999),
    default=OFFICIALS,
    show_default=True,
    help="How many people; the first are the demo accounts.",
)
@click.option(
    "--groups",
    type=click.IntRange(1, 9_999_999),
    default=GROUPS,
    show_default=True,
    help="How many groups with named members.",
)
def seed(if_empty: bool, officials: int, groups: int) -> None:
    """Fill an empty database: Zhejiang's units, invented officials, conversations.

    The same people each time. Everybody has an account with one published password: never
    where real officials are.
    """
    with reading() as session:
        empty = session.scalar(select(Unit.id).limit(1)) is None
    if not empty:
        if if_empty:
            return
        raise click.ClickException("this database is not empty; the sample needs one that is")
    # Imported here: the lists of names take longer to load than most commands do to run.
    from zzd.sample.seed import write_sample

    with transaction() as session:
        write_sample(session, officials=officials, groups=groups, progress=show_progress)


@contextmanager
def show_progress(title: str, items: Iterable[Any], length: int) -> Iterator[Iterable[Any]]:
    with click.progressbar(
        items,
        length=max(length, 1),
        label=f"  {title}",
        update_min_steps=max(length // 200, 1),
        item_show_func=None,
    ) as bar:
        yield bar


@click.command("demo-accounts")
@click.option("--json", "as_json", is_flag=True, help="A JSON list instead of a table.")
def demo_accounts(as_json: bool) -> None:
    """Who can be signed in as to try things out: every level, every duty, every right."""
    accounts = _demo_accounts()
    if not accounts:
        raise click.ClickException("this database holds no sample: run `zzd seed` first")
    if as_json:
        click.echo(json.dumps(accounts, ensure_ascii=False, indent=2))
        return
    click.echo(f"示例账号，密码均为 {demo.PASSWORD}\n")
    for account in accounts:
        words = f"{account['level_name']} {account['unit']} {account['name']}"
        click.echo(f"  {account['username']:<18}{_padded(words, 38)}{account['what']}")


def _demo_accounts() -> list[dict[str, Any]]:
    """What is in the database of the accounts that the sample describes."""
    described = {account.username: account for account in demo.DEMO_ACCOUNTS}
    with reading() as session:
        found = session.execute(
            select(Account.username, Official.name, Unit.code, Unit.name, Unit.level, Post.role)
            .join(Official, Official.id == Account.official_id)
            .join(Post, Post.official_id == Official.id)
            .join(Unit, Unit.id == Post.unit_id)
            .where(
                Account.username.in_(described),
                Account.status == "active",
                Post.is_primary,
                Post.ended_at.is_(None),
            )
            .order_by(Account.id)
        )
        return [
            {
                "username": username,
                "password": demo.PASSWORD,
                "role": described[username].role,
                "duty": duty,
                "duty_name": ROLES[duty],
                "unit_code": code,
                "unit": unit,
                "level": level,
                "level_name": LEVELS[level],
                "name": name,
                "what": described[username].what,
            }
            for username, name, code, unit, level, duty in found
        ]


def _padded(text: str, width: int) -> str:
    """Chinese characters take two columns of a terminal."""
    taken = sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
    return text + " " * max(width - taken, 1)
