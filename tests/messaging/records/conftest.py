"""Keeping, holding and taking out in tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from zipfile import ZipFile

import pytest

from tests.client import ApiClient
from tests.conftest import SignedIn

# The upload fixture, which these tests share.
from tests.messaging.files.conftest import upload
from zzd import clock
from zzd.messaging.files import collection
from zzd.messaging.records import making, sweeping

__all__ = ["upload"]

SECURITY, AUDIT, SYSTEM = "security_admin", "audit_admin", "system_admin"
REASON = "信访件 2026-17 调查取证"
Rule = Callable[..., dict[str, Any]]
Hold = Callable[..., dict[str, Any]]


@pytest.fixture
def rule(as_: SignedIn) -> Rule:
    """Make a rule: ``rule(30, message_kinds=["file"])``."""

    def make(keep_days: int | None, **more: Any) -> dict[str, Any]:
        body = {"name": "保存期限", "keep_days": keep_days, **more}
        made: dict[str, Any] = as_(SECURITY).post("/records/rules", body)
        return made

    return make


@pytest.fixture
def hold(as_: SignedIn) -> Hold:
    """Place a hold: ``hold(conversation_id=…)``."""

    def place(**about: Any) -> dict[str, Any]:
        made: dict[str, Any] = as_(AUDIT).post("/records/holds", {"reason": REASON, **about})
        return made

    return place


@contextmanager
def days_later(days: float) -> Iterator[None]:
    with clock.at(clock.now() + timedelta(days=days)):
        yield


def sweep_after(days: float) -> int:
    """What the rules remove, so many days from now; with the files that nobody has any more."""
    with days_later(days):
        removed = 0
        # As the timers do it, step by step, until nothing is due.
        for _ in range(200):
            some = sweeping.sweep()
            removed += some
            if not some:
                break
        collection.purge_expired()
        collection.collect_blobs()
        return removed


def messages_of(client: ApiClient, conversation: dict[str, Any]) -> list[Any]:
    items: list[Any] = client.get(f"/conversations/{conversation['id']}/messages", limit=200)[
        "items"
    ]
    return items


def order(client: ApiClient, conversation: dict[str, Any], **more: Any) -> dict[str, Any]:
    body = {"conversation_id": conversation["id"], "reason": REASON, **more}
    ordered: dict[str, Any] = client.post("/records/exports", body)
    return ordered


def archive_of(client: ApiClient, conversation: dict[str, Any], **more: Any) -> ZipFile:
    """The conversation taken out, from the order to the download."""
    ordered = order(client, conversation, **more)
    making.make_due()
    return download(client, ordered["id"])


def download(client: ApiClient, export_id: str) -> ZipFile:
    link = client.post(f"/records/exports/{export_id}/links", status=200)
    answer = ApiClient(client.app).request("GET", link["url"].removeprefix("/api/v1"))
    assert answer.status_code == 200, answer.get_data(True)
    return ZipFile(io.BytesIO(answer.data))
