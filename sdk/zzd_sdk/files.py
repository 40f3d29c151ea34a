"""Files of an app: uploaded in pieces (tus 1.0.0) that go on where they were cut off, and fetched."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from typing import Any, BinaryIO, Protocol, cast

import requests

from zzd_sdk.errors import Unreachable, ZzdError
from zzd_sdk.shapes import FileShape, UploadedFile, call

UPLOADS = "/app/files/uploads"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = 4 * 1024 * 1024
# A piece that does not arrive is sent again from where the platform is, so often in a row.
TRIES = 5
AT_A_TIME = 64 * 1024


class Exchanges(Protocol):
    """What of the client files go by."""

    def exchange(
        self, method: str, path: str, *, repeatable: bool = True, **how: Any
    ) -> requests.Response: ...
    def get(self, path: str, **query: Any) -> Any: ...
    def rest(self, seconds: float) -> None: ...


class Files:
    @call("POST", "/app/files/uploads", UploadedFile)
    def upload(
        self: Exchanges, name: str, content: bytes | BinaryIO, *, client_id: str
    ) -> UploadedFile:
        """Upload a file with the app's own token; files.write. ``content`` may be an open file. With the same
        ``client_id`` again it goes on where it was, or is the file that is there already.

        Send it with ``say(…, files=[uploaded["id"]])``. Raises ZzdError, Unreachable.
        """
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        size = source.seek(0, io.SEEK_END)
        said = {"filename": name, "client_id": client_id}
        headers = {**TUS, "Upload-Length": str(size), "Upload-Metadata": _metadata(said)}
        announced = self.exchange("POST", UPLOADS, headers=headers).json()
        path, offset = f"{UPLOADS}/{announced['id']}", int(announced["offset"])
        failed = 0
        while offset < size:
            source.seek(offset)
            try:
                offset = _send(self, path, source.read(PIECE), offset)
                failed = 0
            except (ZzdError, Unreachable) as error:
                failed += 1
                if failed == TRIES or not _is_worth_a_retry(error):
                    raise
                self.rest(0.5 * 2**failed)
                found = self.exchange("HEAD", path, headers=TUS)
                offset = int(found.headers["Upload-Offset"])
        return {"id": str(announced["id"]), "offset": offset, "size": size}

    @call("GET", "/app/files/{file_id}", FileShape)
    def file(self: Exchanges, file_id: str) -> FileShape:
        """What a file is, by its content; files.read."""
        return cast(FileShape, self.get(f"/app/files/{file_id}"))

    def download(
        self: Exchanges, file_id: str, into: BinaryIO, *, variant: str = "original"
    ) -> int:
        """Write a file, or a smaller ``variant`` that its ``file`` lists, ``into`` something; files.read.
        What breaks off goes on where it was. Returns how many bytes it has."""
        got = failed = 0
        path = f"/app/files/{file_id}/content"
        while True:
            headers = {"Accept": "*/*"} | ({"Range": f"bytes={got}-"} if got else {})
            answer = self.exchange(
                "GET", path, headers=headers, params={"variant": variant}, stream=True
            )
            try:
                with answer:
                    for piece in answer.iter_content(AT_A_TIME):
                        into.write(piece)
                        got += len(piece)
                return got
            except requests.RequestException as error:
                failed += 1
                if failed == TRIES:
                    raise Unreachable(f"GET {path}: {error}") from error
                self.rest(0.5 * 2**failed)


def _send(client: Exchanges, path: str, piece: bytes, offset: int) -> int:
    """Where the upload is after this piece."""
    headers = {
        **TUS,
        "Upload-Offset": str(offset),
        "Content-Type": "application/offset+octet-stream",
    }
    answer = client.exchange("PATCH", path, headers=headers, data=piece, repeatable=False)
    return int(answer.headers["Upload-Offset"])


def _is_worth_a_retry(error: ZzdError | Unreachable) -> bool:
    """Somebody in between, or a piece that arrived though its answer did not."""
    if isinstance(error, Unreachable):
        return True
    return error.status >= 500 or error.code in ("wrong_offset", "too_many_requests")


def _metadata(said: Mapping[str, str]) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in said.items()
    )
