"""The headers of tus 1.0.0, the protocol of resumable uploads (https://tus.io): its core, and the
extensions creation, termination and expiration."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from flask import Response, request
from werkzeug.http import http_date

from zzd.api.fields import CLIENT_ID
from zzd.errors import Invalid
from zzd.messaging.files.problems import NotAChunk, TusVersion
from zzd.messaging.files.rules import LONGEST_FILE_NAME, clean_name
from zzd.messaging.files.uploads import Progress

VERSION = "1.0.0"
EXTENSIONS = "creation,termination,expiration"
CHUNK = "application/offset+octet-stream"
SHA256 = re.compile(r"[0-9a-f]{64}")


def check_version() -> None:
    """Raises TusVersion."""
    if request.headers.get("Tus-Resumable") != VERSION:
        raise TusVersion(headers={"Tus-Version": VERSION})


def announced() -> dict[str, Any]:
    """``{name, size, client_id, sha256}`` of a creation. Raises Invalid."""
    said = _metadata(request.headers.get("Upload-Metadata", ""))
    name = clean_name(said.get("filename", ""))
    if not 1 <= len(name) <= LONGEST_FILE_NAME:
        raise _at("Upload-Metadata", f"filename has 1 to {LONGEST_FILE_NAME} characters")
    size = _number("Upload-Length")
    if size == 0:
        raise _at("Upload-Length", "An empty file is nothing to send")
    client_id, sha256 = said.get("client_id"), said.get("sha256")
    if client_id is not None and not re.fullmatch(CLIENT_ID, client_id):
        raise _at("Upload-Metadata", "client_id has 1 to 64 visible ASCII characters")
    if sha256 is not None and not SHA256.fullmatch(sha256):
        raise _at("Upload-Metadata", "sha256 has 64 small hexadecimal digits")
    return {"name": name, "size": size, "client_id": client_id, "sha256": sha256}


def chunk_offset() -> int:
    """Where a chunk begins. Raises NotAChunk, Invalid."""
    if request.mimetype != CHUNK:
        raise NotAChunk
    return _number("Upload-Offset")


def answer(at: Progress | None = None, *, status: int = 204) -> Response:
    """The protocol's answer without a body."""
    headers = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    if at is not None:
        headers["Upload-Offset"] = str(at.received)
        headers["Upload-Length"] = str(at.size)
        if at.expires_at is not None:
            headers["Upload-Expires"] = http_date(at.expires_at)
    return Response(status=status, headers=headers)


def _metadata(header: str) -> dict[str, str]:
    """Keys, each with a value in base64."""
    found = {}
    for pair in header.split(","):
        key, _, packed = pair.strip().partition(" ")
        try:
            found[key] = base64.b64decode(packed, validate=True).decode()
        except (binascii.Error, ValueError) as error:
            raise _at("Upload-Metadata", "A value is not UTF-8 in base64") from error
    return found


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise _at(header, "A whole number of bytes is needed")
    return int(text)


def _at(header: str, detail: str) -> Invalid:
    return Invalid.at(f"/headers/{header}", detail)
