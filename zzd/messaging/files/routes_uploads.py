"""Uploads over HTTP: tus 1.0.0, so that its ready-made clients work."""

from __future__ import annotations

from typing import Any

from flask import current_app, request

from zzd.api import Blueprint, Caller, allow, created, principal
from zzd.db import transaction
from zzd.messaging.files import tus, uploads
from zzd.messaging.files.intake import finish
from zzd.messaging.files.parts import discard
from zzd.messaging.files.problems import FileTooLarge
from zzd.messaging.files.receiving import receive
from zzd.messaging.files.schemas import UploadSchema
from zzd.messaging.files.uploads import Progress
from zzd.settings import Settings

blueprint = Blueprint("uploads", "Uploads that go on where they were cut off (tus 1.0.0)")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["zzd.settings"]
    return settings


@blueprint.route("/files/uploads", methods=["OPTIONS"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
def describe_uploads() -> Any:
    """What the server takes: `Tus-Version`, `Tus-Extension` and `Tus-Max-Size`"""
    response = tus.answer()
    response.headers["Tus-Version"] = tus.VERSION
    response.headers["Tus-Extension"] = tus.EXTENSIONS
    response.headers["Tus-Max-Size"] = str(_settings().file_limit)
    return response


@blueprint.route("/files/uploads", methods=["POST"])
@allow(Caller.OFFICIAL)
@blueprint.response(201, UploadSchema)
@blueprint.alt_response(200, schema=UploadSchema, description="A repeat: the same upload")
@blueprint.alt_response(412, description="tus_version")
@blueprint.alt_response(413, description="file_too_large")
@blueprint.alt_response(422, description="quota_exceeded, type_refused")
def create_upload() -> Any:
    """Announce a file

    `Upload-Length` is its size, `Upload-Metadata` has its `filename`, and may have a `client_id`
    and the `sha256` that the content will have. `Location` is where the chunks go.
    """
    return announce("/files/uploads")


def announce(below: str) -> Any:
    """The same for apps, whose chunks go to an address ``below`` another."""
    tus.check_version()
    body = tus.announced()
    with transaction() as session:
        at, fresh = uploads.announce_upload(session, principal(), body, _settings())
    headers = dict(tus.answer(at).headers) | created(f"{below}/{at.file_id}")
    headers.pop("Content-Type", None)
    headers.pop("Content-Length", None)
    return at, 201 if fresh else 200, headers


@blueprint.route("/files/uploads/<id:file_id>", methods=["HEAD"])
@allow(Caller.OFFICIAL)
@blueprint.response(200)
def find_upload(file_id: int) -> Any:
    """Where an upload goes on: `Upload-Offset`

    An upload that is complete, but whose last answer was lost, is made a file now.
    """
    return find(file_id)


def find(file_id: int) -> Any:
    tus.check_version()
    with transaction() as session:
        at = uploads.find_upload(session, principal(), file_id)
    if at.is_complete:
        finish(at)
    return tus.answer(at, status=200)


@blueprint.route("/files/uploads/<id:file_id>", methods=["PATCH"])
@allow(Caller.OFFICIAL, takes_files=True)
@blueprint.response(204)
@blueprint.alt_response(409, description="wrong_offset: `offset` is where the server is")
@blueprint.alt_response(413, description="file_too_large: more than was announced")
@blueprint.alt_response(415, description="unsupported_media_type")
@blueprint.alt_response(422, description="type_refused, checksum_mismatch: the upload is gone")
def add_chunk(file_id: int) -> Any:
    """Add bytes from `Upload-Offset` on

    What this answers is safe on the disk; of a request that was cut off, most. The last chunk
    makes the upload a file: it is looked at, stored and has previews once this is answered.
    """
    return add(file_id)


def add(file_id: int) -> Any:
    tus.check_version()
    offset = tus.chunk_offset()
    with transaction() as session:
        taken = uploads.take_over(session, principal(), file_id, offset)
    at = _receive(taken)
    if at.is_complete:
        finish(at)
    return tus.answer(at)


def _receive(taken: Progress) -> Progress:
    left = taken.size - taken.received
    if (request.content_length or 0) > left:
        raise FileTooLarge("This is more than was announced", limit=taken.size)
    # One more than there may be, so that a body of no declared length is seen to be too long.
    request.max_content_length = left + 1
    return receive(taken, request.stream)


@blueprint.route("/files/uploads/<id:file_id>", methods=["DELETE"])
@allow(Caller.OFFICIAL)
@blueprint.response(204)
@blueprint.alt_response(409, description="file_in_use")
def throw_away_upload(file_id: int) -> Any:
    """Give up an upload, or throw away a file that nothing carries

    An ordinary request: it needs no `Tus-Resumable`.
    """
    return throw_away(file_id)


def throw_away(file_id: int) -> Any:
    with transaction() as session:
        uploads.throw_away(session, principal(), file_id)
    discard(file_id)
    return tus.answer()
