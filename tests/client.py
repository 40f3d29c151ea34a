"""An HTTP client for tests that fails loudly on the answers it was not told to expect."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask, g
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from zzd.db import transaction
from zzd.identity.recognised import recognised

PREFIX = "/api/v1"


@contextmanager
def writing_rows() -> Iterator[Session]:
    """A transaction that changes rows past the services, which would have told the processes:
    callers are recognised anew after it."""
    with transaction() as session:
        yield session
    recognised().forget(lambda _principal: True)


class ApiClient:
    """Calls the API as one account. Paths are relative to /api/v1."""

    def __init__(self, app: Flask, token: str | None = None) -> None:
        self.app = app
        self.token = token
        self._client = app.test_client()

    def request(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", {}))
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        url = path if path.startswith(("/oauth", "/healthz", "/readyz")) else PREFIX + path
        # The pushed application context is shared by all requests of a test.
        g.pop("principal", None)
        return self._client.open(url, method=method, headers=headers, **kwargs)

    def get(self, path: str, *, status: int = 200, **query: Any) -> Any:
        return _body(self.request("GET", path, query_string=query), status)

    def post(self, path: str, body: Any = None, *, status: int = 201, **query: Any) -> Any:
        return _body(self.request("POST", path, json=body or {}, query_string=query), status)

    def put(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        return _body(self.request("PUT", path, json=body or {}), status)

    def patch(self, path: str, body: Any = None, *, status: int = 200) -> Any:
        return _body(self.request("PATCH", path, json=body or {}), status)

    def delete(self, path: str, *, status: int = 204) -> Any:
        return _body(self.request("DELETE", path), status)


def _body(response: TestResponse, status: int) -> Any:
    assert response.status_code == status, f"{response.status_code}: {response.get_data(True)}"
    if status >= 400:
        assert response.mimetype == "application/problem+json"
    return response.get_json() if response.data and response.is_json else None
