"""An app on its way to the workbench, and its server as the token endpoint sees it."""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.client import ApiClient
from tests.conftest import SignedIn
from zzd.db import reading
from zzd.identity.models import Account
from zzd.pairwise import sub_of

ORIGIN = "https://shelters.example.cn"
CALLBACK = f"{ORIGIN}/launch"
MANIFEST: dict[str, Any] = {
    "manifest_version": 1,
    "id": "cn.zj.shelters",
    "name": {"zh": "安置点登记", "en": "Shelter register"},
    "description": {"zh": "登记安置点", "en": "Registers shelters"},
    "icon": "data:image/svg+xml,%3Csvg%3E",
    "category": "emergency",
    "entry_url": f"{ORIGIN}/",
    "redirect_uris": [CALLBACK, f"{ORIGIN}/other"],
    "scopes": [
        {"name": "identity", "reason": "显示登记人"},
        {"name": "units.read", "reason": "选择单位"},
    ],
    "audience": {"unit_code": "3310"},
    "events": [],
}


MANIFEST_2: dict[str, Any] = {
    **{name: value for name, value in MANIFEST.items() if name != "icon"},
    "manifest_version": 2,
    "icons": [{"src": "https://shelters.example.cn/icon.png", "size": 128}],
    "screenshots": {"zh": [{"src": "https://shelters.example.cn/1.png"}], "en": []},
    "supplier": {"name": {"zh": "某公司", "en": "A company"}, "url": "https://company.example.cn/"},
    "contact": {"name": "服务台", "email": "help@company.example.cn", "phone": "0571-12345"},
    "phone_entry_url": f"{ORIGIN}/phone",
    "allowed_domains": ["tiles.zj.cn"],
    "optional_scopes": [{"name": "contacts.read", "reason": "联系负责人"}],
    "buttons": ["seen"],
    "badge": True,
    "settings": [
        {
            "key": "nearby",
            "type": "integer",
            "title": {"zh": "附近公里数", "en": "Kilometres around"},
            "default": 5,
        },
        {
            "key": "map",
            "type": "choice",
            "title": {"zh": "地图", "en": "Map"},
            "options": [{"value": "plain", "title": {"zh": "平面", "en": "Plain"}}],
        },
    ],
    "minimum_platform_version": "0.1",
    "privacy": {"statement": {"zh": "只保存登记人。", "en": "Keeps who registered."}},
}


def manifest(**changes: Any) -> dict[str, Any]:
    """``MANIFEST`` with changes; without what these set to None."""
    changed = {**deepcopy(MANIFEST), **changes}
    return {name: value for name, value in changed.items() if value is not None}


def asking(*scopes: str) -> list[dict[str, str]]:
    """Scopes as a manifest asks for them."""
    return [{"name": name, "reason": "要用"} for name in scopes]


@dataclass
class AppServer:
    """The server of a published app: it knows its secret and makes PKCE verifiers."""

    app: Flask
    id: str
    client_id: str
    secret: str

    def launch(self, official: ApiClient, **changes: Any) -> tuple[dict[str, Any], str]:
        """What the official's client hands over, and the verifier that belongs to it."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        body = {
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
            "redirect_uri": CALLBACK,
            "state": "a state",
            **changes,
        }
        return official.post(f"/miniapps/{self.id}/launch", body), verifier

    def exchange(self, code: str, verifier: str | None, **changes: Any) -> TestResponse:
        """POST /oauth/token with HTTP Basic; a change to None leaves the parameter out."""
        auth = changes.pop("auth", (self.client_id, self.secret))
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": verifier,
            **changes,
        }
        return self.app.test_client().post(
            "/oauth/token",
            data={name: value for name, value in form.items() if value is not None},
            auth=auth,
        )

    def open(self, official: ApiClient) -> ApiClient:
        """Launch and exchange: a client that calls as the app for this official."""
        launched, verifier = self.launch(official)
        answer = self.exchange(launched["code"], verifier)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return ApiClient(self.app, token=answer.get_json()["access_token"])


def beside(call: Callable[[], Any]) -> threading.Thread:
    """Started while the caller's transaction goes on; it has to wait for that."""
    thread = threading.Thread(target=call)
    thread.start()
    thread.join(0.5)
    assert thread.is_alive(), "it did not wait"
    return thread


@pytest.fixture
def developer(as_: SignedIn) -> ApiClient:
    return as_("app_developer")


@pytest.fixture
def reviewer(as_: SignedIn) -> ApiClient:
    return as_("system_admin")


def install(administrator: ApiClient, miniapp_id: str, **changes: Any) -> dict[str, Any]:
    """An installation for the province or a unit named, with all scopes unless others are named."""
    page = administrator.get("/miniapps/installable", limit=200)
    asked = next(item for item in page["items"] if item["miniapp_id"] == miniapp_id)
    body = {
        "miniapp_id": miniapp_id,
        "unit_id": administrator.get("/units", code="33")["items"][0]["id"],
        "scopes": [each["name"] for each in (*asked["scopes"], *asked["optional_scopes"])],
        **changes,
    }
    made: dict[str, Any] = administrator.post("/installations", body)
    return made


Publish = Callable[..., AppServer]
KnownAs = Callable[[str], str]


@pytest.fixture
def known_as(app: Flask, official_id: Callable[[str], str]) -> KnownAs:
    """As whom the apps of the one supplier there is know the official with this user name."""

    def name(username: str) -> str:
        with reading() as session:
            query = select(Account.id).where(Account.username == "app_developer")
            supplier = session.scalars(query).one()
        return sub_of(official_id(username), supplier=supplier, key=app.config["SECRET_KEY"])

    return name


@pytest.fixture
def publish(app: Flask, developer: ApiClient, reviewer: ApiClient, as_: SignedIn) -> Publish:
    """Take a manifest all the way to the workbench, with all that it asks for."""

    def run(**changes: Any) -> AppServer:
        made = developer.post("/miniapps", {"manifest": manifest(**changes)})
        developer.post(f"/miniapps/{made['id']}/submission", status=200)
        reviewer.post(f"/miniapps/{made['id']}/review", {"decision": "approve"}, status=200)
        developer.post(f"/miniapps/{made['id']}/publication", status=200)
        install(as_("33.leader"), made["id"])
        return AppServer(app, made["id"], made["client_id"], made["client_secret"])

    return run


@pytest.fixture
def shelters(publish: Publish) -> AppServer:
    return publish()
