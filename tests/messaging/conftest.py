"""Conversations that tests begin with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.db import transaction
from zzd.orgtree.models import Official, Post, Unit

# In Taizhou: an owner, members of its group, and somebody of another county.
OWNER = "331081.leader"
MEMBER = "331081100.duty_officer"
OTHER_MEMBER = "331081101.duty_officer"
OUTSIDER = "330327.leader"
# May address audiences: the whole province, and Taizhou.
PROVINCE, CITY = "33.duty_officer", "3310.duty_officer"

MakeGroup = Callable[..., dict[str, Any]]
Say = Callable[..., dict[str, Any]]


@pytest.fixture
def group(as_: SignedIn, official_id: Callable[[str], str]) -> MakeGroup:
    """Make a group of ``OWNER`` with these members."""

    def make(*usernames: str, by: str = OWNER, **more: Any) -> dict[str, Any]:
        body = {
            "kind": "group",
            "name": "石塘防汛群",
            "official_ids": [official_id(username) for username in usernames],
            **more,
        }
        made: dict[str, Any] = as_(by).post("/conversations", body)
        return made

    return make


@pytest.fixture
def addressed(as_: SignedIn, unit_id: Callable[[str], str]) -> MakeGroup:
    """Make an org group or announcements for an audience."""

    def make(kind: str, code: str, by: str = CITY, **narrowed: Any) -> dict[str, Any]:
        audience = {"unit_id": unit_id(code), **narrowed}
        body = {"kind": kind, "name": "台州防汛", "audience": audience}
        made: dict[str, Any] = as_(by).post("/conversations", body)
        return made

    return make


@pytest.fixture
def crowd(app: Flask) -> Callable[[int], list[str]]:
    """So many officials of 石塘镇 in office, who have no accounts; their ids."""

    def make(count: int) -> list[str]:
        with transaction() as session:
            unit = session.scalars(select(Unit).where(Unit.code == "331081100")).one()
            people = [Official(name="甲", staff_no=f"crowd-{n}") for n in range(count)]
            session.add_all(people)
            session.flush()
            session.add_all(
                Post(
                    official_id=person.id,
                    unit_id=unit.id,
                    line_code="flood_control",
                    title="队员",
                    role="member",
                    is_primary=True,
                )
                for person in people
            )
            return [str(person.id) for person in people]

    return make


def say(client: ApiClient, conversation: dict[str, Any], text: str = "收到", **more: Any) -> Any:
    path = f"/conversations/{conversation['id']}/messages"
    return client.post(path, {"text": text, **more})
