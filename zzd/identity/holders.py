"""Who holds the account that something names, read beside it in the same statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_

from zzd.identity.models import Account
from zzd.identity.principals import OF_ACCOUNT, OF_POST
from zzd.orgtree.models import Line, Official, Post, Unit
from zzd.principal import PostRef, Principal

OF_HOLDER = (*OF_ACCOUNT, *OF_POST, Unit.code, Line.name)
# Where each part begins.
POST, MORE = len(OF_ACCOUNT), len(OF_ACCOUNT) + len(OF_POST)


class Holder(NamedTuple):
    """The official in a post, with all that they hold, and what one says of that post."""

    principal: Principal
    post: PostRef
    unit_code: str
    line_name: str


def join_holder(
    query: Select[Any], account_id: ColumnElement[Any] | SQLColumnExpression[Any]
) -> Select[Any]:
    """The query with OF_HOLDER added: the holder of that account while it is active, a row for
    each post that they hold."""
    held = and_(
        Post.official_id == Official.id, Post.ended_at.is_(None), Official.status == "active"
    )
    return (
        query.add_columns(*OF_HOLDER)
        .outerjoin(Account, and_(Account.id == account_id, Account.status == "active"))
        .outerjoin(Official, Official.id == Account.official_id)
        .outerjoin(Post, held)
        .outerjoin(Unit, Unit.id == Post.unit_id)
        .outerjoin(Line, Line.code == Post.line_code)
    )


def find_holder(rows: Sequence[Sequence[Any]], post_id: int | None) -> Holder | None:
    """The holder in this post, of the OF_HOLDER columns of rows; None where they hold it no more.

    What was granted to them is not read: this is for what acts with the post alone.
    """
    posts = {row[POST]: row for row in rows if row[POST] is not None}
    acting = posts.get(post_id)
    if acting is None:
        return None
    account_id, username, official_id, name = acting[:POST]
    held = {id_: PostRef(*row[POST:MORE]) for id_, row in posts.items()}
    principal = Principal(
        account_id=account_id,
        username=username,
        session_id=None,
        official_id=official_id,
        official_name=name or "",
        post=held[acting[POST]],
        posts=tuple(held.values()),
    )
    return Holder(principal, held[acting[POST]], *acting[MORE:])
