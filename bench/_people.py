"""Officials who are signed in, by the hundred: their sessions are written straight into the
database, since signing in costs a fifteenth of a second on purpose."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from zzd import clock, create_app
from zzd.bulk import insert_rows, table_of
from zzd.db import database, transaction
from zzd.identity.models import Account, LoginSession
from zzd.identity.tokens import digest
from zzd.orgtree.models import Post
from zzd.settings import Settings

COLUMNS = ("account_id", "kind", "token_digest", "device", "post_id", "created_at", "expires_at")


@dataclass(frozen=True, slots=True)
class Person:
    official_id: int
    token: str


def sign_in(url: str, count: int, official_ids: list[int] | None = None) -> list[Person]:
    """``count`` officials of the database with accounts, the first by id, or those named."""
    with create_app(Settings(database_url=url, secret_key="x" * 40)).app_context():
        with transaction() as session:
            query = (
                select(Account.id, Account.official_id, Post.id)
                .join(Post, Post.official_id == Account.official_id)
                .where(Post.is_primary, Post.ended_at.is_(None), Account.status == "active")
                .order_by(Account.id)
            )
            if official_ids is not None:
                query = query.where(Account.official_id.in_(official_ids))
            found = session.execute(query.limit(count)).all()
            tokens = [secrets.token_urlsafe(32) for _ in found]
            begun = clock.now()
            ends = begun + timedelta(days=1)
            rows = (
                (account_id, "program", digest(token), "bench", post_id, begun, ends)
                for (account_id, _, post_id), token in zip(found, tokens, strict=True)
            )
            insert_rows(session, table_of(LoginSession), COLUMNS, rows)
        database().engine.dispose()
    return [
        Person(official_id, token)
        for (_, official_id, _), token in zip(found, tokens, strict=True)
        if official_id is not None
    ]
