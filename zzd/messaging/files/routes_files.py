"""Files over HTTP: what they are, their contents, and links to them."""

from __future__ import annotations

from typing import Any

from flask import current_app, g

from zzd.api import PREFIX, Blueprint, Caller, allow, principal
from zzd.db import reading
from zzd.identity.principals import principal_of_session
from zzd.messaging.files import links, uploads
from zzd.messaging.files.contents import describe_file, read_text
from zzd.messaging.files.delivery import choose, deliver
from zzd.messaging.files.policy import access_file, access_files
from zzd.messaging.files.problems import LinkInvalid
from zzd.messaging.files.schemas import (
    AllowanceSchema,
    ContentQuerySchema,
    FileSchema,
    LinksRequestSchema,
    LinksSchema,
    TextSchema,
)

blueprint = Blueprint("files", "Files: what they are, their contents, and links to them")


@blueprint.route("/files/allowance", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, AllowanceSchema)
def get_allowance() -> Any:
    """How much I keep, and how much I may"""
    with reading() as session:
        settings = current_app.extensions["zzd.settings"]
        return uploads.own_allowance(session, principal(), settings)


@blueprint.route("/files/<id:file_id>", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, FileSchema)
def get_file(file_id: int) -> Any:
    """What a file is

    For its uploader until it is sent, then for whoever may see a message that carries it; the
    same holds for its content, text and links.
    """
    with reading() as session:
        return describe_file(*access_file(session, principal(), file_id))


@blueprint.route("/files/<id:file_id>/content", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(ContentQuerySchema, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
@blueprint.alt_response(206, description="The range that was asked for")
@blueprint.alt_response(304, description="What the browser has is current")
@blueprint.alt_response(416, description="range_not_satisfiable")
def get_content(query: dict[str, Any], file_id: int) -> Any:
    """The content, or a preview of it

    Shown in the page are raster images, PDF, plain text and sound; all else is saved.
    """
    with reading() as session:
        file, blob = access_file(session, principal(), file_id)
    return deliver(choose(file, blob, query["variant"], download=query["download"]))


@blueprint.route("/files/<id:file_id>/text", methods=["GET"])
@allow(Caller.OFFICIAL)
@blueprint.response(200, TextSchema)
def get_text(file_id: int) -> Any:
    """The beginning of a text, decoded from UTF-8, UTF-16 or GB18030"""
    with reading() as session:
        _, blob = access_file(session, principal(), file_id)
    return read_text(blob)


@blueprint.route("/files/links", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.arguments(LinksRequestSchema)
@blueprint.response(200, LinksSchema)
def make_links(body: dict[str, Any]) -> Any:
    """Links that need no header and no cookie, for five minutes

    Each is for this session alone: it ends with it, and with the right to the file.
    """
    by = principal()
    with reading() as session:
        access_files(session, by, [item["file_id"] for item in body["items"]])
    items = []
    for item in body["items"]:
        token, expires_at = links.sign(links.Link(**item, session_id=by.session_id or 0))
        url = f"{PREFIX}/files/links/{token}"
        items.append({**item, "url": url, "expires_at": expires_at})
    return {"items": items}


@blueprint.route("/files/links/<string:token>", methods=["GET"])
@allow(Caller.ANYONE)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
@blueprint.alt_response(403, description="link_invalid")
def follow_link(token: str) -> Any:
    """The content behind a signed link

    The signature says for whose session; that it lasts, and the right, are checked again.
    """
    link = links.verify(token)
    by = principal_of_session(link.session_id)
    if by is None:
        raise LinkInvalid
    # Whom a refusal is recorded with.
    g.principal = by
    with reading() as session:
        file, blob = access_file(session, by, link.file_id)
    return deliver(choose(file, blob, link.variant, download=link.download))
