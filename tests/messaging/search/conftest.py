"""Searching in tests: say something, have it indexed, look for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.client import ApiClient
from tests.conftest import SignedIn
from tests.messaging.conftest import MEMBER, OWNER, MakeGroup, say
from zzd.messaging.search.following import follow

Found = Callable[..., list[str]]


def look_for(client: ApiClient, q: str, section: str = "messages", **more: Any) -> Any:
    """One section of the answer."""
    return client.get("/search", q=q, **{"in": section}, **more)[section]


def texts(client: ApiClient, q: str, **more: Any) -> list[str]:
    """The texts of the messages found, in their order."""
    return [hit["message"]["text"] for hit in look_for(client, q, **more)["items"]]


@pytest.fixture
def spoken(app: Flask, as_: SignedIn, group: MakeGroup) -> Callable[..., dict[str, Any]]:
    """A group of OWNER and MEMBER in which these texts were said and indexed."""

    def make(*said: str, by: str = OWNER) -> dict[str, Any]:
        made = group(MEMBER)
        for text in said:
            say(as_(by), made, text)
        follow()
        return made

    return make
