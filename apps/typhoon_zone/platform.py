"""ZZD as this app sees it: its public interface over HTTP, and nothing else of it anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import requests

from apps.typhoon_zone.settings import Settings

CITY, COUNTY, TOWNSHIP = 2, 3, 4
TIMEOUT = 10
PAGE = 200


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
    code: str
    chain: str

    def holds(self, chain: str) -> bool:
        return chain.startswith(self.chain)


@dataclass(frozen=True)
class Visitor:
    """Who opened the app: their unit, what they see (``scope``) and where they may write."""

    sub: str
    name: str
    post_title: str
    line: str
    unit: Unit
    scope: Unit
    writable: tuple[Unit, ...]
    expires_in: int


class Platform:
    def __init__(self, settings: Settings, http: Http | None = None) -> None:
        self.settings = settings
        self.http = http or requests.Session()

    # Who is there

    def recognise(self, code: str, verifier: str) -> tuple[Visitor, str]:
        """Exchange a launch code: who it stands for, and the access token. Raises PlatformError."""
        token, expires_in = self._exchange(code, verifier)
        known = self._get("/oauth/userinfo", token)
        own = known["unit"]
        above = self._get(f"/api/v1/units/{own['id']}/ancestors", token)["items"]
        line = _line_of_units([*above, own])
        unit = line[-1]
        visitor = Visitor(
            sub=known["sub"],
            name=known["name"],
            post_title=known["post"]["title"],
            line=known["post"]["line"]["code"],
            unit=unit,
            # Neighbours help each other: whoever is in a county sees all of it.
            scope=next((one for one in line if one.level == COUNTY), unit),
            writable=(unit, *self.children(unit, token)) if unit.level >= TOWNSHIP else (),
            expires_in=expires_in,
        )
        return visitor, token

    def children(self, unit: Unit, token: str) -> list[Unit]:
        """All units directly below."""
        return [
            Unit(one["id"], one["name"], one["level"], one["code"], f"{unit.chain}{one['id']}/")
            for one in self._all(f"/api/v1/units/{unit.id}/children", token)
        ]

    # What is ordered

    def open_events(self, token: str) -> list[dict[str, Any]]:
        """The events of the visitor's part of the organisation, with their levels in force."""
        return self._all("/api/v1/events", token, {"status": "open"}, most=50)

    def assignments(self, token: str) -> list[dict[str, Any]]:
        """What the visitor's unit has to do, the open ones first."""
        return self._all("/api/v1/assignments", token, {"state": "any"}, most=100)

    def acknowledge(self, assignment_id: str, token: str) -> dict[str, Any]:
        """Acknowledge for the visitor's unit. Raises PlatformError."""
        path = f"/api/v1/assignments/{assignment_id}/acknowledgement"
        answer: dict[str, Any] = self._call(
            self.http.post, path, json={}, headers=_bearer(token), accept=(200, 201)
        )
        return answer

    # How it is asked

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

    def _all(
        self,
        path: str,
        token: str,
        query: dict[str, Any] | None = None,
        *,
        most: int = 10_000,
    ) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        asked: dict[str, Any] = {**(query or {}), "limit": min(PAGE, most)}
        while True:
            page = self._get(path, token, asked)
            found += page["items"]
            if page["next"] is None or len(found) >= most:
                return found[:most]
            asked["cursor"] = page["next"]

    def _get(self, path: str, token: str, query: dict[str, Any] | None = None) -> Any:
        return self._call(self.http.get, path, headers=_bearer(token), params=query or {})

    def _call(
        self, method: Any, path: str, *, accept: tuple[int, ...] = (200,), **kwargs: Any
    ) -> Any:
        try:
            answer = method(f"{self.settings.zzd_url}{path}", timeout=TIMEOUT, **kwargs)
            body = answer.json()
        except (requests.RequestException, ValueError) as error:
            raise PlatformError("platform_unreachable") from error
        if answer.status_code in accept:
            return body
        if answer.status_code >= 500:
            raise PlatformError("platform_unreachable")
        if answer.status_code == 401 and path.startswith("/api/"):
            raise PlatformError("not_signed_in")
        if answer.status_code in (403, 404) and path.startswith("/api/"):
            raise PlatformError("not_permitted")
        wrong_secret = isinstance(body, dict) and body.get("error") == "invalid_client"
        raise PlatformError("credentials_refused" if wrong_secret else "launch_refused")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _line_of_units(items: list[dict[str, Any]]) -> list[Unit]:
    """Units from the top down to one's own, each with its chain."""
    line: list[Unit] = []
    chain = "/"
    for one in items:
        chain += f"{one['id']}/"
        line.append(Unit(one["id"], one["name"], one["level"], one["code"], chain))
    return line
