"""A small file of somebody's, uploaded whole."""

from __future__ import annotations

from tests.client import ApiClient
from tests.messaging.files.conftest import add, announce


def upload(client: ApiClient, name: str = "方案.txt") -> str:
    body = name.encode()
    file_id = announce(client, len(body), name).headers["Location"].rsplit("/", 1)[1]
    add(client, file_id, 0, body)
    return file_id


def download(client: ApiClient, file_id: str) -> int:
    return client.request("GET", f"/files/{file_id}/content").status_code
