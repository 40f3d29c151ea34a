"""Accounts, for system administrators."""

from __future__ import annotations

from typing import Any

from zzd.api import (
    Blueprint,
    Caller,
    allow,
    created,
    decode_cursor,
    page,
    page_schema,
    principal,
)
from zzd.db import reading, transaction
from zzd.identity import accounts
from zzd.identity.passwords import hash_password, initial_password
from zzd.identity.policy import access_account
from zzd.identity.schemas import (
    AccountChangeSchema,
    AccountCreationSchema,
    AccountQuerySchema,
    AccountSchema,
    CreatedAccountSchema,
    InitialPasswordSchema,
)

blueprint = Blueprint("accounts", "Accounts, for system administrators")
READERS = ("system_admin", "security_admin")


@blueprint.route("/accounts", methods=["GET"])
@allow(Caller.ACCOUNT, roles=READERS)
@blueprint.arguments(AccountQuerySchema, location="query")
@blueprint.response(200, page_schema(AccountSchema))
def list_accounts(query: dict[str, Any]) -> Any:
    """Accounts by user name; for security administrators too"""
    after = decode_cursor(query["cursor"], str)
    with reading() as session:
        rows = accounts.page_accounts(
            session,
            beginning=query["q"],
            after_username=after[0] if after else None,
            limit=query["limit"],
        )
        described = accounts.describe(session, rows)
    return page(described, query["limit"], lambda row: (row["username"],))


@blueprint.route("/accounts", methods=["POST"])
@allow(Caller.ACCOUNT, roles=["system_admin"])
@blueprint.arguments(AccountCreationSchema)
@blueprint.response(201, CreatedAccountSchema)
@blueprint.alt_response(409, description="username_taken, official_has_account")
def create_account(body: dict[str, Any]) -> Any:
    """Make an account, an official's or one that only administers or develops

    The answer has its initial password, this once.
    """
    password = initial_password()
    password_hash = hash_password(password)
    with transaction() as session:
        account, is_repeat = accounts.create_account(
            session, by=principal(), password_hash=password_hash, **body
        )
        answer = accounts.describe(session, [account])[0]
    answer["initial_password"] = None if is_repeat else password
    return answer, 200 if is_repeat else 201, created(f"/accounts/{account.id}")


@blueprint.route("/accounts/<id:account_id>", methods=["GET"])
@allow(Caller.ACCOUNT, roles=READERS)
@blueprint.response(200, AccountSchema)
def get_account(account_id: int) -> Any:
    """One account; for security administrators too"""
    with reading() as session:
        return accounts.describe(session, [access_account(session, account_id)])[0]


@blueprint.route("/accounts/<id:account_id>", methods=["PATCH"])
@allow(Caller.ACCOUNT, roles=["system_admin"])
@blueprint.arguments(AccountChangeSchema)
@blueprint.response(200, AccountSchema)
@blueprint.alt_response(409, description="own_account")
def update_account(body: dict[str, Any], account_id: int) -> Any:
    """Disable an account, which ends its sessions at once, or enable it again"""
    with transaction() as session:
        account = accounts.set_status(session, by=principal(), account_id=account_id, **body)
        return accounts.describe(session, [account])[0]


@blueprint.route("/accounts/<id:account_id>/password-reset", methods=["POST"])
@allow(Caller.ACCOUNT, roles=["system_admin"])
@blueprint.response(200, InitialPasswordSchema)
@blueprint.alt_response(409, description="own_account, separated_duties")
def reset_account_password(account_id: int) -> Any:
    """Give an account another random password, shown this once

    Its sessions end and a lock-out is lifted. Not for the separated administrators: the
    machine's operator resets theirs.
    """
    password = initial_password()
    password_hash = hash_password(password)
    with transaction() as session:
        accounts.reset_password(
            session, by=principal(), account_id=account_id, password_hash=password_hash
        )
    return {"initial_password": password}
