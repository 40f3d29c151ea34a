"""Large answers are compressed, but never for a request that another site may have caused."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.compression import WORTH_IT
from zzd.identity.authentication import COOKIE

GZIP = {"Accept-Encoding": "gzip, br"}
# Everybody of the small organisation, whose root has the id 1.
LARGE = "/units/1/officials?subtree=true&limit=200"


@pytest.fixture
def by_cookie(app: Flask, as_: SignedIn) -> Callable[..., Any]:
    """GET as a browser does: by cookie, with these headers."""
    token = as_("331081.leader").token

    def get(**headers: str) -> Any:
        client = app.test_client()
        client.set_cookie(COOKIE, token or "")
        return client.get(f"/api/v1{LARGE}", headers={**GZIP, **headers})

    return get


def test_a_large_answer_to_a_program_is_compressed(as_: SignedIn) -> None:
    plain = as_("331081.leader").request("GET", LARGE)
    packed = as_("331081.leader").request("GET", LARGE, headers=GZIP)
    assert len(plain.data) >= WORTH_IT
    assert plain.content_encoding is None
    assert packed.content_encoding == "gzip"
    assert packed.content_length == len(packed.data) < len(plain.data) / 3
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.vary


def test_a_small_answer_is_sent_as_it_is(as_: SignedIn) -> None:
    answer = as_("331081.leader").request("GET", "/org-state", headers=GZIP)
    assert answer.content_encoding is None


@pytest.mark.parametrize(
    ("headers", "compressed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({}, False),
    ],
)
def test_a_browser_gets_it_only_for_what_our_own_page_asked(
    by_cookie: Callable[..., Any], headers: dict[str, str], compressed: bool
) -> None:
    answer = by_cookie(**headers)
    assert answer.status_code == 200
    assert (answer.content_encoding == "gzip") is compressed


def test_a_refusal_is_not_compressed(anonymous: ApiClient) -> None:
    answer = anonymous.request("GET", LARGE, headers=GZIP)
    assert answer.status_code == 401
    assert answer.content_encoding is None
