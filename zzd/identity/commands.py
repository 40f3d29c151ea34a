"""What only the machine's operator does: the first accounts, and administrators' passwords and
second factors."""

from __future__ import annotations

import click
from marshmallow import ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from zzd.db import transaction
from zzd.errors import Problem
from zzd.identity.accounts import create_account, reset_password
from zzd.identity.grants import ROLE_NAMES, give_grant
from zzd.identity.models import Account
from zzd.identity.passwords import hash_password, initial_password
from zzd.identity.schemas import AccountCreationSchema
from zzd.identity.second_factor.enrolling import take_off
from zzd.identity.second_factor.schemas import LONGEST_REASON

UNLIMITED_ROLES = [role for role in ROLE_NAMES if role not in ("issuer", "unit_admin")]


@click.group()
def accounts() -> None:
    """The first accounts; passwords and second factors of administrators."""


@accounts.command("add")
@click.argument("username")
@click.option("--role", type=click.Choice(UNLIMITED_ROLES), help="What to grant it.")
def add_account(username: str, role: str | None) -> None:
    """Make an account and print its initial password."""
    try:
        AccountCreationSchema().load({"username": username})
    except ValidationError as error:
        raise click.ClickException(f"{username}: {error}") from error
    password = initial_password()
    password_hash = hash_password(password)
    try:
        with transaction() as session:
            account, _ = create_account(
                session, by=None, username=username, password_hash=password_hash
            )
            if role:
                give_grant(session, by=None, account_id=account.id, role=role)
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(password)


@accounts.command("reset-password")
@click.argument("username")
def reset_account_password(username: str) -> None:
    """Give an account another password and print it; its sessions end."""
    password = initial_password()
    password_hash = hash_password(password)
    with transaction() as session:
        account_id = _find(session, username)
        reset_password(session, by=None, account_id=account_id, password_hash=password_hash)
    click.echo(password)


@accounts.command("take-second-factor")
@click.argument("username")
@click.option("--reason", required=True, help="Why; the audit log keeps it.")
def take_second_factor(username: str, reason: str) -> None:
    """Take a lost second factor off an account; its sessions end."""
    if not 0 < len(reason.strip()) <= LONGEST_REASON:
        raise click.ClickException(f"a reason has 1 to {LONGEST_REASON} characters")
    try:
        with transaction() as session:
            take_off(session, by=None, account_id=_find(session, username), reason=reason)
    except Problem as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(f"{username} signs in with the password alone now")


def _find(session: Session, username: str) -> int:
    account_id = session.scalar(select(Account.id).where(Account.username == username))
    if account_id is None:
        raise click.ClickException(f"there is no account {username}")
    return account_id
