from __future__ import annotations

from tests.client import ApiClient


def test_a_migrated_server_is_ready(anonymous: ApiClient) -> None:
    answer = anonymous.get("/readyz")
    assert answer == {
        "status": "ok",
        "checks": {"database": "ok", "migrations": "ok", "fanout": "ok"},
    }


def test_alive_needs_no_database(anonymous: ApiClient) -> None:
    assert anonymous.get("/healthz") == {"status": "ok"}
