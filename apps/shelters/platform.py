"""ZZD as this app sees it: its public interface over HTTP and nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import requests

from apps.shelters.settings import Settings

COUNTY, TOWNSHIP = 3, 4
TIMEOUT = 10


class Http(Protocol):
    """What is used of ``requests.Session``."""

    def get(self, url: str, **kwargs: Any) -> requests.Response: ...
    def post(self, url: str, **kwargs: Any) -> requests.Response: ...


class PlatformError(Exception):
    """ZZD refused or did not answer; ``code`` says which, for the page."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Unit:
    """A unit with the ids of all above it and its own: ``/1/5/22/``."""

    id: str
    name: str
    level: int
    chain: str


@dataclass(frozen=True)
class Visitor:
    """Who opened the app: their unit, what they see (``scope``) and where they may write."""

    name: str
    post_title: str
    unit: Unit
    scope: Unit
    writable: tuple[Unit, ...]
    expires_in: int


class Platform:
    def __init__(self, settings: Settings, http: Http | None = None) -> None:
        self.settings = settings
        self.http = http or requests.Session()

    def recognise(self, code: str, verifier: str) -> tuple[Visitor, str]:
        """Exchange a launch code: who it stands for, and the access token. Raises PlatformError."""
        token, expires_in = self._exchange(code, verifier)
        known = self._get("/oauth/userinfo", token)
        own, above = known["unit"], self.ancestors(known["unit"]["id"], token)
        chain = "/" + "".join(f"{unit['id']}/" for unit in [*above, own])
        unit = Unit(own["id"], own["name"], own["level"], chain)
        writable = (unit, *self.children(unit, token)) if unit.level >= TOWNSHIP else ()
        visitor = Visitor(
            name=known["name"],
            post_title=known["post"]["title"],
            unit=unit,
            scope=_scope(unit, above),
            writable=writable,
            expires_in=expires_in,
        )
        return visitor, token

    def ancestors(self, unit_id: str, token: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._get(f"/api/v1/units/{unit_id}/ancestors", token)[
            "items"
        ]
        return found

    def children(self, unit: Unit, token: str) -> list[Unit]:
        """All units directly below."""
        found: list[Unit] = []
        query: dict[str, Any] = {"limit": 200}
        while True:
            page = self._get(f"/api/v1/units/{unit.id}/children", token, query)
            found += [
                Unit(one["id"], one["name"], one["level"], f"{unit.chain}{one['id']}/")
                for one in page["items"]
            ]
            if page["next"] is None:
                return found
            query["cursor"] = page["next"]

    def _exchange(self, code: str, verifier: str) -> tuple[str, int]:
        answer = self._call(
            self.http.post,
            "/oauth/token",
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": self.settings.redirect_uri,
                "code_verifier": verifier,
            },
            auth=self.settings.credentials(),
        )
        return answer["access_token"], int(answer["expires_in"])

    def _get(self, path: str, token: str, query: dict[str, Any] | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"}
        return self._call(self.http.get, path, headers=headers, params=query or {})

    def _call(self, method: Any, path: str, **kwargs: Any) -> Any:
        try:
            answer = method(f"{self.settings.zzd_url}{path}", timeout=TIMEOUT, **kwargs)
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise PlatformError("platform_unreachable") from error
        if answer.status_code >= 500:
            raise PlatformError("platform_unreachable")
        if answer.status_code != 200:
            wrong_secret = body.get("error") == "invalid_client"
            raise PlatformError("credentials_refused" if wrong_secret else "launch_refused")
        return body


def _scope(unit: Unit, above: list[dict[str, Any]]) -> Unit:
    """Neighbours help each other: whoever is in a county sees all of it."""
    if unit.level <= COUNTY:
        return unit
    county = next((one for one in above if one["level"] == COUNTY), None)
    if county is None:
        return unit
    chain = unit.chain[: unit.chain.index(f"/{county['id']}/") + len(f"/{county['id']}/")]
    return Unit(county["id"], county["name"], COUNTY, chain)
