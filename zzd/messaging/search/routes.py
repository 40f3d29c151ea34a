"""Search over HTTP."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading
from zzd.messaging.search.finding import Filters
from zzd.messaging.search.schemas import SearchQuerySchema, SearchSchema
from zzd.messaging.search.sections import search

blueprint = Blueprint("search", "Finding messages, files, people and groups")


@blueprint.route("/search", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(SearchQuerySchema, location="query")
@blueprint.response(200, SearchSchema)
def search_all(query: dict[str, Any]) -> Any:
    """Search messages, files, people and groups

    Messages that hold all words, of the conversations one is in, the newest first; after them
    those in which the characters only meet across two words. Names also by pinyin, whole or
    initials. A message is found two seconds after it was sent, at the latest.
    """
    section = query.pop("in_")
    words = {name: query.pop(name) for name in ("q", "cursor", "limit")}
    with reading() as session:
        return search(session, principal(), section=section, filters=Filters(**query), **words)
