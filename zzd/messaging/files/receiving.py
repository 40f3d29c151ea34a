"""The body of a chunk, to the disk and into the books as it comes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Protocol

import gevent
from gevent.monkey import is_module_patched

from zzd.db import transaction
from zzd.messaging.files import uploads
from zzd.messaging.files.parts import open_part, sync_part
from zzd.messaging.files.problems import FileTooLarge, UploadStalled
from zzd.messaging.files.uploads import Progress

PIECE = 64 * 1024
# So much is safe even if the process dies in the middle of a large chunk.
RECORD_EVERY = 8 * 1024 * 1024
# Seconds in which nothing came.
STALLED_AFTER = 60


class Body(Protocol):
    def read(self, size: int, /) -> bytes: ...


def receive(taken: Progress, body: Body) -> Progress:
    """Add what comes to the upload that was taken over, and return where it is then.

    What came before a cut is kept. Raises WrongOffset when another request took over,
    FileTooLarge for more than was announced, UploadStalled, and whatever the cut raises.
    """
    with open_part(taken.file_id, taken.writer or "") as part:
        written = recorded = 0
        try:
            while piece := _next_piece(body):
                if taken.received + written + len(piece) > taken.size:
                    raise FileTooLarge("This is more than was announced", limit=taken.size)
                # To the system's memory, which takes microseconds; waiting for the disk is below.
                _write(part, piece)
                written += len(piece)
                if written - recorded >= RECORD_EVERY:
                    _record(taken, part, written)
                    recorded = written
        finally:
            at = _record(taken, part, written) if written > recorded else None
    return at or Progress(
        taken.file_id,
        taken.size,
        taken.received + written,
        taken.expires_at,
        taken.writer,
        [*taken.parts, (taken.writer or "", written)] if written else taken.parts,
    )


def _write(part: BinaryIO, piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[part.write(view) :]


def _record(taken: Progress, part: BinaryIO, written: int) -> Progress:
    sync_part(part)
    with transaction() as session:
        return uploads.record(session, taken, written)


def _next_piece(body: Body) -> bytes:
    with _within(STALLED_AFTER):
        return body.read(PIECE)


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    if not is_module_patched("socket"):
        yield
        return
    with gevent.Timeout(seconds, UploadStalled):
        yield
