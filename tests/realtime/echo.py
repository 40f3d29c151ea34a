"""A WSGI application that echoes over the WebSocket driver, for the tests of the protocol.

gunicorn -k gevent tests.realtime.echo:app
"""

from __future__ import annotations

import os
from typing import Any

from gevent import monkey

monkey.patch_all()

from zzd.realtime.frames import encode_message  # noqa: E402
from zzd.realtime.wire import HandshakeError, Wire, shake_hands  # noqa: E402

LIMIT = int(os.environ.get("ECHO_LIMIT", 64 * 1024))
BOUND = int(os.environ.get("ECHO_BOUND", 256 * 1024))


def app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    if environ["PATH_INFO"] == "/readyz":
        start_response("200 OK", [("Content-Length", "0")])
        return []
    try:
        answer = shake_hands(environ)
    except HandshakeError as error:
        start_response("400 Bad Request", [])
        return [str(error).encode()]
    sock = environ["gunicorn.socket"]
    sock.sendall(answer)
    wire = Wire(sock, limit=LIMIT, bound=BOUND)
    for message in wire.messages():
        wire.write(encode_message(message))
    wire.finish()
    raise StopIteration
