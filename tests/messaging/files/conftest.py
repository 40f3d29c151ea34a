"""Uploading in tests, and contents to upload."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import OWNER

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = "application/offset+octet-stream"

UPLOADS = "/files/uploads"

Upload = Callable[..., dict[str, Any]]


def metadata(**values: str) -> str:
    return ",".join(
        f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items()
    )


def announce(
    client: ApiClient, size: int, name: str = "报告.txt", *, at: str = UPLOADS, **more: str
) -> TestResponse:
    headers = {
        **TUS,
        "Upload-Length": str(size),
        "Upload-Metadata": metadata(filename=name, **more),
    }
    return client.request("POST", at, headers=headers)


def add(
    client: ApiClient, file_id: str, offset: int, piece: bytes, *, at: str = UPLOADS
) -> TestResponse:
    return client.request(
        "PATCH",
        f"{at}/{file_id}",
        headers={**TUS, "Upload-Offset": str(offset)},
        data=piece,
        content_type=CHUNK,
    )


def head(client: ApiClient, file_id: str) -> TestResponse:
    return client.request("HEAD", f"/files/uploads/{file_id}", headers=TUS)


def throw_away(client: ApiClient, file_id: str) -> TestResponse:
    return client.request("DELETE", f"/files/uploads/{file_id}")


def content(client: ApiClient, file_id: str, query: str = "", **headers: str) -> TestResponse:
    return client.request("GET", f"/files/{file_id}/content{query}", headers=headers)


@pytest.fixture
def upload(as_: SignedIn) -> Upload:
    """``upload(b"...", "名.txt", by=...)``: the file, once it is there."""

    def make(body: bytes, name: str = "报告.txt", by: str = OWNER) -> dict[str, Any]:
        client = as_(by)
        announced = announce(client, len(body), name)
        assert announced.status_code == 201, announced.get_data(True)
        file_id = announced.get_json()["id"]
        added = add(client, file_id, 0, body)
        assert added.status_code == 204, added.get_data(True)
        file: dict[str, Any] = client.get(f"/files/{file_id}")
        return file

    return make


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (800, 600), color: str = "red", **options: Any
) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", size, color).save(target, kind, **options)
    return target.getvalue()


def photo_with_place(turned: int = 6) -> bytes:
    """A JPEG as a telephone makes it: lying on its side, and telling where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = turned
    exif.get_ifd(0x8825).update({1: "N", 2: (28.0, 22.0, 1.0), 3: "E", 4: (121.0, 22.0, 1.0)})
    exif[0x8825] = exif.get_ifd(0x8825)
    return picture(size=(800, 400), exif=exif)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and has hardly any bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    rows = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def pdf(pages: int = 2) -> bytes:
    target = io.BytesIO()
    first, *others = (Image.new("RGB", (595, 842), "white") for _ in range(pages))
    first.save(target, "PDF", save_all=True, append_images=others)
    return target.getvalue()
