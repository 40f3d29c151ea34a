"""Files over HTTP for apps: uploaded by the app itself, or handed to it; and what it may read."""

from __future__ import annotations

from typing import Any

from zzd.api import Blueprint, Caller, allow, principal
from zzd.db import reading
from zzd.errors import NotPermitted, deny
from zzd.messaging import speaking
from zzd.messaging.files import routes_uploads
from zzd.messaging.files.contents import describe_file
from zzd.messaging.files.delivery import choose, deliver
from zzd.messaging.files.policy import access_file
from zzd.messaging.files.schemas import ContentQuerySchema, FileSchema, UploadSchema

READ, WRITE = "files.read", "files.write"
UPLOADS = "/app/files/uploads"

blueprint = Blueprint("app files", "Files of apps: uploads (tus 1.0.0) and what they may read")


def _check_acts_for_itself() -> None:
    """An app uploads under its own name; an official's files come from their client."""
    if not speaking.speaks_for_itself(principal()):
        problem = NotPermitted("This needs the app's own token, not one for an official")
        raise deny(problem, "file.upload", "installation", principal().installation_id or "")


@blueprint.route(UPLOADS, methods=["POST"])
@allow(Caller.APP, scope=WRITE)
@blueprint.response(201, UploadSchema)
@blueprint.alt_response(200, schema=UploadSchema, description="A repeat: the same upload")
@blueprint.alt_response(413, description="file_too_large")
@blueprint.alt_response(422, description="quota_exceeded, type_refused")
def create_app_upload() -> Any:
    """Announce a file of the app, as officials do at `POST /files/uploads`

    With the app's own token. It counts against the app's own allowance.
    """
    _check_acts_for_itself()
    return routes_uploads.announce(UPLOADS)


@blueprint.route(f"{UPLOADS}/<id:file_id>", methods=["HEAD"])
@allow(Caller.APP, scope=WRITE)
@blueprint.response(200)
def find_app_upload(file_id: int) -> Any:
    """Where an upload goes on: `Upload-Offset`"""
    _check_acts_for_itself()
    return routes_uploads.find(file_id)


@blueprint.route(f"{UPLOADS}/<id:file_id>", methods=["PATCH"])
@allow(Caller.APP, scope=WRITE, takes_files=True)
@blueprint.response(204)
@blueprint.alt_response(409, description="wrong_offset: `offset` is where the server is")
@blueprint.alt_response(422, description="type_refused, checksum_mismatch: the upload is gone")
def add_app_chunk(file_id: int) -> Any:
    """Add bytes from `Upload-Offset` on; the last ones make it a file"""
    _check_acts_for_itself()
    return routes_uploads.add(file_id)


@blueprint.route(f"{UPLOADS}/<id:file_id>", methods=["DELETE"])
@allow(Caller.APP, scope=WRITE)
@blueprint.response(204)
@blueprint.alt_response(409, description="file_in_use")
def throw_away_app_upload(file_id: int) -> Any:
    """Give up an upload of the app, or throw away what it has not sent"""
    _check_acts_for_itself()
    return routes_uploads.throw_away(file_id)


@blueprint.route("/app/files/<id:file_id>", methods=["GET"])
@allow(Caller.APP, scope=READ)
@blueprint.response(200, FileSchema)
def get_app_file(file_id: int) -> Any:
    """What a file is

    One that this installation uploaded or was handed by the bridge's `upload`, until it is sent; with
    the app's own token and `messages.read`, one in an org group or announcement in its part.
    """
    with reading() as session:
        return describe_file(*access_file(session, principal(), file_id))


@blueprint.route("/app/files/<id:file_id>/content", methods=["GET"])
@allow(Caller.APP, scope=READ)
@blueprint.arguments(ContentQuerySchema, location="query")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="*/*")
@blueprint.alt_response(206, description="The range that was asked for")
@blueprint.alt_response(416, description="range_not_satisfiable")
def get_app_file_content(query: dict[str, Any], file_id: int) -> Any:
    """The content of such a file, or a preview of it"""
    with reading() as session:
        file, blob = access_file(session, principal(), file_id)
    return deliver(choose(file, blob, query["variant"], download=query["download"]))
