"""A content over HTTP: whole or a range, shown or saved, and harmless in either case."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import structlog
from flask import Response, request

from zzd.errors import NotFound
from zzd.messaging.files.contents import encoding_of
from zzd.messaging.files.models import Blob, File
from zzd.messaging.files.problems import RangeNotSatisfiable
from zzd.messaging.files.rules import ORIGINAL, may_be_inline
from zzd.messaging.files.storage import Missing, store, variant_key

log = structlog.get_logger()

# Nothing that a file says is done in our name, should a browser take it for a page. Its own
# viewer of PDFs, which gives documents no origin, does not start in a sandbox.
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'"
OF_PDF = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a file is delivered: ``name`` as the saver sees it."""

    key: str
    size: int
    media_type: str
    name: str
    etag: str
    inline: bool


def choose(file: File, blob: Blob | None, variant: str, *, download: bool) -> Wanted:
    """The original or a preview. Raises NotFound where there is none."""
    if blob is None or (variant != ORIGINAL and variant not in blob.variants):
        raise NotFound
    if variant != ORIGINAL:
        name = f"{file.name.rsplit('.', 1)[0]}.{variant}.webp"
        return Wanted(
            variant_key(blob.key, variant),
            blob.variants[variant]["size"],
            "image/webp",
            name,
            f"{blob.sha256}-{variant}",
            inline=not download,
        )
    inline = may_be_inline(blob.media_type) and not download
    return Wanted(blob.key, blob.size, _served_as(blob), file.name, blob.sha256, inline)


def _served_as(blob: Blob) -> str:
    """What a browser would run in the page is bytes to it."""
    if blob.media_type == "text/plain":
        return f"text/plain; charset={encoding_of(blob)}"
    if blob.type == "text":
        return "application/octet-stream"
    return blob.media_type


def deliver(wanted: Wanted) -> Response:
    """The answer to this request. Raises RangeNotSatisfiable, and NotFound where the store lacks
    what the database promises (an error in the log)."""
    headers = {
        "ETag": f'"{wanted.etag}"',
        # Kept by the browser, asked for each time: rights end.
        "Cache-Control": "private, no-cache",
        "Accept-Ranges": "bytes",
        "Content-Disposition": disposition(wanted.name, inline=wanted.inline),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": OF_PDF if wanted.media_type == "application/pdf" else SANDBOX,
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if request.if_none_match.contains(wanted.etag):
        return Response(status=304, headers=headers)
    start, stop = _range(wanted) or (0, wanted.size)
    if (start, stop) != (0, wanted.size):
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{wanted.size}"
    headers["Content-Length"] = str(stop - start)
    try:
        body = store().read(wanted.key, start, stop - start) if request.method == "GET" else ()
    except Missing:
        log.error("a stored content is missing", key=wanted.key)
        raise NotFound from None
    status = 206 if "Content-Range" in headers else 200
    return Response(body, status, headers, content_type=wanted.media_type)


def _range(wanted: Wanted) -> tuple[int, int] | None:
    """From and up to which byte; None for all. Several ranges at once are answered with all."""
    asked = request.range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return None
    condition = request.if_range
    if condition.date is not None or condition.etag not in (None, wanted.etag):
        return None
    found = asked.range_for_length(wanted.size)
    if found is None:
        raise RangeNotSatisfiable(headers={"Content-Range": f"bytes */{wanted.size}"})
    return found


def disposition(name: str, *, inline: bool) -> str:
    """RFC 6266: the name in UTF-8, and one in ASCII for what does not read that."""
    plain = "".join(each if each.isascii() and each not in '"\\%;' else "_" for each in name)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
