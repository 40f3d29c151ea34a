"""One search over messages, files, people and groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from zzd.messaging.policy import access_conversation
from zzd.messaging.search.finding import Filters
from zzd.messaging.search.hits import search_messages
from zzd.messaging.search.names import search_groups, search_people
from zzd.messaging.search.words import Query
from zzd.principal import Principal

# Of each section, where all are asked for.
FIRST_FEW = 5


def search(
    session: Session,
    principal: Principal,
    *,
    q: str,
    section: str,
    filters: Filters,
    cursor: str | None,
    limit: int,
) -> dict[str, Any]:
    """The sections of an answer by name; None for those not asked for. Any text is a query.

    ``section`` is one of them or "all". Raises NotFound for a conversation one is not in, Invalid.
    """
    if filters.conversation_id is not None:
        access_conversation(session, principal, filters.conversation_id, action="search")
    query = Query.of(q)
    every = section == "all"
    where: dict[str, Any] = {"cursor": cursor, "limit": min(limit, FIRST_FEW) if every else limit}
    found: dict[str, Any] = dict.fromkeys(("messages", "files", "people", "groups"))
    if every or section == "messages":
        found["messages"] = search_messages(session, principal, query, filters, **where)
    if every or section == "files":
        of_files = replace(filters, carries_files=True)
        found["files"] = search_messages(session, principal, query, of_files, **where)
    if every or section == "people":
        found["people"] = search_people(session, principal, q, **where)
    if every or section == "groups":
        found["groups"] = search_groups(session, principal, q, **where)
    return {"words": list(query.terms), **found}
