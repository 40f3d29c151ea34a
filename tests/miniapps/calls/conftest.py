"""An installed app that calls, for itself and for an official."""

from __future__ import annotations

import secrets
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.client import ApiClient
from tests.messaging.conftest import addressed, group
from tests.messaging.files.conftest import upload
from tests.miniapps.conftest import AppServer, Publish, asking
from zzd import clock
from zzd.db import transaction
from zzd.identity.tokens import digest
from zzd.miniapps.calls import log
from zzd.miniapps.installations.models import Installation
from zzd.miniapps.oidc.models import AppToken
from zzd.miniapps.oidc.tokens import PREFIX

__all__ = ["addressed", "group", "upload"]

SCOPES = [
    *("identity", "contacts.read", "messages.read", "messages.send"),
    *("cards.send", "todos.write", "dings.send"),
]
# In Taizhou, which the app is for.
OFFICIAL = "331081100.duty_officer"


@pytest.fixture
def calling(publish: Publish) -> AppServer:
    return publish(
        scopes=asking(*SCOPES),
        events=["todo.updated", "message.created"],
    )


@pytest.fixture
def itself(app: Flask, calling: AppServer) -> ApiClient:
    """The app with a token that is no official's."""
    app.extensions[log.NOTED].calls.clear()
    token = PREFIX + secrets.token_urlsafe(32)
    with transaction() as session:
        query = select(Installation.id).where(Installation.miniapp_id == int(calling.id))
        session.add(
            AppToken(
                digest=digest(token),
                miniapp_id=int(calling.id),
                installation_id=session.scalars(query).one(),
                scopes=SCOPES,
                created_at=clock.now(),
                expires_at=clock.now() + timedelta(hours=2),
            )
        )
    return ApiClient(app, token=token)
