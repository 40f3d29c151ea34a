"""Large JSON answers leave compressed, where that tells nobody anything.

What is compressed together shows by its length whether it is alike: a page of another site that
could make an official's browser ask for something, with words of its own in the answer, could
guess the words beside them (BREACH). So only callers are served that no other site can bring to
ask: programs, by their bearer token, and our own pages, which the browser marks as such.
"""

from __future__ import annotations

import zlib

from flask import Flask, Response, request

# Bytes. Below this an answer fits in a few packets anyway; forms' secrets are in small ones.
WORTH_IT = 4096
# Of an inbox of 200 conversations with random Chinese words, 177 KiB: level 1 leaves 33 KiB in
# 0.9 ms, 3 leaves 31 in 1.3, 6 (zlib's own choice) 29 in 2.5, 9 the same in 6.9; every other
# request waits meanwhile.
LEVEL = 3
GZIP = 16 + zlib.MAX_WBITS


def compress(response: Response) -> Response:
    if response.mimetype != "application/json" or response.is_streamed:
        return response
    response.vary.add("Accept-Encoding")
    if (
        response.status_code in (200, 201)
        and not response.content_encoding
        and (response.content_length or 0) >= WORTH_IT
        and request.accept_encodings.quality("gzip") > 0
        and _asked_by_itself()
    ):
        packer = zlib.compressobj(LEVEL, wbits=GZIP)
        response.set_data(packer.compress(response.get_data()) + packer.flush())
        response.content_encoding = "gzip"
    return response


def _asked_by_itself() -> bool:
    bearer = request.headers.get("Authorization", "").lower().startswith("bearer ")
    return bearer or request.headers.get("Sec-Fetch-Site") == "same-origin"


def register(app: Flask) -> None:
    app.after_request(compress)
