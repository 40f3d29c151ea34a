"""The platform's public interface over HTTP, for an app's server.

Requests that may be repeated are: reading, replacing, removing, and creating with a ``client_id``.
They are tried again when nothing answers or the platform asks for patience (429, 502, 503, 504).
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, cast

import requests

from zzd_sdk.calls import Calls
from zzd_sdk.errors import Unreachable, ZzdError
from zzd_sdk.files import Files
from zzd_sdk.shapes import CALLS, Message, Official, Unit, UserInfo, call

TIMEOUT = 15.0
PATIENCE = (429, 502, 503, 504)
LONGEST_REST = 30.0
PAGE = 200


class Http(Protocol):
    """What is used of ``requests.Session``."""

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response: ...


class Client(Calls, Files):
    """Calls with one token: an official's who opened the app, or the app's own.

    ``base_url`` is the platform's address without a path. ``sleep`` is there for tests.
    """

    def __init__(
        self,
        base_url: str,
        token: str | None = None,
        *,
        http: Http | None = None,
        tries: int = 4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._http: Http = http or cast(Http, requests.Session())
        self._tries = tries
        self._sleep = sleep

    def as_(self, token: str) -> Client:
        """The same platform with another token."""
        return Client(self.base_url, token, http=self._http, tries=self._tries, sleep=self._sleep)

    # Any call

    def get(self, path: str, **query: Any) -> Any:
        return self.request("GET", path, query=query)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Create or do something. Give a ``client_id`` in the body where the call takes one: only
        then is it safe to be tried again."""
        return self.request("POST", path, body=body or {})

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.request("PUT", path, body=body)

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self.request("PATCH", path, body=body)

    def delete(self, path: str) -> Any:
        return self.request("DELETE", path)

    def pages(self, path: str, **query: Any) -> Iterator[Any]:
        """The items of all pages, fetched as they are needed."""
        query.setdefault("limit", PAGE)
        while True:
            page = self.get(path, **query)
            yield from page["items"]
            if page["next"] is None:
                return
            query["cursor"] = page["next"]

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Any:
        """The JSON of the answer, None where it has none. Raises ZzdError, Unreachable.

        A path that begins with /oauth/ is taken as it is, any other below /api/v1.
        """
        answer = self.exchange(
            method,
            path,
            repeatable=method != "POST" or "client_id" in (body or {}),
            params={name: value for name, value in (query or {}).items() if value is not None},
            json=body if form is None else None,
            data=form,
            auth=auth,
        )
        return _said(answer, f"{method} {self._url(path)}")

    def exchange(
        self, method: str, path: str, *, repeatable: bool = True, **how: Any
    ) -> requests.Response:
        """The answer itself; ``how`` is for ``requests``, with ``headers`` besides the usual ones.
        Raises ZzdError, Unreachable."""
        url = self._url(path)
        headers = {"Accept": "application/json", **how.pop("headers", {})}
        if self.token and how.get("auth") is None:
            headers["Authorization"] = f"Bearer {self.token}"
        rest = 0.5
        for attempt in range(1, self._tries + 1):
            last = attempt == self._tries or not repeatable
            try:
                answer = self._http.request(method, url, headers=headers, timeout=TIMEOUT, **how)
            except requests.RequestException as error:
                if last:
                    raise Unreachable(f"{method} {url}: {error}") from error
            else:
                if answer.status_code < 400:
                    return answer
                refused = ZzdError.of(answer.status_code, answer.headers, _json(answer))
                if last or answer.status_code not in PATIENCE:
                    raise refused
                rest = max(rest, refused.retry_after or 0.0)
            self.rest(rest)
            rest *= 2
        raise AssertionError("the last try returns or raises")

    def _url(self, path: str) -> str:
        return self.base_url + (path if path.startswith("/oauth/") else f"/api/v1{path}")

    def rest(self, seconds: float) -> None:
        """So long, and a little that differs from one client to the next."""
        self._sleep(min(seconds, LONGEST_REST) * random.uniform(1.0, 1.25))  # noqa: S311

    # The calls of an app, each named after what it gives

    @call("GET", "/oauth/userinfo", UserInfo)
    def userinfo(self) -> UserInfo:
        """Who opened the app, as far as its scopes go."""
        return cast(UserInfo, self.get("/oauth/userinfo"))

    @call("GET", "/units", Unit)
    def find_units(self, q: str) -> Iterator[Unit]:
        """Units by name, code or pinyin initials; scope units.read."""
        return self.pages("/units", q=q)

    @call("GET", "/units/{unit_id}", Unit)
    def unit(self, unit_id: str) -> Unit:
        return cast(Unit, self.get(f"/units/{unit_id}"))

    @call("GET", "/units/{unit_id}/children", Unit)
    def children(self, unit_id: str) -> Iterator[Unit]:
        return self.pages(f"/units/{unit_id}/children")

    @call("GET", "/units/{unit_id}/ancestors", Unit)
    def ancestors(self, unit_id: str) -> list[Unit]:
        """From the province down to the unit above; one page, the tree has six levels."""
        return cast("list[Unit]", self.get(f"/units/{unit_id}/ancestors")["items"])

    @call("GET", "/officials/{official_id}", Official)
    def official(self, official_id: str) -> Official:
        """An official's card; scope contacts.read."""
        return cast(Official, self.get(f"/officials/{official_id}"))

    @call("POST", "/conversations/{conversation_id}/messages", Message)
    def send_message(self, conversation_id: str, text: str, *, client_id: str) -> Message:
        """Scope messages.send. Repeat it with the same ``client_id``: there will be one message."""
        body = {"text": text, "client_id": client_id}
        return cast(Message, self.post(f"/conversations/{conversation_id}/messages", body))


def _said(answer: requests.Response, asked: str) -> Any:
    """Raises Unreachable: something in between answered."""
    try:
        return answer.json() if answer.content else None
    except ValueError as error:
        raise Unreachable(f"{asked}: the answer is no JSON") from error


def _json(answer: requests.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


__all__ = ["CALLS", "Client", "Http"]
