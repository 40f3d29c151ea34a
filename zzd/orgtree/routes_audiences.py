"""Audiences: whom a description reaches, before it is used."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from zzd.api import Blueprint, Caller, allow, decode_cursor, page, page_schema, principal
from zzd.db import reading
from zzd.orgtree import audiences, officials, units
from zzd.orgtree.audiences import Audience
from zzd.orgtree.reach import clip
from zzd.orgtree.schemas import (
    AudiencePageRequestSchema,
    AudiencePreviewSchema,
    AudienceRequestSchema,
    OfficialSchema,
    UnitSchema,
)

blueprint = Blueprint("audiences", "Parts of the organisation: unit × line × role")


def _known(session: Session, described: dict[str, Any]) -> Audience:
    """The audience described, or of it what an app may know of. Raises Invalid."""
    return clip(audiences.resolve(session, **described, reach=principal().reach), principal().reach)


@blueprint.route("/audiences/preview", methods=["POST"])
@allow(Caller.ACCOUNT, scope="units.read")
@blueprint.arguments(AudienceRequestSchema)
@blueprint.response(200, AudiencePreviewSchema)
def preview_audience(body: dict[str, Any]) -> Any:
    """An audience in words, and how many units and officials it reaches today"""
    with reading() as session:
        audience = _known(session, body)
        return {
            "text": audience.text,
            "units": audiences.count_units(session, audience),
            "officials": audiences.count_officials(session, audience),
        }


@blueprint.route("/audiences/units", methods=["POST"])
@allow(Caller.ACCOUNT, scope="units.read")
@blueprint.arguments(AudiencePageRequestSchema)
@blueprint.response(200, page_schema(UnitSchema))
def list_audience_units(body: dict[str, Any]) -> Any:
    """The units of an audience, in the order of the tree"""
    limit, after = body.pop("limit"), decode_cursor(body.pop("cursor"), str)
    with reading() as session:
        audience = _known(session, body)
        rows = audiences.page_units(
            session, audience, after_path=after[0] if after else None, limit=limit
        )
        answer = page(rows, limit, lambda unit: (unit.path,))
        answer["items"] = units.describe_units(session, answer["items"], reach=principal().reach)
    return answer


@blueprint.route("/audiences/officials", methods=["POST"])
@allow(Caller.ACCOUNT, scope="contacts.read")
@blueprint.arguments(AudiencePageRequestSchema)
@blueprint.response(200, page_schema(OfficialSchema))
def list_audience_officials(body: dict[str, Any]) -> Any:
    """The officials of an audience, each once, in the order of an address book"""
    limit, after = body.pop("limit"), decode_cursor(body.pop("cursor"), str, int, int, int)
    with reading() as session:
        audience = _known(session, body)
        rows = officials.page_officials(session, audience, after=after, limit=limit)
        return officials.describe_page(session, rows, limit, reader=principal())
